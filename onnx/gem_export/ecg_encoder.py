"""`ecg_encoder.onnx`: the ECG tower of GEM (the CoCa ECG encoder of ECG-Chat) and both projectors.

In: `ecg` f32 [batch, 12, 5000], millivolts at 500 Hz, in the record's own lead order.
Out: `ecg_tower` [batch, tokens, width], the state after the last block with the class token at index 0;
`ecg_tokens` [batch, tokens, hidden], what the decoder reads.
"""

from pathlib import Path

import numpy as np

from .checkpoint import Shapes, Weights
from .config import ECG_LEADS, ECG_SAMPLES, GemConfig
from .errors import ExportError
from .graph import GraphBuilder
from .precision import Precision
from .projector import Projector
from .torch_file import torch_tensors

PREFIX = "model.ecg_tower.ecg_tower."
# In the file of ECG-CoCa the tower is one part of a model trained on several machines; `module.` may be gone.
FILE_PREFIXES = ("module.ecg.", "ecg.")
LAYER_NORM_EPS = 1e-5


def projectors(config: GemConfig) -> tuple[Projector, Projector]:
    """The ECG's own projector, and the one that it shares with the image."""
    own = Projector("model.ecg_projector", config.ecg_projector_type, config.ecg.width, config.mm_hidden)
    shared = Projector("model.mm_projector", config.mm_projector_type, config.mm_hidden, config.decoder.hidden)
    return own, shared


def tower_shapes(config: GemConfig, checkpoint: Weights | None) -> Shapes:
    """The weights of the tower. The MLP width follows the first block's weights, if they are there."""
    tower = config.ecg
    width = tower.width
    first = checkpoint.shape(f"{PREFIX}transformer.resblocks.0.mlp.c_fc.weight") if checkpoint else None
    mlp_width = first[0] if first else int(width * tower.mlp_ratio)
    shapes: Shapes = {
        "conv1.weight": (width, ECG_LEADS, tower.patch_size),
        "class_embedding": (width,),
        "positional_embedding": (tower.tokens, width),
        "ln_pre.weight": (width,),
        "ln_pre.bias": (width,),
    }
    for layer in range(tower.layers):
        block = f"transformer.resblocks.{layer}."
        for norm in ("ln_1", "ln_2"):
            shapes[f"{block}{norm}.weight"] = (width,)
            shapes[f"{block}{norm}.bias"] = (width,)
        shapes[f"{block}attn.in_proj_weight"] = (3 * width, width)
        shapes[f"{block}attn.in_proj_bias"] = (3 * width,)
        shapes[f"{block}attn.out_proj.weight"] = (width, width)
        shapes[f"{block}attn.out_proj.bias"] = (width,)
        shapes[f"{block}mlp.c_fc.weight"] = (mlp_width, width)
        shapes[f"{block}mlp.c_fc.bias"] = (mlp_width,)
        shapes[f"{block}mlp.c_proj.weight"] = (width, mlp_width)
        shapes[f"{block}mlp.c_proj.bias"] = (width,)
    return {PREFIX + key: shape for key, shape in shapes.items()}


def with_tower_file(config: GemConfig, checkpoint: Weights) -> tuple[Weights, str]:
    """The checkpoint, completed from the file named by `mm_ecg_tower`; and what to say if that is not enough.

    The reference reads that file first and then lets the checkpoint's own tensors replace it.
    """
    missing = tower_shapes(config, checkpoint).keys() - checkpoint.keys()
    if not missing:
        return checkpoint, ""
    places = config.ecg.file_places
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        where = " nor ".join(str(place) for place in places)
        found = f"is neither {where}" if len(places) > 1 else f"is not {where}" if places else "is not named"
        return checkpoint, (
            f"\nThe ECG tower ({PREFIX}*) is not whole in the checkpoint, and the file of mm_ecg_tower {found}. "
            "Put the ECG-CoCa file (cpt_wfep_epoch_20.pt of ECG-Chat) there."
        )
    stored = torch_tensors(path)
    tower = {
        PREFIX + key.removeprefix(prefix): tensor
        for prefix in FILE_PREFIXES
        for key, tensor in stored.items()
        if key.startswith(prefix)
    }
    if not tower:
        raise ExportError(
            f"{path}: no key begins with {FILE_PREFIXES[0]}, so this is not an ECG-CoCa file; "
            f"it holds {', '.join(sorted(stored)[:3]) or 'no tensors'}"
        )
    return checkpoint.or_else(Weights(tower, path), missing), f"\nThe ECG tower was completed from {path}."


def build_ecg_encoder(directory: Path, config: GemConfig, checkpoint: Weights, precision: Precision) -> None:
    """Write the graph and its weights into `directory`."""
    tower = config.ecg
    graph = GraphBuilder(directory, "ecg_encoder", precision.encoders)

    def weight(key: str) -> np.ndarray:
        return checkpoint.tensor(PREFIX + key)

    def norm(x: str, key: str) -> str:
        return graph.layer_norm(x, key, weight(f"{key}.weight"), weight(f"{key}.bias"), LAYER_NORM_EPS)

    def linear(x: str, key: str) -> str:
        return graph.linear(x, key, weight(f"{key}.weight"), weight(f"{key}.bias"))

    ecg = graph.input("ecg", ["batch", ECG_LEADS, ECG_SAMPLES])
    patches = graph.node(
        "Conv", [ecg, graph.weight("conv1.weight", weight("conv1.weight"))], "conv1", strides=[tower.patch_size]
    )
    patches = graph.node("Transpose", [patches], "patches", perm=[0, 2, 1])
    x = graph.embed_with_class_token(patches, weight("class_embedding"), weight("positional_embedding"))
    x = norm(x, "ln_pre")
    for layer in range(tower.layers):
        block = f"transformer.resblocks.{layer}."
        normed = norm(x, f"{block}ln_1")
        attention = f"{block}attn"
        qkv = graph.linear(
            normed, f"{attention}.in_proj", weight(f"{attention}.in_proj_weight"), weight(f"{attention}.in_proj_bias")
        )
        context = graph.self_attention(qkv, attention, tower.heads)
        x = graph.node("Add", [x, linear(context, f"{attention}.out_proj")], f"{block}attended")
        hidden = linear(norm(x, f"{block}ln_2"), f"{block}mlp.c_fc")
        hidden = graph.node("Gelu", [hidden], f"{block}mlp.gelu", approximate="none")
        x = graph.node("Add", [x, linear(hidden, f"{block}mlp.c_proj")], f"{block}out")
    graph.node("Identity", [x], "ecg_tower")
    graph.output("ecg_tower", ["batch", tower.tokens, tower.width])

    own, shared = projectors(config)
    own.build(graph, checkpoint, "ecg_tower", "ecg_projected")
    shared.build(graph, checkpoint, "ecg_projected", "ecg_tokens")
    graph.output("ecg_tokens", ["batch", tower.tokens, config.decoder.hidden])
    graph.save()
