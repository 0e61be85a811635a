"""Run a bfloat16 graph where there are no kernels for bfloat16, as on a CPU: the same graph and weights, widened.

In: a graph file with bfloat16 weights, inputs, outputs or casts.
Out: the model in memory with float32 in their place. The computation is then more exact than on the device that the
package is for; a wrong weight, node or connection shows all the same.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper


def widened(path: Path) -> bytes:
    """The serialised model with float32 instead of bfloat16; of less than 2 GiB."""
    model = onnx.load(path)
    graph = model.graph
    for tensor in graph.initializer:
        if tensor.data_type == TensorProto.BFLOAT16:
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float32), tensor.name))
    for value in (*graph.input, *graph.output):
        if value.type.tensor_type.elem_type == TensorProto.BFLOAT16:
            value.type.tensor_type.elem_type = TensorProto.FLOAT
    for node in graph.node:
        for attribute in node.attribute:
            if node.op_type == "Cast" and attribute.name == "to" and attribute.i == TensorProto.BFLOAT16:
                attribute.i = TensorProto.FLOAT
    return model.SerializeToString()
