"""`image_encoder.onnx`: the CLIP vision tower up to the selected hidden state, and the shared projector.

In: `pixel_values` f32 [tiles, 3, 336, 336], scaled and normalised.
Out: `image_features` [tiles, patches, width], the selected hidden state; `image_tokens` [tiles, patches,
hidden], what the decoder reads, tile by tile and not yet merged.

Layers after the selected one are left out.
"""

import re
from pathlib import Path

import numpy as np

from .checkpoint import Shapes, Weights
from .config import IMAGE_SIZE, GemConfig
from .ecg_encoder import projectors
from .graph import MICROSOFT, GraphBuilder
from .precision import Precision

CHECKPOINT_PREFIX = "model.vision_tower.vision_tower.vision_model."
DIRECTORY_PREFIX = "vision_model."
QUICK_GELU_ALPHA = 1.702


def prefix(config: GemConfig) -> str:
    """How the tower's keys begin: in the checkpoint, or in the tower's own directory."""
    return CHECKPOINT_PREFIX if config.vision.from_checkpoint else DIRECTORY_PREFIX


def tower_shapes(config: GemConfig) -> Shapes:
    """The weights of the used part of the tower."""
    tower = config.vision
    width = tower.width
    shapes: Shapes = {
        "embeddings.class_embedding": (width,),
        "embeddings.patch_embedding.weight": (width, 3, tower.patch_size, tower.patch_size),
        "embeddings.position_embedding.weight": (tower.positions, width),
        "pre_layrnorm.weight": (width,),
        "pre_layrnorm.bias": (width,),
    }
    for layer in range(tower.used_layers):
        block = f"encoder.layers.{layer}."
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            shapes[f"{block}self_attn.{name}.weight"] = (width, width)
            shapes[f"{block}self_attn.{name}.bias"] = (width,)
        for name in ("layer_norm1", "layer_norm2"):
            shapes[f"{block}{name}.weight"] = (width,)
            shapes[f"{block}{name}.bias"] = (width,)
        shapes[f"{block}mlp.fc1.weight"] = (tower.mlp_width, width)
        shapes[f"{block}mlp.fc1.bias"] = (tower.mlp_width,)
        shapes[f"{block}mlp.fc2.weight"] = (width, tower.mlp_width)
        shapes[f"{block}mlp.fc2.bias"] = (width,)
    return {prefix(config) + key: shape for key, shape in shapes.items()}


def unused_keys(config: GemConfig) -> re.Pattern:
    """What a checkpoint holds of the tower without a part in the computation: all of it if the tower is another one."""
    if not config.vision.from_checkpoint:
        return re.compile(r"model\.vision_tower\..*")
    layers = "|".join(str(layer) for layer in range(config.vision.used_layers, config.vision.layers))
    unused = rf"(embeddings\.position_ids|post_layernorm\.(weight|bias)|encoder\.layers\.({layers or '-'})\..*)"
    return re.compile(re.escape(CHECKPOINT_PREFIX) + unused)


def build_image_encoder(
    directory: Path, config: GemConfig, checkpoint: Weights, tower_weights: Weights, precision: Precision
) -> None:
    """Write the graph and its weights. `tower_weights` is the checkpoint itself or the tower's own directory."""
    tower = config.vision
    graph = GraphBuilder(directory, "image_encoder", precision.encoders)

    def weight(key: str) -> np.ndarray:
        return tower_weights.tensor(prefix(config) + key)

    def norm(x: str, key: str) -> str:
        return graph.layer_norm(x, key, weight(f"{key}.weight"), weight(f"{key}.bias"), tower.layer_norm_eps)

    def linear(x: str, key: str) -> str:
        return graph.linear(x, key, weight(f"{key}.weight"), weight(f"{key}.bias"))

    def stacked(keys: list[str]) -> np.ndarray:
        return np.concatenate([weight(key) for key in keys])

    pixels = graph.input("pixel_values", ["tiles", 3, IMAGE_SIZE, IMAGE_SIZE])
    kernel = graph.weight("patch_embedding.weight", weight("embeddings.patch_embedding.weight"))
    patches = graph.node("Conv", [pixels, kernel], "patch_embedding", strides=[tower.patch_size, tower.patch_size])
    flat = graph.integers("patch_embedding.flat_shape", [0, tower.width, tower.positions - 1])
    patches = graph.node("Reshape", [patches, flat], "patch_embedding.flat")
    patches = graph.node("Transpose", [patches], "patches", perm=[0, 2, 1])
    x = graph.embed_with_class_token(
        patches, weight("embeddings.class_embedding"), weight("embeddings.position_embedding.weight")
    )
    x = norm(x, "pre_layrnorm")
    for layer in range(tower.used_layers):
        block = f"encoder.layers.{layer}."
        attention = f"{block}self_attn"
        normed = norm(x, f"{block}layer_norm1")
        parts = [f"{attention}.{part}_proj" for part in "qkv"]
        qkv = graph.linear(
            normed,
            f"{attention}.qkv_proj",
            stacked([f"{part}.weight" for part in parts]),
            stacked([f"{part}.bias" for part in parts]),
        )
        context = graph.self_attention(qkv, attention, tower.heads)
        x = graph.node("Add", [x, linear(context, f"{attention}.out_proj")], f"{block}attended")
        hidden = linear(norm(x, f"{block}layer_norm2"), f"{block}mlp.fc1")
        hidden = graph.node("QuickGelu", [hidden], f"{block}mlp.gelu", domain=MICROSOFT, alpha=QUICK_GELU_ALPHA)
        x = graph.node("Add", [x, linear(hidden, f"{block}mlp.fc2")], f"{block}out")

    if tower.keep_class_token:
        graph.node("Identity", [x], "image_features")
    else:
        bounds = [
            graph.integers(f"patches.{name}", [value])
            for name, value in (("from", 1), ("to", tower.positions), ("axis", 1))
        ]
        graph.node("Slice", [x, *bounds], "image_features")
    graph.output("image_features", ["tiles", tower.features, tower.width])
    _, shared = projectors(config)
    shared.build(graph, checkpoint, "image_features", "image_tokens")
    graph.output("image_tokens", ["tiles", tower.features, config.decoder.hidden])
    graph.save()
