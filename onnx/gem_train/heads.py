"""What the encoders are asked during training, and how far off their answers are.

In: the states of a tower; targets of a batch.
Out: the loss; and, for reports, estimates in the units of the targets.

A number is asked for as a distribution over bins, not as one value: what the decoder has to write is its digits, and
digits follow from bins by a linear map, but not from a value. Nothing is learned where the truth is not defined, such
as PR in atrial fibrillation.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from .page import MOMENTS, along_columns, rows_with_traces
from .sizes import Sizes
from .targets import BEATS, FINDINGS, LEAD_VALUES, LEADS, RHYTHMS, RR, SCALES, Scale, Targets, intervals

# Neighbouring bins share the target, so that being near counts.
BIN_DEVIATION = 0.8
# The parts of the loss, so that none outweighs the rest.
FINDINGS_WEIGHT = 20.0
LEADS_WEIGHT = 4.0
BEATS_WEIGHT = 4.0
INTERVALS_WEIGHT = 1.0


@dataclass(frozen=True)
class Estimates:
    """What a tower says about windows, defined or not."""

    numbers: dict[str, np.ndarray]
    rhythm: np.ndarray
    findings: np.ndarray


class Heads(nn.Module):
    """One linear layer for all questions about the window, and one about each patch, in which `moments` are told apart.
    With `intervals`, patches with an R peak are also asked how long ago the one before was: the range of RR intervals rests
    on that, and nothing else asks for it."""

    def __init__(self, width: int, moments: int = 1, intervals: bool = False):
        super().__init__()
        self.parts = [scale.bins for scale in SCALES.values()]
        self.parts += [len(RHYTHMS), len(FINDINGS), len(LEAD_VALUES) * LEADS]
        self.window = nn.Linear(width, sum(self.parts))
        self.patch = nn.Linear(width, moments * len(BEATS))
        self.interval = nn.Linear(width, RR.bins) if intervals else None
        for layer in filter(None, (self.window, self.patch, self.interval)):
            nn.init.normal_(layer.weight, std=0.02)
            nn.init.zeros_(layer.bias)

    def forward(self, pooled: Tensor) -> list[Tensor]:
        """Scores: of the bins of each scale, of rhythms, of findings; and the values of the leads."""
        return list(self.window(pooled).float().split(self.parts, dim=-1))

    def loss(
        self, pooled: Tensor, targets: Targets, present: Tensor | None = None
    ) -> tuple[Tensor, dict[str, float]]:
        """The sum over all questions, and its parts for the log. `present` [n, 12]: the leads that are not blank."""
        *numbers, rhythm, findings, leads = self(pooled)
        losses = {}
        for index, ((name, scale), scores) in enumerate(zip(SCALES.items(), numbers, strict=True)):
            losses[name] = _bins_loss(scores, targets.numbers[:, index], scale)
        losses["rhythm"] = functional.cross_entropy(rhythm, targets.rhythm, ignore_index=-1)
        losses["findings"] = FINDINGS_WEIGHT * functional.binary_cross_entropy_with_logits(findings, targets.findings)
        asked = torch.isfinite(targets.leads)
        if present is not None:
            asked = asked & (present > 0)[:, None, :]
        off = leads.view_as(targets.leads) - targets.leads.nan_to_num()
        each = functional.smooth_l1_loss(off, torch.zeros_like(off), beta=0.3, reduction="none")
        losses["leads"] = LEADS_WEIGHT * (each * asked).sum() / asked.sum().clamp(min=1)
        return sum(losses.values()), {name: value.item() for name, value in losses.items()}

    def beats_loss(self, states: Tensor, beats: Tensor) -> Tensor:
        """Whether an R peak lies in each moment of each patch, and of which class. States without the class token [n,
        patches, width]; marks [n, any multiple of the moments], of which a moment takes the highest."""
        scores = self.patch(states).float().unflatten(-1, (-1, len(BEATS)))
        marks = beats.unflatten(-1, (scores.shape[1] * scores.shape[2], -1)).amax(-1).long()
        each = functional.cross_entropy(scores.flatten(0, 2), marks.flatten())
        # The more moments, the rarer is a beat in each.
        return BEATS_WEIGHT * scores.shape[2] * each

    def intervals_loss(self, states: Tensor, beats: Tensor) -> Tensor:
        """How long the RR interval was that ends in each patch. States and marks as for `beats_loss`."""
        lasted = intervals(beats).nan_to_num(-1.0).unflatten(-1, (states.shape[1], -1)).amax(-1).flatten()
        ends = lasted > 0
        return INTERVALS_WEIGHT * _bins_loss(self.interval(states).float().flatten(0, 1)[ends], lasted[ends], RR)

    def page_beats_loss(self, states: Tensor, beats: Tensor, sizes: Sizes) -> Tensor:
        """The same of a page: each column of patches is asked about its moments, all rows with traces together. States
        without the class token [n, patches, width]."""
        grid = states.unflatten(1, (sizes.image_side, sizes.image_side))[:, rows_with_traces(sizes)]
        scores = self.patch(grid).float().mean(1).unflatten(-1, (MOMENTS, len(BEATS)))
        marks = along_columns(beats, sizes).long()
        return BEATS_WEIGHT * functional.cross_entropy(scores.flatten(0, 2), marks.flatten())

    @torch.no_grad()
    def estimates(self, pooled: Tensor) -> Estimates:
        """The most likely answers; findings as probabilities."""
        *numbers, rhythm, findings, _ = self(pooled)
        return Estimates(
            {
                name: scale.estimate(scores.softmax(-1)).cpu().numpy()
                for (name, scale), scores in zip(SCALES.items(), numbers, strict=True)
            },
            rhythm.argmax(-1).cpu().numpy(),
            findings.sigmoid().cpu().numpy(),
        )


def _bins_loss(scores: Tensor, values: Tensor, scale: Scale) -> Tensor:
    known = torch.isfinite(values)
    if not known.any():
        return scores.sum() * 0.0
    distance = scale.distance_in_bins(values[known])
    wanted = torch.softmax(-0.5 * (distance / BIN_DEVIATION) ** 2, dim=-1)
    lost = functional.cross_entropy(scores[known], wanted, reduction="sum")
    # The entropy of the target is no error.
    entropy = -(wanted * wanted.clamp(min=1e-12).log()).sum()
    return (lost - entropy) / len(values)
