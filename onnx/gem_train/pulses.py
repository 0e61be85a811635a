"""Records in which nothing but the beat before tells how long an RR interval was: pulses of any shape at irregular times.

In: how many, and the generator that decides.
Out: ECG [n, 12, 5000] in mV, and where the pulses are, as the marks of beats.

Patients' rhythms are regular for the most part. A tower that only sees them says the mean for every interval, does not
learn to look at the beat before, and then cannot tell a rhythm that is irregular from one that is not.
"""

import torch
from torch import Tensor

from .sizes import ECG_LEADS, ECG_SAMPLES
from .targets import BEAT_STEP, RATE_HZ

MOST_PULSES = 40
SHORTEST_S, LONGEST_S = 0.25, 1.9
# From where a pulse begins to where it ends, about its middle.
BEFORE, AFTER = 100, 150
# Middle in s (from, to), usual height in mV, and how many times as wide: about Q, R, S and T.
PARTS = ((-0.02, -0.01, 0.2, 1.0), (0.0, 0.001, 1.0, 1.0), (0.015, 0.035, 0.4, 1.0), (0.2, 0.28, 0.25, 4.0))
NOISE_MV = 0.01


def pulses(n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Each record has a pace, a spread about it, and a shape of its own in each lead."""

    def uniform(*shape: int, low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(*shape, generator=generator)

    pace_s = uniform(n, 1, low=0.35, high=1.3)
    spread = uniform(n, 1, low=0.1, high=0.6) * uniform(n, MOST_PULSES, low=-1.0, high=1.0)
    at_s = (pace_s * (1 + spread)).clamp(SHORTEST_S, LONGEST_S).cumsum(1) - pace_s * uniform(n, 1, low=0.0, high=1.0)
    at = (at_s * RATE_HZ).round().long()
    # What lies outside lands in the margins.
    at = at.clamp(-1, ECG_SAMPLES) + 1
    middles = torch.zeros(n, ECG_SAMPLES + 2).scatter_(1, at, 1.0)[:, 1:-1]
    time_s = torch.arange(-BEFORE, AFTER) / RATE_HZ
    shape = torch.zeros(n, ECG_LEADS, BEFORE + AFTER)
    for low_s, high_s, height_mv, times in PARTS:
        middle_s = uniform(n, 1, 1, low=low_s, high=high_s)
        width_s = times * uniform(n, 1, 1, low=0.006, high=0.016)
        heights_mv = height_mv * torch.randn(n, ECG_LEADS, 1, generator=generator)
        shape += heights_mv * torch.exp(-0.5 * ((time_s - middle_s) / width_s) ** 2)
    whole = ECG_SAMPLES + BEFORE + AFTER
    spectrum = torch.fft.rfft(middles, n=whole)[:, None] * torch.fft.rfft(shape, n=whole)
    ecg = torch.fft.irfft(spectrum, n=whole)[..., BEFORE : BEFORE + ECG_SAMPLES]
    ecg = ecg + NOISE_MV * torch.randn(ecg.shape, generator=generator)
    return ecg, middles.unflatten(1, (-1, BEAT_STEP)).amax(-1).to(torch.int8)
