"""What is known about a window, as tensors: numbers, the rhythm, findings, what each lead shows, where the beats are.

In: the truth about simulated windows, as `gemwatch dataset --tensors` writes it.
Out: `Targets` of a batch, NaN or -1 where the truth says nothing; and the report of how far off estimates are.
"""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from .sizes import ECG_SAMPLES

if TYPE_CHECKING:
    from .heads import Estimates

RATE_HZ = 500
LEADS = 12


@dataclass(frozen=True)
class Scale:
    """Bins of equal width from `low` on. A circular scale begins anew after its last bin.

    `key` is its name in the truth, `measured` that among the machine's measurements.
    """

    key: str
    measured: str
    low: float
    width: float
    bins: int
    circular: bool = False

    def centres(self, like: Tensor) -> Tensor:
        """The middle of each bin."""
        return self.low + self.width * (torch.arange(self.bins, device=like.device) + 0.5)

    def distance_in_bins(self, values: Tensor) -> Tensor:
        """[n] -> [n, bins]; what lies beyond the ends counts as the end."""
        if not self.circular:
            values = values.clamp(self.low, self.low + self.width * self.bins)
        distance = (values[:, None] - self.centres(values)) / self.width
        return (distance + self.bins / 2) % self.bins - self.bins / 2 if self.circular else distance

    def estimate(self, shares: Tensor) -> Tensor:
        """The mean of the bins about the likeliest one: [n, bins] -> [n]."""
        near = torch.arange(-2, 3, device=shares.device)
        bins = shares.argmax(-1, keepdim=True) + near
        held = bins % self.bins if self.circular else bins.clamp(0, self.bins - 1)
        weight = shares.gather(-1, held)
        if not self.circular:
            weight = weight * (held == bins)
        return self.low + self.width * ((bins + 0.5) * weight).sum(-1) / weight.sum(-1)


# Units are those of the keys.
SCALES = {
    "rate": Scale("rate_bpm", "heart_rate_bpm", 10.0, 2.0, 125),
    "pr": Scale("pr_ms", "pr_ms", 80.0, 5.0, 70),
    "qrs": Scale("qrs_ms", "qrs_ms", 50.0, 4.0, 45),
    "qt": Scale("qt_ms", "qt_ms", 200.0, 8.0, 50),
    "qtc": Scale("qtc_ms", "qtc_ms", 300.0, 8.0, 40),
    "axis": Scale("qrs_axis_deg", "qrs_axis_deg", -180.0, 10.0, 36, circular=True),
    # From the shortest to the longest RR interval: whoever is not asked for it tells fibrillating atria by their waves
    # alone, which often cannot be seen.
    "rr_range": Scale("rr_range_ms", "rr_range_ms", 0.0, 25.0, 48),
}

# What the machine and the truth differ in: the texts pass over it, and so does training. QTc rests on QT and rate.
DISAGREEMENTS = {
    "rate": ("heart-rate",),
    "pr": ("pr",),
    "qrs": ("qrs",),
    "qt": ("qt",),
    "qtc": ("qt", "heart-rate"),
    "axis": ("axis",),
    "rr_range": ("heart-rate",),
}

# Exactly one of these names the rhythm of a window.
RHYTHMS = (
    "sinus-rhythm",
    "atrial-fibrillation",
    "atrial-flutter",
    "supraventricular-tachycardia",
    "junctional-rhythm",
    "idioventricular-rhythm",
    "ventricular-tachycardia",
    "polymorphic-ventricular-tachycardia",
    "ventricular-fibrillation",
    "asystole",
    "atrial-pacing",
    "ventricular-pacing",
    "dual-chamber-pacing",
)
WALLS = ("anterior", "septal", "lateral", "inferior")
WALL_SIGNS = ("st-elevation", "st-depression", "t-inversion", "pathological-q")
FINDINGS = (
    "sinus-bradycardia",
    "sinus-tachycardia",
    "sinus-arrhythmia",
    "sinus-pause",
    "first-degree-av-block",
    "second-degree-av-block-mobitz-i",
    "second-degree-av-block-mobitz-ii",
    "complete-av-block",
    "premature-ventricular-complexes",
    "ventricular-bigeminy",
    "ventricular-trigeminy",
    "ventricular-run",
    "premature-atrial-complexes",
    "left-bundle-branch-block",
    "right-bundle-branch-block",
    "left-anterior-fascicular-block",
    "left-posterior-fascicular-block",
    "intraventricular-conduction-delay",
    "wolff-parkinson-white",
    "left-axis-deviation",
    "right-axis-deviation",
    "left-ventricular-hypertrophy",
    "low-voltage",
    "prolonged-qt",
    "hyperkalaemia",
    *(f"{sign}-{wall}" for sign in WALL_SIGNS for wall in WALLS),
)

# Of each lead, in units that make the usual values about one.
LEAD_VALUES = {"st_mv": 0.1, "t_mv": 0.25, "q_mv": 0.15, "r_mv": 0.7, "s_mv": 0.7, "p_mv": 0.1}
LEAD_VALUE_LIMIT = 5.0

# From one R peak to the next, in ms.
RR = Scale("rr_ms", "rr_ms", 200.0, 25.0, 72)

# What a moment may hold: no R peak, or that of a beat of one of these classes (WFDB codes).
BEATS = ("", "N", "A", "V", "/")
BEAT_STEP = 5


@dataclass(frozen=True)
class Targets:
    """Of n windows."""

    numbers: Tensor  # [n, scales], NaN where there is none
    rhythm: Tensor  # [n], -1 where it has none of the names
    findings: Tensor  # [n, findings], 0 or 1
    leads: Tensor  # [n, values, 12], NaN where no basic beat is known
    beats: Tensor  # [n, steps of BEAT_STEP samples], index into BEATS

    def pick(self, indices: Tensor) -> "Targets":
        """Those of some windows."""
        return Targets(*(getattr(self, field.name)[indices] for field in fields(self)))

    def to(self, device: str) -> "Targets":
        """On another device."""
        return Targets(*(getattr(self, field.name).to(device) for field in fields(self)))

    @staticmethod
    def of(rows: list[dict]) -> "Targets":
        """Of rows of `windows.jsonl`."""
        truths = [row["truth"] for row in rows]
        number = [list(numbers_of(row).values()) for row in rows]
        rhythm = [next((RHYTHMS.index(name) for name in row["findings"] if name in RHYTHMS), -1) for row in rows]
        known = {*RHYTHMS, *FINDINGS}
        strange = {name for row in rows for name in row["findings"]} - known
        if strange:
            raise ValueError(f"the windows have findings that training does not know: {', '.join(sorted(strange))}")
        findings = [[float(name in row["findings"]) for name in FINDINGS] for row in rows]
        return Targets(
            torch.tensor(number, dtype=torch.float32),
            torch.tensor(rhythm),
            torch.tensor(findings),
            torch.stack([_leads(truth.get("leads")) for truth in truths]),
            torch.stack([_beats(truth["beats"]) for truth in truths]),
        )


def numbers_of(row: dict) -> dict[str, float]:
    """The value of each scale, as the machine measures it where it measures; NaN where truth or machine has none."""
    numbers = {}
    for name, scale in SCALES.items():
        value = row["truth"].get(scale.key)
        if value is not None and "measured" in row:
            apart = any(label in row["disagreements"] for label in DISAGREEMENTS[name])
            value = None if apart else _measured(row["measured"], scale.measured)
        if isinstance(value, list):
            # A range is given as its ends.
            value = value[1] - value[0]
        numbers[name] = float("nan") if value is None else float(value)
    return numbers


def _measured(measured: dict, key: str) -> float | list[float] | None:
    if key == "rr_range_ms" and "rr_max_ms" in measured:
        return [measured["rr_min_ms"], measured["rr_max_ms"]]
    return measured.get(key)


def _leads(leads: list[dict] | None) -> Tensor:
    if leads is None:
        return torch.full((len(LEAD_VALUES), LEADS), float("nan"))
    values = [[lead[key] / unit for lead in leads] for key, unit in LEAD_VALUES.items()]
    return torch.tensor(values, dtype=torch.float32).clamp(-LEAD_VALUE_LIMIT, LEAD_VALUE_LIMIT)


def _beats(beats: list[dict]) -> Tensor:
    marks = torch.zeros(ECG_SAMPLES // BEAT_STEP, dtype=torch.int8)
    for beat in beats:
        at = int(beat["r_s"] * RATE_HZ) // BEAT_STEP
        if 0 <= at < len(marks):
            marks[at] = BEATS.index(beat["class"])
    return marks


def intervals(beats: Tensor) -> Tensor:
    """Marks [n, steps] -> the RR interval in ms that ends at each step with an R peak, NaN elsewhere and at the first."""
    steps = torch.arange(beats.shape[-1], device=beats.device)
    marked = torch.where(beats > 0, steps, -1)
    # The latest R peak before each step.
    latest = functional.pad(marked.cummax(dim=-1).values, (1, 0), value=-1)[..., :-1]
    known = (beats > 0) & (latest >= 0)
    return torch.where(known, (steps - latest) * (1000.0 * BEAT_STEP / RATE_HZ), float("nan"))


def report(found: list["Estimates"], wanted: list[Targets]) -> dict[str, float]:
    """Mean absolute errors, shares of rhythms that are right, F1 of the findings (macro, of those that occur)."""
    out: dict[str, float] = {}
    numbers = torch.cat([targets.numbers for targets in wanted]).cpu().numpy()
    for index, (name, scale) in enumerate(SCALES.items()):
        off = np.concatenate([estimates.numbers[name] for estimates in found]) - numbers[:, index]
        if scale.circular:
            off = (off + 180) % 360 - 180
        out[f"{name}_mae"] = round(float(np.nanmean(np.abs(off))), 2)
    rhythm = torch.cat([targets.rhythm for targets in wanted]).cpu().numpy()
    right = np.concatenate([estimates.rhythm for estimates in found]) == rhythm
    out["rhythm_right"] = round(float(right[rhythm >= 0].mean()), 4)
    truth = torch.cat([targets.findings for targets in wanted]).cpu().numpy() > 0.5
    said = np.concatenate([estimates.findings for estimates in found]) > 0.5
    scores = f1(said, truth)
    occur = truth.any(axis=0)
    out["findings_f1"] = round(float(scores[occur].mean()), 4)
    for sign in WALL_SIGNS:
        columns = [FINDINGS.index(f"{sign}-{wall}") for wall in WALLS]
        out[f"{sign}_f1"] = round(float(f1(said[:, columns].reshape(-1, 1), truth[:, columns].reshape(-1, 1))[0]), 4)
    return out


def f1(said: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """F1 of each column; 0 where nothing is right."""
    hits = (said & truth).sum(axis=0)
    return 2 * hits / np.maximum(said.sum(axis=0) + truth.sum(axis=0), 1)
