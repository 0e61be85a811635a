"""The small GEM as a PyTorch module whose parameters have the names and shapes of GEM's checkpoint.

In: ECG [batch, 12, 5000] in mV, pixels [batch, 3 or 1, 336, 336] scaled and normalised, token ids.
Out: the states of both towers, tokens for the decoder, logits. `Gem.state_dict()` is a checkpoint.

Written after the papers (GEM, arXiv 2503.06073; CLIP, arXiv 2103.00020; Llama, arXiv 2302.13971). The tests hold,
through `gem_verify`, that the module and the exported graphs compute the same.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from .sizes import ECG_LEADS, ECG_SAMPLES, HEAD_WIDTH, Sizes

LAYER_NORM_EPS = 1e-5
RMS_NORM_EPS = 1e-5
ROPE_THETA = 10000.0
INITIAL_DEVIATION = 0.02
# Of the waves that tell positions in the ECG.
POSITION_HEIGHT = 0.15
# A trace covers a small part of a patch.
TRACE_GAIN = 8.0

Cache = list[tuple[Tensor, Tensor]]


def _waves(count: int, width: int) -> Tensor:
    """Positions as waves of many lengths [count, width] (Vaswani et al., arXiv 1706.03762): how far apart two of them are
    can be seen from the start, while positions at random stayed nearly orthogonal in training."""
    length = torch.logspace(math.log10(2.0), math.log10(2.0 * count), width // 2)
    angle = 2 * math.pi * torch.arange(count)[:, None] / length
    return POSITION_HEIGHT * torch.cat([angle.sin(), angle.cos()], dim=1)


def _heads(x: Tensor) -> Tensor:
    """[batch, n, width] -> [batch, heads, n, 64]."""
    return x.unflatten(-1, (-1, HEAD_WIDTH)).transpose(1, 2)


def _attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    context = functional.scaled_dot_product_attention(_heads(query), _heads(key), _heads(value))
    return context.transpose(1, 2).flatten(2)


class _PackedAttention(nn.Module):
    """Self-attention with query, key and value in one weight, as in CLIP's own code."""

    def __init__(self, width: int):
        super().__init__()
        self.in_proj_weight = nn.Parameter(torch.randn(3 * width, width) * width**-0.5)
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        packed = functional.linear(x, self.in_proj_weight, self.in_proj_bias)
        return self.out_proj(_attend(*packed.chunk(3, dim=-1)))


class _EcgBlock(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.ln_1 = nn.LayerNorm(width, LAYER_NORM_EPS)
        self.attn = _PackedAttention(width)
        self.ln_2 = nn.LayerNorm(width, LAYER_NORM_EPS)
        self.mlp = nn.ModuleDict({"c_fc": nn.Linear(width, 4 * width), "c_proj": nn.Linear(4 * width, width)})

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp["c_proj"](functional.gelu(self.mlp["c_fc"](self.ln_2(x))))


class EcgTower(nn.Module):
    """ECG [batch, 12, 5000] -> states [batch, patches + 1, width], the class token first."""

    def __init__(self, sizes: Sizes):
        super().__init__()
        width, patches = sizes.ecg_width, ECG_SAMPLES // sizes.ecg_patch
        self.conv1 = nn.Conv1d(ECG_LEADS, width, sizes.ecg_patch, stride=sizes.ecg_patch, bias=False)
        self.class_embedding = nn.Parameter(torch.randn(width) * INITIAL_DEVIATION)
        self.positional_embedding = nn.Parameter(_waves(patches + 1, width))
        self.ln_pre = nn.LayerNorm(width, LAYER_NORM_EPS)
        self.transformer = nn.ModuleDict(
            {"resblocks": nn.ModuleList(_EcgBlock(width) for _ in range(sizes.ecg_layers))}
        )
        # Only training reads this norm: the decoder is given the states before it.
        self.ln_post = nn.LayerNorm(width, LAYER_NORM_EPS)

    def forward(self, ecg: Tensor) -> Tensor:
        x = self.conv1(ecg).transpose(1, 2)
        x = torch.cat([self.class_embedding.to(x.dtype).expand(len(x), 1, -1), x], dim=1)
        x = self.ln_pre(x + self.positional_embedding)
        for block in self.transformer["resblocks"]:
            x = block(x)
        return x

    def pooled(self, states: Tensor) -> Tensor:
        """What the heads of training read."""
        return self.ln_post(states[:, 0])


class _ClipAttention(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        return self.out_proj(_attend(self.q_proj(x), self.k_proj(x), self.v_proj(x)))


class _ClipBlock(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.layer_norm1 = nn.LayerNorm(width, LAYER_NORM_EPS)
        self.self_attn = _ClipAttention(width)
        self.layer_norm2 = nn.LayerNorm(width, LAYER_NORM_EPS)
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(width, 4 * width), "fc2": nn.Linear(4 * width, width)})

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.self_attn(self.layer_norm1(x))
        y = self.mlp["fc1"](self.layer_norm2(x))
        return x + self.mlp["fc2"](y * torch.sigmoid(1.702 * y))


class _ClipEmbeddings(nn.Module):
    def __init__(self, sizes: Sizes):
        super().__init__()
        width, patch = sizes.image_width, sizes.image_patch
        self.class_embedding = nn.Parameter(torch.randn(width) * INITIAL_DEVIATION)
        self.patch_embedding = nn.Conv2d(3, width, patch, stride=patch, bias=False)
        self.position_embedding = nn.Embedding(sizes.image_side**2 + 1, width)
        nn.init.normal_(self.position_embedding.weight, std=INITIAL_DEVIATION)
        # Green and blue are not looked at, see `batches`. White paper is nearly all of a page: it starts as nothing, so
        # that the trace is heard.
        nn.init.zeros_(self.patch_embedding.weight[:, 1:])
        with torch.no_grad():
            kernel = self.patch_embedding.weight[:, :1]
            kernel.copy_(TRACE_GAIN * (kernel - kernel.mean((2, 3), keepdim=True)))

    def forward(self, pixels: Tensor) -> Tensor:
        kernel = self.patch_embedding.weight[:, : pixels.shape[1]]
        x = functional.conv2d(pixels, kernel, stride=kernel.shape[-1]).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_embedding.to(x.dtype).expand(len(x), 1, -1), x], dim=1)
        return x + self.position_embedding.weight


class VisionTower(nn.Module):
    """Pixels [batch, 3, 336, 336], or their first channel -> states [batch, patches + 1, width], class token first."""

    def __init__(self, sizes: Sizes):
        super().__init__()
        width = sizes.image_width
        self.embeddings = _ClipEmbeddings(sizes)
        self.pre_layrnorm = nn.LayerNorm(width, LAYER_NORM_EPS)
        self.encoder = nn.ModuleDict({"layers": nn.ModuleList(_ClipBlock(width) for _ in range(sizes.image_layers))})
        # Only training reads this norm.
        self.post_layernorm = nn.LayerNorm(width, LAYER_NORM_EPS)

    def forward(self, pixels: Tensor) -> Tensor:
        x = self.pre_layrnorm(self.embeddings(pixels))
        for block in self.encoder["layers"]:
            x = block(x)
        return x

    def pooled(self, states: Tensor) -> Tensor:
        """What the heads of training read."""
        return self.post_layernorm(states[:, 0])


class _LlamaAttention(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.q_proj, self.k_proj, self.v_proj, self.o_proj = (nn.Linear(width, width, bias=False) for _ in range(4))

    def forward(
        self, x: Tensor, angles: Tensor, last: int, past: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        query, key, value = _heads(self.q_proj(x[:, -last:])), _heads(self.k_proj(x)), _heads(self.v_proj(x))
        query, key = _rotate(query, angles[:, :, -last:]), _rotate(key, angles)
        if past is not None:
            key, value = (torch.cat(pair, dim=2) for pair in zip(past, (key, value), strict=True))
        mask = None
        if 1 < last < key.shape[2]:
            mask = torch.ones(last, key.shape[2], dtype=torch.bool, device=x.device).tril(key.shape[2] - last)
        is_causal = last > 1 and mask is None
        context = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask, is_causal=is_causal)
        return self.o_proj(context.transpose(1, 2).flatten(2)), (key, value)


class _LlamaBlock(nn.Module):
    def __init__(self, sizes: Sizes):
        super().__init__()
        width, mlp_width = sizes.hidden, sizes.mlp_width
        self.input_layernorm = nn.RMSNorm(width, RMS_NORM_EPS)
        self.self_attn = _LlamaAttention(width)
        self.post_attention_layernorm = nn.RMSNorm(width, RMS_NORM_EPS)
        self.mlp = nn.ModuleDict(
            {
                "gate_proj": nn.Linear(width, mlp_width, bias=False),
                "up_proj": nn.Linear(width, mlp_width, bias=False),
                "down_proj": nn.Linear(mlp_width, width, bias=False),
            }
        )

    def forward(
        self, x: Tensor, angles: Tensor, last: int, past: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        attended, present = self.self_attn(self.input_layernorm(x), angles, last, past)
        x = x[:, -last:] + attended
        y = self.post_attention_layernorm(x)
        gated = functional.silu(self.mlp["gate_proj"](y)) * self.mlp["up_proj"](y)
        return x + self.mlp["down_proj"](gated), present


def _rotate(x: Tensor, angles: Tensor) -> Tensor:
    first, second = x.chunk(2, dim=-1)
    return (x * angles.cos() + torch.cat([-second, first], dim=-1) * angles.sin()).to(x.dtype)


def rotary_angles(positions: Tensor) -> Tensor:
    """Angles [batch, 1, n, 64] of positions [batch, n] (Su et al., arXiv 2104.09864; the half-split form of Llama)."""
    exponents = torch.arange(0, HEAD_WIDTH, 2, dtype=torch.float32, device=positions.device) / HEAD_WIDTH
    angles = positions[..., None].float() / ROPE_THETA**exponents
    return angles.repeat(1, 1, 2)[:, None]


class _Decoder(nn.Module):
    """Everything under the prefix `model.`: the decoder itself, both towers, both projectors."""

    def __init__(self, sizes: Sizes, vocab: int):
        super().__init__()
        self.embed_tokens = nn.Embedding(vocab, sizes.hidden)
        nn.init.normal_(self.embed_tokens.weight, std=INITIAL_DEVIATION)
        self.layers = nn.ModuleList(_LlamaBlock(sizes) for _ in range(sizes.layers))
        self.norm = nn.RMSNorm(sizes.hidden, RMS_NORM_EPS)
        self.ecg_tower = nn.ModuleDict({"ecg_tower": EcgTower(sizes)})
        self.vision_tower = nn.ModuleDict({"vision_tower": nn.ModuleDict({"vision_model": VisionTower(sizes)})})
        self.ecg_projector = nn.Linear(sizes.ecg_width, sizes.image_width)
        self.mm_projector = nn.Sequential(
            nn.Linear(sizes.image_width, sizes.hidden), nn.GELU(), nn.Linear(sizes.hidden, sizes.hidden)
        )


class Gem(nn.Module):
    """The whole model."""

    def __init__(self, sizes: Sizes, vocab: int):
        super().__init__()
        self.sizes = sizes
        self.vocab = vocab
        self.model = _Decoder(sizes, vocab)
        self.lm_head = nn.Linear(sizes.hidden, vocab, bias=False)
        for block in self.model.layers:
            for name, parameter in block.named_parameters():
                if name.endswith("proj.weight"):
                    nn.init.normal_(parameter, std=INITIAL_DEVIATION)

    @property
    def ecg_tower(self) -> EcgTower:
        """The encoder of the signal."""
        return self.model.ecg_tower["ecg_tower"]

    @property
    def vision_tower(self) -> VisionTower:
        """The encoder of the page."""
        return self.model.vision_tower["vision_tower"]["vision_model"]

    @property
    def ecg_count(self) -> int:
        """Tokens that an ECG becomes."""
        return ECG_SAMPLES // self.sizes.ecg_patch + 1

    @property
    def image_count(self) -> int:
        """Tokens that a page becomes."""
        return self.sizes.image_side**2 + 1

    def project_ecg(self, states: Tensor) -> Tensor:
        """States of the ECG tower -> tokens [batch, n, hidden], through the projector that the image uses too."""
        return self.model.mm_projector(self.model.ecg_projector(states))

    def project_image(self, states: Tensor) -> Tensor:
        """States of the vision tower -> tokens [batch, n, hidden]."""
        return self.model.mm_projector(states)

    def decode(
        self, embeds: Tensor, positions: Tensor, last: int | None = None, past: Cache | None = None
    ) -> tuple[Tensor, Cache]:
        """Embeddings [batch, n, hidden] at these positions -> states of the `last` ones (all, without) before the last
        layer [batch, last, hidden], and the cache. Attention is causal in the order of the embeddings."""
        angles = rotary_angles(positions)
        presents = []
        for index, block in enumerate(self.model.layers):
            # What the last block makes of earlier positions nobody reads.
            is_final = index == len(self.model.layers) - 1
            wanted = last if is_final and last is not None else embeds.shape[1]
            embeds, present = block(embeds, angles, wanted, past[index] if past else None)
            presents.append(present)
        return self.model.norm(embeds), presents

    def logits(self, states: Tensor) -> Tensor:
        """Scores of the vocabulary."""
        return self.lm_head(states)
