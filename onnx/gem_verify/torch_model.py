"""GEM in plain PyTorch, float32, straight from a checkpoint: what the graphs are compared with.

In: a checkpoint directory; ECG, pixels, token ids and embeddings as tensors.
Out: features, tokens and logits as tensors.

It shares nothing with the exporter: it reads configuration and weights by itself, and each weight when its layer is
computed, so that a large model needs the memory of one layer. Written after the description of the models
(GEM, arXiv 2503.06073; CLIP, arXiv 2103.00020; Llama, arXiv 2302.13971).
"""

import json
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor
from torch.nn import functional

ECG_PREFIX = "model.ecg_tower.ecg_tower."
VISION_PREFIX = "model.vision_tower.vision_tower.vision_model."
LAYER_NORM_EPS = 1e-5


class TorchModel:
    """One checkpoint."""

    def __init__(self, directory: Path):
        self.config = _json(directory / "config.json")
        self._sources = _tensors_of(directory)
        self._ecg = _json(directory / f"{self.config['open_clip_config']}.json")["ecg_cfg"]
        if not any(key.startswith(ECG_PREFIX) for key in self._sources):
            named = Path(self.config["mm_ecg_tower"])
            path = directory / named if (directory / named).exists() else directory / named.name
            state = torch.load(path, map_location="cpu", weights_only=True)["state_dict"]
            prefix = "module.ecg."
            self._sources |= {
                ECG_PREFIX + key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)
            }
        tower_directory = directory / self.config["mm_vision_tower"]
        config = tower_directory / "config.json"
        # Without a directory it is the published tower, whose numbers these are.
        self._vision = _json(config) if config.exists() else {"num_hidden_layers": 24, "num_attention_heads": 16}
        self._vision = self._vision.get("vision_config", self._vision)
        if not self.config.get("unfreeze_mm_vision_tower"):
            tower = _tensors_of(tower_directory)
            prefix = "vision_model."
            self._sources |= {
                VISION_PREFIX + key.removeprefix(prefix): value
                for key, value in tower.items()
                if key.startswith(prefix)
            }

    def weight(self, key: str) -> Tensor:
        """A weight in float32."""
        source = self._sources[key]
        if isinstance(source, Path):
            with safe_open(source, framework="pt") as file:
                source = file.get_tensor(key if key in file.keys() else key.replace(VISION_PREFIX, "vision_model."))
        return source.to(torch.float32)

    def encode_ecg(self, ecg: Tensor) -> tuple[Tensor, Tensor]:
        """[12, 5000] -> the tower's output and the ECG tokens."""
        p = ECG_PREFIX
        x = functional.conv1d(ecg[None], self.weight(f"{p}conv1.weight"), stride=self._ecg["patch_size"])
        x = torch.cat([self.weight(f"{p}class_embedding")[None, None], x.transpose(1, 2)], dim=1)
        x = self._layer_norm(x + self.weight(f"{p}positional_embedding"), f"{p}ln_pre")
        heads = self._ecg["width"] // self._ecg.get("head_width", 64)
        for layer in range(self._ecg["layers"]):
            block = f"{p}transformer.resblocks.{layer}."
            packed = [self.weight(f"{block}attn.in_proj_{part}").chunk(3) for part in ("weight", "bias")]
            y = self._layer_norm(x, f"{block}ln_1")
            query, key, value = (functional.linear(y, w, b) for w, b in zip(*packed, strict=True))
            x = x + self._linear(_attention(query, key, value, heads), f"{block}attn.out_proj")
            y = functional.gelu(self._linear(self._layer_norm(x, f"{block}ln_2"), f"{block}mlp.c_fc"))
            x = x + self._linear(y, f"{block}mlp.c_proj")
        own = self._projector(x, "model.ecg_projector", self.config.get("ecg_projector_type", "linear"))
        return x[0], self._shared_projector(own)[0]

    def encode_tiles(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Normalised tiles [n, 3, 336, 336] -> features and tokens of each."""
        p = VISION_PREFIX
        kernel = self.weight(f"{p}embeddings.patch_embedding.weight")
        x = functional.conv2d(pixels, kernel, stride=kernel.shape[-1]).flatten(2).transpose(1, 2)
        first = self.weight(f"{p}embeddings.class_embedding").expand(len(pixels), 1, -1)
        x = torch.cat([first, x], dim=1) + self.weight(f"{p}embeddings.position_embedding.weight")
        eps = self._vision.get("layer_norm_eps", LAYER_NORM_EPS)
        x = self._layer_norm(x, f"{p}pre_layrnorm", eps)
        states = [x]
        for layer in range(self._vision["num_hidden_layers"]):
            if len(states) > 1 and self._selected(len(states) - 1):
                break
            block = f"{p}encoder.layers.{layer}."
            y = self._layer_norm(x, f"{block}layer_norm1", eps)
            query, key, value = (self._linear(y, f"{block}self_attn.{part}_proj") for part in "qkv")
            context = _attention(query, key, value, self._vision["num_attention_heads"])
            x = x + self._linear(context, f"{block}self_attn.out_proj")
            y = self._linear(self._layer_norm(x, f"{block}layer_norm2", eps), f"{block}mlp.fc1")
            x = x + self._linear(y * torch.sigmoid(1.702 * y), f"{block}mlp.fc2")
            states.append(x)
        features = states[-1]
        if self.config.get("mm_vision_select_feature", "patch") == "patch":
            features = features[:, 1:]
        return features, self._shared_projector(features)

    def _selected(self, state: int) -> bool:
        select = self.config.get("mm_vision_select_layer", -2)
        return state == (select if select >= 0 else self._vision["num_hidden_layers"] + 1 + select)

    def lookup(self, ids: Tensor) -> Tensor:
        """Embeddings of token ids."""
        return functional.embedding(ids, self.weight("model.embed_tokens.weight"))

    def decode(self, embeds: Tensor, logits_from: int) -> tuple[Tensor, list[Tensor]]:
        """Embeddings [seq, hidden] -> logits of the positions from `logits_from` on; keys and values of each layer
        [kv_heads, seq, head_dim]."""
        config = self.config
        heads = config["num_attention_heads"]
        head_dim = config.get("head_dim", config["hidden_size"] // heads)
        kv_heads = config.get("num_key_value_heads", heads)
        eps = config.get("rms_norm_eps", 1e-6)
        angles = _angles(len(embeds), head_dim, config.get("rope_theta", 10000.0))
        x, cache = embeds, []
        for layer in range(config["num_hidden_layers"]):
            block = f"model.layers.{layer}."
            y = self._rms_norm(x, f"{block}input_layernorm", eps)
            query, key, value = (
                self._linear(y, f"{block}self_attn.{part}_proj").view(len(x), -1, head_dim).transpose(0, 1)
                for part in "qkv"
            )
            query, key = _rotate(query, angles), _rotate(key, angles)
            cache += [key, value]
            shared = [part.repeat_interleave(heads // kv_heads, dim=0) for part in (key, value)]
            context = functional.scaled_dot_product_attention(query, *shared, is_causal=True)
            x = x + self._linear(context.transpose(0, 1).flatten(1), f"{block}self_attn.o_proj")
            y = self._rms_norm(x, f"{block}post_attention_layernorm", eps)
            gate = functional.silu(self._linear(y, f"{block}mlp.gate_proj"))
            x = x + self._linear(gate * self._linear(y, f"{block}mlp.up_proj"), f"{block}mlp.down_proj")
        x = self._rms_norm(x[logits_from:], "model.norm", eps)
        tied = "model.embed_tokens" if config.get("tie_word_embeddings") else "lm_head"
        return self._linear(x, tied), cache

    def _linear(self, x: Tensor, key: str) -> Tensor:
        bias = self.weight(f"{key}.bias") if f"{key}.bias" in self._sources else None
        return functional.linear(x, self.weight(f"{key}.weight"), bias)

    def _layer_norm(self, x: Tensor, key: str, eps: float = LAYER_NORM_EPS) -> Tensor:
        return functional.layer_norm(x, x.shape[-1:], self.weight(f"{key}.weight"), self.weight(f"{key}.bias"), eps)

    def _rms_norm(self, x: Tensor, key: str, eps: float) -> Tensor:
        return functional.rms_norm(x, x.shape[-1:], self.weight(f"{key}.weight"), eps)

    def _shared_projector(self, x: Tensor) -> Tensor:
        return self._projector(x, "model.mm_projector", self.config.get("mm_projector_type", "linear"))

    def _projector(self, x: Tensor, key: str, kind: str) -> Tensor:
        if kind == "identity":
            return x
        if kind == "linear":
            return self._linear(x, key)
        layers = int(kind.removeprefix("mlp").removesuffix("x_gelu"))
        x = self._linear(x, f"{key}.0")
        for layer in range(1, layers):
            x = self._linear(functional.gelu(x), f"{key}.{2 * layer}")
        return x


def _json(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def _tensors_of(directory: Path) -> dict[str, Path | Tensor]:
    """The file of each safetensors key; without such files the tensors of a torch file."""
    found: dict[str, Path | Tensor] = {}
    for path in sorted(directory.glob("*.safetensors")):
        with safe_open(path, framework="pt") as file:
            found |= dict.fromkeys(file.keys(), path)
    if not found:
        for path in sorted(directory.glob("pytorch_model*.bin")):
            found |= torch.load(path, map_location="cpu", weights_only=True)
    return found


def _attention(query: Tensor, key: Tensor, value: Tensor, heads: int) -> Tensor:
    split = (part.unflatten(-1, (heads, -1)).transpose(1, 2) for part in (query, key, value))
    return functional.scaled_dot_product_attention(*split).transpose(1, 2).flatten(2)


def _angles(length: int, head_dim: int, theta: float) -> Tensor:
    frequencies = 1.0 / theta ** (torch.arange(0, head_dim, 2, dtype=torch.float32) / head_dim)
    return torch.outer(torch.arange(length, dtype=torch.float32), frequencies).repeat(1, 2)


def _rotate(x: Tensor, angles: Tensor) -> Tensor:
    first, second = x.chunk(2, dim=-1)
    return x * angles.cos() + torch.cat([-second, first], dim=-1) * angles.sin()
