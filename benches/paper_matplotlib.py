"""Draws GEM's 12 x 1 page with matplotlib, as ECG-Image-Kit lays it out, and prints how long that takes.

    paper_matplotlib.py SAMPLES.f32 PAGE.png RATE_HZ

SAMPLES.f32: twelve leads one after another, 32-bit little-endian floats in mV. The last line printed is JSON: version, cpu_ms
and wall_ms, medians over the pages after one to warm up. Start and imports are not counted.
"""

import json
import statistics
import sys
import time

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import AutoMinorLocator

LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
INK = (0.1, 0.1, 0.1)
PAGES = 7


def draw(leads, rate_hz, path):
    width_in, height_in = 11, 8.5
    width_s, height_mv = width_in * 25.4 / 25, height_in * 25.4 / 10
    row = height_mv / 15
    figure, axes = plt.subplots(figsize=(width_in, height_in))
    figure.subplots_adjust(left=0, right=1, bottom=0, top=1)
    axes.set_xticks(np.arange(0, width_s, 0.2))
    axes.set_yticks(np.arange(0, height_mv, 0.5))
    axes.minorticks_on()
    axes.xaxis.set_minor_locator(AutoMinorLocator(5))
    axes.grid(which="major", linestyle="-", linewidth=0.5, color=(1, 0, 0))
    axes.grid(which="minor", linestyle="-", linewidth=0.5, color=(0.996, 0.8745, 0.8588))
    axes.set_xlim(0, width_s)
    axes.set_ylim(0, height_mv)
    axes.tick_params(which="both", length=0, colors="white")

    seconds = np.arange(leads.shape[1]) / rate_hz
    for index, name in enumerate(LEADS):
        baseline = (12.5 - index) * row
        axes.text(0.6, baseline - 0.7, name, fontsize=11)
        axes.plot([0.4, 0.4, 0.6, 0.6], [baseline, baseline + 1, baseline + 1, baseline], linewidth=1.125, color=INK)
        axes.plot(seconds + 0.6, leads[index] + baseline, linewidth=0.75, color=INK)
    axes.text(2, 0.5, "25mm/s", fontsize=11)
    axes.text(4, 0.5, "10mm/mV", fontsize=11)
    figure.savefig(path, dpi=200)
    plt.close(figure)


def main():
    samples, path, rate_hz = sys.argv[1], sys.argv[2], float(sys.argv[3])
    leads = np.fromfile(samples, dtype="<f4").reshape(12, -1)
    draw(leads, rate_hz, path)
    cpu, wall = [], []
    for _ in range(PAGES):
        wall_begin, cpu_begin = time.perf_counter(), time.process_time()
        draw(leads, rate_hz, path)
        cpu.append((time.process_time() - cpu_begin) * 1e3)
        wall.append((time.perf_counter() - wall_begin) * 1e3)
    medians = {"cpu_ms": statistics.median(cpu), "wall_ms": statistics.median(wall)}
    print(json.dumps({"version": matplotlib.__version__, **medians}))


main()
