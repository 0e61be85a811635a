"""Short lists of what was measured and found: the texts of the stage `align`.

In: a row of `windows.jsonl`, or such a text.
Out: what a text lists; or one line such as "Rhythm: sinus rhythm. Rate 72 bpm, PR 158 ms, QRS 92 ms, QT 388 ms, axis -47°. Findings: left
axis deviation."
"""

import math

from .targets import RHYTHMS, numbers_of

LIST_QUESTION = "List the rhythm, the measurements and the findings."


def measurement_list(row: dict) -> str:
    """What is not defined is left out."""
    numbers = numbers_of(row)
    rhythm = next((name for name in row["findings"] if name in RHYTHMS), None)
    said = f"Rhythm: {_words(rhythm) if rhythm else 'other'}."
    measured = [
        text.format(round(numbers[name]))
        for name, text in (
            ("rate", "rate {} bpm"),
            ("pr", "PR {} ms"),
            ("qrs", "QRS {} ms"),
            ("qt", "QT {} ms"),
            ("qtc", "QTc {} ms"),
            ("axis", "axis {}°"),
        )
        if not math.isnan(numbers[name])
    ]
    if measured:
        said += f" Measured: {', '.join(measured)}."
    # What truth and machine differ in is not said.
    found = [_words(name) for name in row.get("said", row["findings"]) if name != rhythm]
    return f"{said} Findings: {', '.join(found) or 'none'}."


def listed(text: str) -> set[str] | None:
    """The findings that such a text lists; none if it is no list."""
    _, mark, found = text.partition("Findings: ")
    return {name.strip(" .").replace(" ", "-") for name in found.split(",")} if mark else None


def _words(label: str) -> str:
    return label.replace("-", " ")
