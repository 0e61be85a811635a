"""Disturb ECGs as monitors, filters and loose electrodes do: a tower trained on simulated patients has to bear it.

In: ECG [batch, 12, 5000] in mV, and the generator that decides.
Out: the disturbed ECG, which leads are left [batch, 12], and by how many samples all of it begins later.

Nothing here changes an interval or a rhythm, and amplitudes only by some percent, by a fifth at most: what is true of a
window stays true.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

RATE_HZ = 500.0
# Steps of the marks of beats, `targets.BEAT_STEP`.
SHIFT_STEP = 5
MAX_SHIFT_STEPS = 30
LEAD_GAIN = 0.04
NOISE_MV = 0.03
NOISE_PLACES = 4096
WANDER_MV = 0.12
DRIFT_MV = 0.25
DRIFT_STEP = 50
BREATHING = 0.2
CHEST = 0.06
MAINS_MV = 0.03


def augment(ecg: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor, int]:
    """One random disturbance of every kind for some of the records."""
    batch, leads, samples = ecg.shape
    # The random numbers come from the CPU, so that a seed means the same on every device.
    device = ecg.device

    def uniform(*shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        return (low + (high - low) * torch.rand(*shape, generator=generator)).to(device)

    def some(share: float) -> Tensor:
        return (uniform(batch, 1, 1) < share).float()

    ecg = _smooth(ecg, generator)
    if uniform(1).item() < 0.3:
        ecg = torch.where(some(0.5) > 0, _without_slow_parts(ecg), ecg)
    ecg = ecg * (1 + LEAD_GAIN * uniform(batch, leads, 1, low=-1.0))
    if uniform(1).item() < 0.5:
        # Each lead sees a little of the others: no two chests conduct alike.
        others = CHEST * torch.randn(batch, leads, leads, generator=generator).to(device) / math.sqrt(leads)
        ecg = ecg + others @ ecg
    time_s = torch.arange(samples, device=device) / RATE_HZ

    def waves(hz: Tensor, level_mv: Tensor) -> Tensor:
        """A sine of one frequency a record [batch, 1, 1], of another phase in each lead [batch, leads, 1]."""
        angle, phase = 2 * math.pi * hz * time_s, 2 * math.pi * uniform(batch, leads, 1)
        return level_mv * phase.cos() * angle.sin() + level_mv * phase.sin() * angle.cos()

    wander_mv = some(0.4) * WANDER_MV * uniform(batch, leads, 1).square()
    ecg = ecg + waves(uniform(batch, 1, 1, low=0.05, high=0.5), wander_mv)
    if uniform(1).item() < 0.5:
        breath = (2 * math.pi * (uniform(batch, 1, 1, low=0.1, high=0.4) * time_s + uniform(batch, 1, 1))).sin()
        ecg = ecg * (1 + BREATHING * uniform(batch, leads, 1).square() * breath)
        drift_mv = some(0.6) * DRIFT_MV * uniform(batch, leads, 1).square()
        ecg = ecg + drift_mv * _drift(batch, leads, samples, generator).to(device)
    if uniform(1).item() < 0.3:
        mains_hz = 50.0 + 10.0 * some(0.5)
        ecg = ecg + waves(mains_hz, some(0.5) * MAINS_MV * uniform(batch, leads, 1).square())
    # One noise for the batch, cut at another place for each record: random numbers cost more than the rest together.
    noise = torch.randn(leads, samples + NOISE_PLACES, generator=generator)
    places = torch.randint(0, NOISE_PLACES, (batch,), generator=generator).tolist()
    cut = torch.stack([noise[:, place : place + samples] for place in places]).to(device)
    ecg = ecg + some(0.5) * 2 * NOISE_MV * uniform(batch, 1, 1).square() * cut
    ecg = ecg + some(0.3) * 0.1 * uniform(batch, leads, 1, low=-1.0)
    # Zeros follow at the end, as after a short record.
    shift = SHIFT_STEP * int(torch.randint(0, MAX_SHIFT_STEPS, (1,), generator=generator))
    ecg = functional.pad(ecg[..., shift:], (0, shift))
    lost = some(0.12)[..., 0] * (uniform(batch, leads) < 0.2).float()
    present = 1 - lost
    return ecg * present[..., None], present, shift


def _smooth(ecg: Tensor, generator: torch.Generator) -> Tensor:
    """A moving average over 3 to 9 samples for a third of the batches: monitors that pass 25 to 150 Hz."""
    if torch.rand(1, generator=generator).item() > 0.33:
        return ecg
    width = 3 + 2 * int(torch.randint(0, 4, (1,), generator=generator))
    return functional.avg_pool1d(ecg, width, stride=1, padding=width // 2, count_include_pad=False)


def _without_slow_parts(ecg: Tensor) -> Tensor:
    """Less the mean over 2 s, about what a filter of 0.5 Hz leaves."""
    coarse = functional.avg_pool1d(ecg, 50, stride=50)
    slow = functional.avg_pool1d(coarse, 21, stride=1, padding=10, count_include_pad=False)
    return ecg - functional.interpolate(slow, size=ecg.shape[-1], mode="linear")


def _drift(batch: int, leads: int, samples: int, generator: torch.Generator) -> Tensor:
    """A walk of random steps without aim, of about 1 from its lowest to its highest [batch, leads, samples]."""
    steps = torch.randn(batch, leads, samples // DRIFT_STEP + 1, generator=generator)
    walk = functional.avg_pool1d(steps.cumsum(-1), 5, stride=1, padding=2, count_include_pad=False)
    walk = functional.interpolate(walk, size=samples, mode="linear", align_corners=True)
    return (walk - walk.mean(-1, keepdim=True)) / math.sqrt(samples / DRIFT_STEP)


def shifted(beats: Tensor, shift: int) -> Tensor:
    """The marks of beats of an ECG that begins later."""
    steps = shift // SHIFT_STEP
    return functional.pad(beats[:, steps:], (0, steps))
