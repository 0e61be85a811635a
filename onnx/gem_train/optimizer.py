"""How weights follow their gradients.

Muon (Jordan 2024; Liu et al., arXiv 2502.16982) for the matrices inside the transformers' blocks: the momentum is made
orthogonal before it is applied. AdamW (Loshchilov and Hutter, arXiv 1711.05101) for everything else.

torch has a Muon too, but it computes in bfloat16 whatever the device, which a processor without such units does several
times slower than in float32.
"""

import math

import torch
from torch import Tensor, nn

WEIGHT_DECAY = 0.05
MOMENTUM = 0.95
BETAS = (0.9, 0.98)
# How the names of the blocks of the three transformers show.
BLOCKS = ("resblocks.", "encoder.layers.", "model.layers.")
# The quintic of Jordan's Newton-Schulz iteration.
COEFFICIENTS = (3.4445, -4.7750, 2.0315)
ITERATIONS = 5
# The root mean square of AdamW's steps, to which Muon's are scaled, so that one learning rate serves both.
ADAMW_STEP = 0.2


def orthogonal(matrices: Tensor) -> Tensor:
    """About the nearest orthogonal matrix of each of [n, rows, columns]."""
    a, b, c = COEFFICIENTS
    wide = matrices.shape[-2] <= matrices.shape[-1]
    x = matrices if wide else matrices.mT
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(ITERATIONS):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    return x if wide else x.mT


class Optimizer:
    """Both, over all parameters of some modules that are to be trained."""

    def __init__(self, modules: list[nn.Module], rate: float):
        named = [item for module in modules for item in module.named_parameters() if item[1].requires_grad]
        inner = [value for name, value in named if value.dim() == 2 and any(part in name for part in BLOCKS)]
        held = {id(value) for value in inner}
        outer = [(name, value) for name, value in named if id(value) not in held]
        decayed = [value for name, value in outer if value.dim() > 1 and "embed" not in name]
        rest = [value for name, value in outer if not (value.dim() > 1 and "embed" not in name)]
        groups = [{"params": decayed, "weight_decay": WEIGHT_DECAY}, {"params": rest, "weight_decay": 0.0}]
        self._adamw = torch.optim.AdamW([group for group in groups if group["params"]], lr=rate, betas=BETAS)
        # Matrices of one shape are worked on together.
        self._inner: dict[tuple[int, ...], list[nn.Parameter]] = {}
        for value in inner:
            self._inner.setdefault(tuple(value.shape), []).append(value)
        self._momentum = {
            shape: torch.zeros(len(values), *shape, device=values[0].device) for shape, values in self._inner.items()
        }

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """One step at this rate; then the gradients are gone."""
        for group in self._adamw.param_groups:
            group["lr"] = rate
        self._adamw.step()
        self._adamw.zero_grad(set_to_none=True)
        for shape, values in self._inner.items():
            gradients = torch.stack([torch.zeros_like(value) if value.grad is None else value.grad for value in values])
            momentum = self._momentum[shape]
            momentum.mul_(MOMENTUM).add_(gradients, alpha=1 - MOMENTUM)
            # Nesterov: one step ahead.
            steps = orthogonal(gradients.lerp(momentum, MOMENTUM))
            scaled = rate * ADAMW_STEP * math.sqrt(max(shape))
            for value, step in zip(values, steps, strict=True):
                value.mul_(1 - rate * WEIGHT_DECAY).sub_(step, alpha=scaled)
                value.grad = None

    def state_dict(self) -> dict:
        """What a continuation needs."""
        return {"adamw": self._adamw.state_dict(), "momentum": list(self._momentum.values())}

    def load_state_dict(self, state: dict) -> None:
        """Go on from there."""
        self._adamw.load_state_dict(state["adamw"])
        for momentum, stored in zip(self._momentum.values(), state["momentum"], strict=True):
            momentum.copy_(stored)
