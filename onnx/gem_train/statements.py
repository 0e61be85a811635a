"""What a text says: the numbers, the rhythm, and the walls with ST elevation or depression.

In: a text of the model, or of the data.
Out: `Statements`, to be compared with the truth.

A few patterns for the wording of the data sets, no more: whether any text is true of a waveform is for gemwatch's claim
checker to say. Here it is only counted how far a stage of training has come.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .phrases import listed
from .targets import FINDINGS, RHYTHMS, SCALES, WALLS, f1

_NUMBER = r"(-?\d+(?:\.\d+)?)"
# From a name to its number: not far, and past no other name.
_GAP = r"(?:(?!\b(?:PR|QRS|QT|QTc|axis)\b)[^.;\d-]){0,60}"
_MEASURED = {
    "rate": re.compile(rf"{_NUMBER}\s*(?:bpm|beats per minute|beats/min|per minute|/min|a minute)", re.IGNORECASE),
    "pr": re.compile(rf"\bPR\b{_GAP}{_NUMBER}\s*ms"),
    "qrs": re.compile(rf"\bQRS\b{_GAP}{_NUMBER}\s*ms"),
    "qt": re.compile(rf"\bQT\b(?:/QTc\b)?{_GAP}{_NUMBER}(?:\s*ms|/\d)"),
    "qtc": re.compile(rf"\bQTc\b{_GAP}(?:\d+/)?{_NUMBER}\s*ms"),
    "axis": re.compile(rf"\baxis\b{_GAP}{_NUMBER}\s*(?:degrees|°)|\baxis deviation at {_NUMBER}°"),
}
# What names a rhythm; of several the first in the text counts, of those that begin together the longest.
_RHYTHMS = {
    "sinus-rhythm": ("sinus rhythm", "sinus bradycardia", "sinus tachycardia", "sinus arrhythmia"),
    "ventricular-pacing": ("ventricular pacing", "ventricular paced", "ventricularly paced"),
    "atrial-pacing": ("atrial pacing", "atrial paced", "atrially paced"),
    "dual-chamber-pacing": ("dual-chamber pac", "dual chamber pac", "av sequential pac"),
    "asystole": ("asystole", "ventricular standstill"),
}
_DENIED = re.compile(r"\b(no|without|not|neither|nor|absence of)\b[^.;:,]{0,40}$", re.IGNORECASE)


@dataclass(frozen=True)
class Statements:
    """What one text says; NaN and None where it says nothing."""

    numbers: dict[str, float]
    rhythm: str | None
    raised: frozenset[str]
    lowered: frozenset[str]


def statements(text: str) -> Statements:
    """Read a text."""
    numbers = {}
    for name, pattern in _MEASURED.items():
        match = pattern.search(text)
        numbers[name] = float(next(filter(None, match.groups()))) if match else float("nan")
    return Statements(numbers, _rhythm(text.lower()), _walls(text, "elevation"), _walls(text, "depression"))


def _rhythm(text: str) -> str | None:
    places = []
    for name in RHYTHMS:
        for wording in _RHYTHMS.get(name, (name.replace("-", " "),)):
            for match in re.finditer(re.escape(wording), text):
                if not _DENIED.search(text[: match.start()]):
                    places.append((match.start(), -len(wording), name))
    return min(places)[2] if places else None


def _walls(text: str, sign: str) -> frozenset[str]:
    """The walls named right before the sign ("anterior and lateral ST elevation"), or after it in a list."""
    wall = "(?:" + "|".join(WALLS) + ")"
    found: set[str] = set()
    for match in re.finditer(rf"((?:{wall}(?:,| and)? )+)ST (?:segment )?{sign}|st {sign} ({wall})", text):
        if not _DENIED.search(text[: match.start()]):
            found |= {name for name in WALLS if name in match[0]}
    return frozenset(found)


def compare(texts: Sequence[str], rows: Sequence[dict]) -> dict[str, float]:
    """Mean absolute errors of what is said where there is a truth, how much of it is said, and what share is right.

    The truth is that of the simulated patient, also where the machine measures something else. `_shown` counts only those ST
    deviations that the machine sees as well, which are the ones that training texts speak of.
    """
    said = [statements(text) for text in texts]
    out: dict[str, float] = {}
    for name, scale in SCALES.items():
        if name not in _MEASURED:
            continue
        values = (row["truth"].get(scale.key) for row in rows)
        truth = np.array([float("nan") if value is None else float(value) for value in values])
        found = np.array([statement.numbers[name] for statement in said])
        off = found - truth
        if scale.circular:
            off = (off + 180) % 360 - 180
        known = np.isfinite(truth)
        heard = known & np.isfinite(found)
        out[f"{name}_mae"] = float(np.abs(off[heard]).mean()) if heard.any() else float("nan")
        out[f"{name}_said"] = float(heard.sum() / max(known.sum(), 1))
    rhythms = [next((name for name in row["findings"] if name in RHYTHMS), None) for row in rows]
    judged = [(statement.rhythm, rhythm) for statement, rhythm in zip(said, rhythms, strict=True) if rhythm]
    out["rhythm_right"] = sum(found == rhythm for found, rhythm in judged) / max(len(judged), 1)
    lists = [listed(text) for text in texts]
    if 2 * lists.count(None) < len(lists):
        # Of lists, which name them all: the mean over those that occur.
        named = np.array([[name in (found or ()) for name in FINDINGS] for found in lists])
        truth = np.array([[name in row.get("said", row["findings"]) for name in FINDINGS] for row in rows])
        out["findings_f1_shown"] = float(f1(named, truth)[truth.any(axis=0)].mean())
    for sign, attribute in (("st-elevation", "raised"), ("st-depression", "lowered")):
        found = np.array([[wall in getattr(statement, attribute) for wall in WALLS] for statement in said])
        for suffix, key in (("f1", "findings"), ("f1_shown", "said")):
            truth = np.array([[f"{sign}-{wall}" in row.get(key, row["findings"]) for wall in WALLS] for row in rows])
            out[f"{sign}_{suffix}"] = float(f1(found.reshape(-1, 1), truth.reshape(-1, 1))[0])
    return out
