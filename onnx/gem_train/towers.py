"""The first stages: each encoder learns to see, by itself, on measurements and findings.

In: windows; which tower; how long.
Out: a weights file with the tower and the heads it was asked through.
"""

import time
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from .augment import augment, shifted
from .batches import normalised
from .heads import Heads
from .model import EcgTower, VisionTower
from .optimizer import Optimizer
from .page import MOMENTS
from .pulses import pulses
from .schedule import Schedule
from .sizes import Sizes
from .targets import FINDINGS, RHYTHMS, report
from .weights import load_part, load_stage, save_stage
from .windows import Batch, Windows

ECG_PREFIX = "model.ecg_tower.ecg_tower."
IMAGE_PREFIX = "model.vision_tower.vision_tower.vision_model."
HEADS_PREFIX = "heads."

# Moments that are told apart in a patch of the ECG: with 50 samples a patch each is 20 ms long.
ECG_MOMENTS = 5

# For so many windows of patients, one record of pulses.
PULSES_OF = 3

LOG_EVERY = 50
CLIP_NORM = 1.0


@dataclass(frozen=True)
class Run:
    """How a stage is run; the same for all stages."""

    seed: int
    windows: int
    minutes: float
    batch: int = 64
    rate: float = 1e-3
    device: str = "cpu"
    autocast: bool = False
    save_every_minutes: float = 4.0
    state: Path | None = None
    begin_from: Path | None = None
    losses: list[float] = field(default_factory=list)


class Trainer:
    """The loop that all stages share: draw, step, log, save; and go on where an interrupted run stopped."""

    def __init__(self, run: Run, modules: list[nn.Module]):
        self.run = run
        self.modules = [module.to(run.device) for module in modules]
        self.optimizer = Optimizer(self.modules, run.rate)
        self.schedule = Schedule(run.windows, run.minutes)
        self._begun = time.monotonic()
        self._saved = self._begun
        if run.state and run.state.is_file():
            state = torch.load(run.state, map_location=run.device, weights_only=True)
            for module, values in zip(self.modules, state["modules"], strict=True):
                module.load_state_dict(values)
            self.optimizer.load_state_dict(state["optimizer"])
            self.schedule.windows_done, self.schedule.working_s = state["windows"], state["working_s"]
            print(f"goes on from {run.state} after {self.schedule.windows_done} windows", flush=True)

    def learn(self, windows: Windows, loss_of, save, lengths: list[int] | None = None) -> None:
        """Until the schedule ends. `loss_of(batch, generator)` gives loss and parts, `save()` writes the weights. For
        `lengths` see `Windows.order`."""
        run, schedule = self.run, self.schedule
        # What is drawn depends on the seed and on how far the stage is, so that a continuation does not repeat itself.
        generator = torch.Generator().manual_seed(run.seed + schedule.windows_done)
        order = windows.order(run.batch, generator, lengths)
        parameters = [value for module in self.modules for value in module.parameters() if value.requires_grad]
        smoothed: dict[str, float] = {}
        step = 0
        while not schedule.finished:
            batch = windows.batch(next(order)).to(run.device)
            with torch.autocast(run.device.split(":")[0], torch.bfloat16, enabled=run.autocast):
                loss, parts = loss_of(batch, generator)
            loss.backward()
            nn.utils.clip_grad_norm_(parameters, CLIP_NORM)
            self.optimizer.step(run.rate * schedule.rate_factor)
            schedule.step(len(batch))
            run.losses.append(loss.item())
            for name, value in {"loss": run.losses[-1], **parts}.items():
                smoothed[name] = 0.98 * smoothed.get(name, value) + 0.02 * value
            step += 1
            if step % LOG_EVERY == 0 or schedule.finished:
                text = " ".join(f"{name} {value:.3f}" for name, value in smoothed.items())
                rate = schedule.windows_done / max(schedule.working_s, 1e-9)
                done = f"{schedule.windows_done} windows, {rate:.1f}/s, {100 * schedule.progress:.1f} %"
                print(f"{done}: {text}", flush=True)
            if time.monotonic() - self._saved > 60 * run.save_every_minutes or schedule.finished:
                self._saved = time.monotonic()
                save()
                self._save_state()

    def _save_state(self) -> None:
        if self.run.state:
            state = {
                "modules": [module.state_dict() for module in self.modules],
                "optimizer": self.optimizer.state_dict(),
                "windows": self.schedule.windows_done,
                "working_s": self.schedule.working_s,
            }
            partial = self.run.state.with_name(f"{self.run.state.name}.partial")
            torch.save(state, partial)
            partial.rename(self.run.state)


def train_tower(
    kind: str, sizes: Sizes, windows: Windows, held_out: Windows | None, run: Run, out: Path
) -> tuple[nn.Module, Heads]:
    """Train the tower `kind` (ecg or image) and write it to `out`."""
    torch.manual_seed(run.seed)
    is_ecg = kind == "ecg"
    tower = EcgTower(sizes) if is_ecg else VisionTower(sizes)
    heads = Heads(sizes.ecg_width, ECG_MOMENTS, intervals=True) if is_ecg else Heads(sizes.image_width, MOMENTS)
    prefix = ECG_PREFIX if is_ecg else IMAGE_PREFIX
    earlier = 0
    if run.begin_from:
        stored, about = load_stage(run.begin_from)
        earlier = about["windows"]
        load_part(tower, stored, prefix, run.begin_from)
        load_part(heads, stored, HEADS_PREFIX, run.begin_from)
    trainer = Trainer(run, [tower, heads])

    def loss_of(batch: Batch, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        if is_ecg:
            ecg, present, shift = augment(batch.ecg, generator)
            states = tower(ecg)
            loss, parts = heads.loss(tower.pooled(states), batch.targets, present)
            marks = shifted(batch.targets.beats, shift)
            loss = loss + heads.beats_loss(states[:, 1:], marks) + heads.intervals_loss(states[:, 1:], marks)
            trains, marks = (part.to(ecg.device) for part in pulses(max(len(batch) // PULSES_OF, 1), generator))
            states = tower(trains)[:, 1:]
            beats, rr = heads.beats_loss(states, marks), heads.intervals_loss(states, marks)
            return loss + beats + rr, parts | {"pulses": beats.item(), "rr": rr.item()}
        states = tower(normalised(batch.pixels))
        loss, parts = heads.loss(tower.pooled(states), batch.targets)
        beats = heads.page_beats_loss(states[:, 1:], batch.targets.beats, sizes)
        return loss + beats, parts | {"beats": beats.item()}

    def save() -> None:
        tensors = {prefix + key: value for key, value in tower.state_dict().items()}
        tensors |= {HEADS_PREFIX + key: value for key, value in heads.state_dict().items()}
        about = {
            "stage": kind,
            "seed": run.seed,
            "windows": earlier + trainer.schedule.windows_done,
            "sizes": vars(sizes),
            "rhythms": list(RHYTHMS),
            "findings": list(FINDINGS),
        }
        if held_out is not None:
            about["held_out"] = evaluate_tower(kind, tower, heads, held_out, run.device)
            print(about["held_out"], flush=True)
        save_stage(out, tensors, about)

    trainer.learn(windows, loss_of, save)
    return tower, heads


@torch.no_grad()
def evaluate_tower(kind: str, tower: nn.Module, heads: Heads, windows: Windows, device: str, batch: int = 64) -> dict:
    """How far off the answers are on windows that were not trained on."""
    found, wanted = [], []
    for begin in range(0, len(windows), batch):
        part = windows.batch(range(begin, min(begin + batch, len(windows)))).to(device)
        states = tower(part.ecg if kind == "ecg" else normalised(part.pixels))
        found.append(heads.estimates(tower.pooled(states)))
        wanted.append(part.targets)
    return report(found, wanted)
