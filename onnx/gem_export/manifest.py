"""`manifest.json`: what a package is and holds.

In: the configuration, what the caller says about the weights, and the finished files.
Out: the manifest, with the size and SHA-256 of every other file.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

import onnx
from onnx import TensorProto, ValueInfoProto

from . import VERSION
from .config import ECG_LEADS, ECG_SAMPLES, IMAGE_SIZE, PAD_RGB, GemConfig
from .precision import Precision

FORMAT = "gemwatch-package/1"
NAME = "manifest.json"
ECG_RATE_HZ = 500
MAX_NEW_TOKENS = 1024

# The conversation "llava_v1" of the reference, with its own wording.
PROMPT_TEMPLATE = (
    "A chat between a curious human and an artificial intelligence assistant. The assistant gives helpful, "
    "detailed, and polite answers to the human's questions. USER: <image>\n{question} ASSISTANT:"
)
TYPES = {
    TensorProto.FLOAT: "f32",
    TensorProto.FLOAT16: "f16",
    TensorProto.BFLOAT16: "bf16",
    TensorProto.INT32: "i32",
    TensorProto.INT64: "i64",
}
# The instruction with which GEM's training answers were made.
QUESTION = (
    "Interpret the provided ECG image, identify key features and abnormalities in each lead, and generate a "
    "clinical diagnosis that is supported by the observed evidence."
)


@dataclass(frozen=True)
class About:
    """What only the caller knows about the weights."""

    name: str
    trained: bool
    source: str
    licence: str


def write_manifest(directory: Path, config: GemConfig, about: About, precision: Precision) -> None:
    """Write the manifest of the package in `directory`; all other files must be finished."""
    decoder, vision = config.decoder, config.vision
    manifest = {
        "format": FORMAT,
        "name": about.name,
        "trained": about.trained,
        "source": about.source,
        "licence": about.licence,
        "precision": precision.name,
        "created_by": f"gemwatch onnx/export.py {VERSION}",
        "prompt": {"template": PROMPT_TEMPLATE, "image_placeholder": "<image>", "question": QUESTION},
        "image": {
            "mode": config.image.mode,
            "size": IMAGE_SIZE,
            "patches": vision.features,
            "grid": config.image.grid,
            "merge": config.image.merge,
            "mean": vision.mean,
            "std": vision.std,
            "pad_rgb": PAD_RGB,
        },
        "ecg": {"leads": ECG_LEADS, "samples": ECG_SAMPLES, "rate_hz": ECG_RATE_HZ, "tokens": config.ecg.tokens},
        "decoder": {
            "layers": decoder.layers,
            "heads": decoder.heads,
            "kv_heads": decoder.kv_heads,
            "head_dim": decoder.head_dim,
            "hidden": decoder.hidden,
            "vocab": decoder.vocab,
            "max_positions": decoder.max_positions,
            "max_sequence": decoder.max_sequence,
            "bos": decoder.bos,
            "eos": decoder.eos,
            "max_new_tokens": MAX_NEW_TOKENS,
            "cache_type": precision.decoder.activation,
        },
        "graphs": {path.stem: _edges(path) for path in sorted(directory.glob("*.onnx"))},
        "files": [
            {"path": path.name, "bytes": path.stat().st_size, "sha256": _sha256(path)}
            for path in sorted(directory.iterdir())
            if path.name != NAME
        ],
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
    (directory / NAME).write_text(text, encoding="utf-8")


def _edges(path: Path) -> dict[str, dict[str, str]]:
    """The inputs and outputs of a graph with type and shape; those of all layers are one entry with `{layer}`."""
    graph = onnx.load(path, load_external_data=False).graph
    return {
        side: {re.sub(r"\.\d+\.", ".{layer}.", value.name): _type(value) for value in values}
        for side, values in (("inputs", graph.input), ("outputs", graph.output))
    }


def _type(value: ValueInfoProto) -> str:
    tensor = value.type.tensor_type
    dims = ", ".join(dim.dim_param or str(dim.dim_value) for dim in tensor.shape.dim)
    return f"{TYPES[tensor.elem_type]} [{dims}]"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
