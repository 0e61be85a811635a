"""The projectors between the towers and the decoder.

In: the projector's type and sizes, or features inside a graph.
Out: the expected weights, or the projected features. Types as in LLaVA: `identity`, `linear`, `mlpNx_gelu`
(N linear layers with the exact GELU between them).
"""

import re
from dataclasses import dataclass

from .checkpoint import Shapes, Weights
from .errors import ExportError
from .graph import GraphBuilder


@dataclass(frozen=True)
class Projector:
    """One projector: the prefix of its keys, its type, and its input and output width."""

    prefix: str
    kind: str
    width_in: int
    width_out: int

    def _layers(self) -> list[str]:
        if self.kind == "identity":
            return []
        if self.kind == "linear":
            return [self.prefix]
        match = re.fullmatch(r"mlp([1-9])x_gelu", self.kind)
        if match is None:
            key = self.prefix.removeprefix("model.")
            raise ExportError(
                f"{key}_type in config.json: {self.kind!r} is not supported, only identity, linear and mlpNx_gelu are"
            )
        # The GELUs between the linear layers take the odd indices.
        return [f"{self.prefix}.{2 * index}" for index in range(int(match[1]))]

    def shapes(self) -> Shapes:
        """The weights it needs."""
        expected: Shapes = {}
        width = self.width_in
        for layer in self._layers():
            expected[f"{layer}.weight"] = (self.width_out, width)
            expected[f"{layer}.bias"] = (self.width_out,)
            width = self.width_out
        if width != self.width_out:
            raise ExportError(f"{self.prefix}: an identity projector cannot turn width {width} into {self.width_out}")
        return expected

    def build(self, graph: GraphBuilder, checkpoint: Weights, x: str, output: str) -> None:
        """Add the projector to a graph; the result is named `output`."""
        layers = self._layers()
        for index, layer in enumerate(layers):
            if index > 0:
                x = graph.node("Gelu", [x], f"{layer}.gelu", approximate="none")
            x = graph.linear(x, layer, checkpoint.tensor(f"{layer}.weight"), checkpoint.tensor(f"{layer}.bias"))
        graph.node("Identity", [x], output)
