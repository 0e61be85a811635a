"""NeuroKit2 on the leads that `benches/bed.rs` hands over: cleaning, R peaks, waves by wavelets (dwt), lead by lead.

Arguments: a file of little-endian float32 samples in mV, lead after lead; the number of leads; the sampling rate in Hz.
Prints one line of JSON: the version, and the median CPU and wall time for all leads in milliseconds.
"""

import json
import statistics
import sys
import time
import warnings

import neurokit2 as nk
import numpy as np

RUNS = 5


def run(leads, rate_hz):
    for lead in leads:
        clean = nk.ecg_clean(lead, sampling_rate=rate_hz)
        _, found = nk.ecg_peaks(clean, sampling_rate=rate_hz)
        nk.ecg_delineate(clean, found["ECG_R_Peaks"], sampling_rate=rate_hz, method="dwt")


def main():
    warnings.simplefilter("ignore")
    path, count, rate_hz = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    leads = np.fromfile(path, dtype="<f4").astype(float).reshape(count, -1)
    run(leads, rate_hz)
    cpu_ms, wall_ms = [], []
    for _ in range(RUNS):
        cpu, wall = time.process_time(), time.perf_counter()
        run(leads, rate_hz)
        cpu_ms.append((time.process_time() - cpu) * 1e3)
        wall_ms.append((time.perf_counter() - wall) * 1e3)
    print(json.dumps({
        "version": nk.__version__,
        "cpu_ms": statistics.median(cpu_ms),
        "wall_ms": statistics.median(wall_ms),
    }))


if __name__ == "__main__":
    main()
