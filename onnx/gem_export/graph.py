"""Build one ONNX graph node by node, and stream its weights into the external data file beside it.

In: names of tensors and arrays of weights, one at a time; the graph's numbers.
Out: `<name>.onnx` and `<name>.onnx.data`. No more than one weight is in memory.

The nodes in between compute in the type that the numbers say; float inputs and outputs are float32 all the same, with
casts at the edge, unless they are declared in the type of the computation.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from . import VERSION
from .errors import ExportError
from .precision import Linear, Numbers
from .quantize import BLOCK, round_blocks, round_outputs

OPSET = 20
IR_VERSION = 10
MICROSOFT = "com.microsoft"
# `MatMulNBits` may round its input to 8 bits too: on a CPU that is many times faster.
INPUT_IN_8_BITS = 4

# Big tensors begin on a page, so that ONNX Runtime can map them instead of copying.
PAGE_BYTES = 4096
PAGE_ALIGNED_FROM_BYTES = 1 << 20
ALIGNMENT_BYTES = 64

Dim = int | str


class GraphBuilder:
    """One graph under construction. Every method that adds nodes returns the name of the result."""

    def __init__(self, directory: Path, name: str, numbers: Numbers):
        self.numbers = numbers
        self._path = directory / f"{name}.onnx"
        self._data_name = f"{name}.onnx.data"
        self._data = (directory / self._data_name).open("wb")
        self._name = name
        self._nodes: list[onnx.NodeProto] = []
        self._initializers: list[onnx.TensorProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []

    def input(self, name: str, shape: list[Dim], elem_type: int = TensorProto.FLOAT) -> str:
        """Declare a graph input. One of float32 is cast to the type of the computation."""
        self._inputs.append(helper.make_tensor_value_info(name, elem_type, shape))
        if elem_type == TensorProto.FLOAT and self.numbers.elem_type != TensorProto.FLOAT:
            return self.node("Cast", [name], f"{name}.cast", to=self.numbers.elem_type)
        return name

    def output(self, name: str, shape: list[Dim], elem_type: int = TensorProto.FLOAT) -> None:
        """Declare a graph output; some node must produce `name` in the type of the computation."""
        self._outputs.append(helper.make_tensor_value_info(name, elem_type, shape))

    def weight(self, name: str, array: np.ndarray) -> str:
        """Write a weight in the type of the computation and refer to it from the graph."""
        with np.errstate(over="ignore"):
            data = np.ascontiguousarray(array, dtype=self.numbers.dtype)
        if self.numbers.activation == "f16" and not np.isfinite(data).all():
            raise ExportError(f"{self._name}: {name} has numbers that float16 cannot hold; choose bf16 or int8")
        return self._store(name, data, self.numbers.elem_type)

    def _store(self, name: str, data: np.ndarray, elem_type: int) -> str:
        alignment = PAGE_BYTES if data.nbytes >= PAGE_ALIGNED_FROM_BYTES else ALIGNMENT_BYTES
        self._data.write(b"\0" * (-self._data.tell() % alignment))
        tensor = TensorProto(name=name, data_type=elem_type, dims=data.shape)
        tensor.data_location = TensorProto.EXTERNAL
        location = {"location": self._data_name, "offset": str(self._data.tell()), "length": str(data.nbytes)}
        for key, value in location.items():
            tensor.external_data.add(key=key, value=value)
        self._data.write(memoryview(data.view(np.uint8)).cast("B"))
        self._initializers.append(tensor)
        return name

    def integers(self, name: str, values: list[int]) -> str:
        """A small int64 constant, kept inside the graph because it decides shapes."""
        self._initializers.append(numpy_helper.from_array(np.asarray(values, dtype=np.int64), name))
        return name

    def node(self, op: str, inputs: list[str], output: str | list[str], domain: str = "", **attributes) -> str:
        """Add a node. With several outputs the name of the first is returned."""
        outputs = [output] if isinstance(output, str) else output
        self._nodes.append(helper.make_node(op, inputs, outputs, name=outputs[0], domain=domain, **attributes))
        return outputs[0]

    def matmul(
        self, x: str, name: str, weight: np.ndarray, output: str | None = None, linear: Linear | None = None
    ) -> str:
        """`x @ weight.T` for a weight [out, in], as torch has it. `linear` replaces the graph's own kind of storage."""
        output = output or f"{name}.matmul"
        linear = linear or self.numbers.linear
        if linear in (Linear.BLOCK8, Linear.BLOCK4):
            return self._block_matmul(x, name, weight, output, 8 if linear is Linear.BLOCK8 else 4)
        if linear is Linear.DYNAMIC8:
            return self.node("DynamicQuantizeMatMul", [x, *self._dynamic(name, weight)], output, domain=MICROSOFT)
        return self.node("MatMul", [x, self.weight(f"{name}.weight", weight.T)], output)

    def _block_matmul(self, x: str, name: str, weight: np.ndarray, output: str, bits: int) -> str:
        integers, scales = round_blocks(weight, bits, self.numbers.dtype)
        stored = [
            self._store(f"{name}.weight.levels", integers, TensorProto.UINT8),
            self._store(f"{name}.weight.scales", scales, self.numbers.elem_type),
        ]
        attributes = {"N": weight.shape[0], "K": weight.shape[1], "bits": bits, "block_size": BLOCK}
        if self.numbers.activation == "f32":
            attributes["accuracy_level"] = INPUT_IN_8_BITS
        return self.node("MatMulNBits", [x, *stored], output, domain=MICROSOFT, **attributes)

    def _dynamic(self, name: str, weight: np.ndarray) -> list[str]:
        integers, scales = round_outputs(weight)
        return [
            self._store(f"{name}.weight.levels", integers, TensorProto.INT8),
            self._store(f"{name}.weight.scales", scales, TensorProto.FLOAT),
        ]

    def linear(self, x: str, name: str, weight: np.ndarray, bias: np.ndarray, output: str | None = None) -> str:
        """A linear layer with bias."""
        output = output or f"{name}.out"
        if self.numbers.linear is Linear.DYNAMIC8:
            inputs = [x, *self._dynamic(name, weight), "", self.weight(f"{name}.bias", bias)]
            return self.node("DynamicQuantizeMatMul", inputs, output, domain=MICROSOFT)
        product = self.matmul(x, name, weight)
        return self.node("Add", [product, self.weight(f"{name}.bias", bias)], output)

    def layer_norm(self, x: str, name: str, scale: np.ndarray, bias: np.ndarray, epsilon: float) -> str:
        """Layer normalisation over the last axis."""
        inputs = [x, self.weight(f"{name}.weight", scale), self.weight(f"{name}.bias", bias)]
        return self.node("LayerNormalization", inputs, f"{name}.out", axis=-1, epsilon=epsilon)

    def embed_with_class_token(self, patches: str, class_token: np.ndarray, positions: np.ndarray) -> str:
        """Put the class token before the patches [batch, n, width] and add the position embedding.

        The class token is added into the first position beforehand, and the patches get a zero row in front:
        the sums are the same and the graph needs no batch-sized copy of the token.
        """
        pads = self.integers("class_token.pads", [0, 1, 0, 0, 0, 0])
        padded = self.node("Pad", [patches, pads], "class_token.padded")
        table = positions.copy()
        table[0] += class_token
        return self.node("Add", [padded, self.weight("position_embedding", table)], "embedded")

    def self_attention(self, qkv: str, name: str, heads: int) -> str:
        """Full attention of a sequence with itself; `qkv` holds query, key and value side by side."""
        parts = [f"{name}.q", f"{name}.k", f"{name}.v"]
        self.node("Split", [qkv], parts, axis=-1, num_outputs=3)
        return self.node("MultiHeadAttention", parts, f"{name}.context", domain=MICROSOFT, num_heads=heads)

    def save(self) -> None:
        """Write the graph and close the data file."""
        self._data.close()
        if self.numbers.elem_type != TensorProto.FLOAT:
            self._cast_outputs()
        graph = helper.make_graph(self._nodes, self._name, self._inputs, self._outputs, self._initializers)
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)],
            ir_version=IR_VERSION,
            producer_name="gemwatch",
            producer_version=VERSION,
        )
        self._path.write_bytes(model.SerializeToString(deterministic=True))

    def _cast_outputs(self) -> None:
        """Let the outputs of type float32 be casts of what the nodes compute."""
        names = {value.name for value in self._outputs if value.type.tensor_type.elem_type == TensorProto.FLOAT}
        for node in self._nodes:
            if node.name in names:
                node.name += ".computed"
            for side in (node.input, node.output):
                side[:] = [f"{name}.computed" if name in names else name for name in side]
        for name in sorted(names):
            self.node("Cast", [f"{name}.computed"], name, to=TensorProto.FLOAT)
