"""A few made-up windows on disk, in the format of `gemwatch dataset --tensors`, for the tests of training."""

import json
from pathlib import Path

import numpy as np
from gem_train.sizes import ECG_LEADS, ECG_SAMPLES, IMAGE_SIZE

QUESTION = "What does this ECG show?"


def write_windows(directory: Path, count: int, seed: int = 1) -> Path:
    """Spikes at the heart's rate in every lead; a page that is as dark as the heart is fast."""
    random = np.random.default_rng(seed)
    directory.mkdir()
    ecg = (20 * random.standard_normal((count, ECG_LEADS, ECG_SAMPLES))).astype("<i2")
    pages = np.empty((count, IMAGE_SIZE, IMAGE_SIZE), np.uint8)
    rows = []
    for index in range(count):
        rate = float(random.uniform(45, 150))
        beats = np.arange(random.uniform(0, 60 / rate), 10, 60 / rate)
        for second in beats:
            ecg[index, :, int(500 * second) : int(500 * second) + 20] += 1000
        pages[index] = int(rate)
        findings = ["sinus-rhythm"]
        findings += ["sinus-bradycardia"] * (rate < 60) + ["sinus-tachycardia"] * (rate > 100)
        lead = {"st_mv": 0.05, "t_mv": 0.3, "q_mv": -0.02, "q_ms": 12.0, "r_mv": 1.0, "s_mv": -0.3, "p_mv": 0.1}
        truth = {
            "rate_bpm": rate,
            "pr_ms": None,
            "qrs_ms": 90.0,
            "qt_ms": 400.0,
            "qtc_ms": 410.0,
            "qrs_axis_deg": -30.0,
            "beats": [{"r_s": float(second), "class": "N"} for second in beats],
            "leads": [lead] * ECG_LEADS,
        }
        rows.append(
            {
                "id": f"made-up-{index}",
                "truth": truth,
                "findings": findings,
                "question": QUESTION,
                "text": f"Sinus rhythm at {round(rate)} bpm. The QRS complex lasts 90 ms.",
            }
        )
    ecg.tofile(directory / "ecg.i16")
    pages.tofile(directory / "pixels.u8")
    (directory / "windows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return directory
