"""What a precision means for each graph: how its weights are stored and in which type it computes.

In: the name of a precision and the kind of device that is to run the package.
Out: the number types of the four graphs. Every graph takes and gives float32, but for the key-value cache.
"""

from dataclasses import dataclass
from enum import Enum

import ml_dtypes
import numpy as np
from onnx import TensorProto

from .errors import ExportError


class Linear(Enum):
    """How the weight of a linear layer is stored."""

    FLOAT = "in the type of the computation"
    BLOCK8 = "8 bits and a scale for each block of inputs"
    BLOCK4 = "4 bits and a scale for each block of inputs"
    DYNAMIC8 = "8 bits and a scale for each output; the input is rounded to 8 bits as it comes"


@dataclass(frozen=True)
class Numbers:
    """The numbers of one graph: `activation` (f32, f16 or bf16) and the storage of the linear layers."""

    activation: str = "f32"
    linear: Linear = Linear.FLOAT

    @property
    def dtype(self) -> np.dtype:
        """The activation's type in numpy, little endian."""
        return np.dtype({"f32": "<f4", "f16": "<f2", "bf16": ml_dtypes.bfloat16}[self.activation])

    @property
    def elem_type(self) -> int:
        """The activation's type in ONNX."""
        return {"f32": TensorProto.FLOAT, "f16": TensorProto.FLOAT16, "bf16": TensorProto.BFLOAT16}[self.activation]


@dataclass(frozen=True)
class Precision:
    """A name, and the numbers of each graph. The key-value cache has the decoder's activation type."""

    name: str
    encoders: Numbers
    embedding: Numbers
    decoder: Numbers
    lm_head: Linear


F16 = Numbers("f16")
# The embedding is only looked up, so it can be stored in half even where nothing computes in half.
#
# On a CPU the encoders see hundreds of positions at once: there the products of whole 8-bit matrices are fastest.
# The decoder sees one position at a time and waits for its weights, and its inputs have outliers: there weights in
# blocks are as fast, and a row's result does not depend on what other rows hold. The last layer chooses the
# token, and keeps 8 bits with int4.
# With bf16 the encoders stay in float32: attention of whole sequences has no kernel for bf16 everywhere.
PRECISIONS = {
    ("fp32", "cpu"): Precision("fp32", Numbers(), Numbers(), Numbers(), Linear.FLOAT),
    ("fp16", "gpu"): Precision("fp16", F16, F16, F16, Linear.FLOAT),
    ("bf16", "gpu"): Precision("bf16", Numbers(), Numbers("bf16"), Numbers("bf16"), Linear.FLOAT),
    ("int8", "cpu"): Precision(
        "int8", Numbers("f32", Linear.DYNAMIC8), F16, Numbers("f32", Linear.BLOCK8), Linear.BLOCK8
    ),
    ("int8", "gpu"): Precision("int8", F16, F16, Numbers("f16", Linear.BLOCK8), Linear.BLOCK8),
    ("int4", "cpu"): Precision(
        "int4", Numbers("f32", Linear.DYNAMIC8), F16, Numbers("f32", Linear.BLOCK4), Linear.BLOCK8
    ),
    ("int4", "gpu"): Precision("int4", F16, F16, Numbers("f16", Linear.BLOCK4), Linear.BLOCK8),
}
NAMES = tuple(dict.fromkeys(name for name, _ in PRECISIONS))
DEVICES = ("cpu", "gpu")


def find_precision(name: str, device: str | None = None) -> Precision:
    """The precision for a device; without one, for the first that has it."""
    devices = [device] if device else DEVICES
    for candidate in devices:
        if (name, candidate) in PRECISIONS:
            return PRECISIONS[name, candidate]
    known = ", ".join(f"{name} on {device}" for name, device in PRECISIONS)
    raise ExportError(f"no precision {name} on {device}; there are {known}")


FP32 = PRECISIONS["fp32", "cpu"]
