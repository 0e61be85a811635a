"""Short lists of what was measured and found: the texts of the stage `align`.

In: a row of `windows.jsonl`.
Out: one line such as "Rhythm: sinus rhythm. Rate 72 bpm, PR 158 ms, QRS 92 ms, QT 388 ms, axis 47 degrees. Findings:
left axis deviation."
"""

from .targets import RHYTHMS

LIST_QUESTION = "List the rhythm, the measurements and the findings."


def measurement_list(row: dict) -> str:
    """What is not defined is left out."""
    truth = row["truth"]
    rhythm = next((name for name in row["findings"] if name in RHYTHMS), None)
    said = f"Rhythm: {_words(rhythm) if rhythm else 'other'}."
    measured = [
        text.format(round(truth[key]))
        for key, text in (
            ("rate_bpm", "rate {} bpm"),
            ("pr_ms", "PR {} ms"),
            ("qrs_ms", "QRS {} ms"),
            ("qt_ms", "QT {} ms"),
            ("qtc_ms", "QTc {} ms"),
            ("qrs_axis_deg", "axis {} degrees"),
        )
        if truth.get(key) is not None
    ]
    if measured:
        said += f" Measured: {', '.join(measured)}."
    found = [_words(name) for name in row["findings"] if name != rhythm]
    return f"{said} Findings: {', '.join(found) or 'none'}."


def _words(label: str) -> str:
    return label.replace("-", " ")
