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
from .schedule import Schedule
from .sizes import Sizes
from .targets import FINDINGS, RHYTHMS, report
from .weights import save_stage
from .windows import Batch, Windows

ECG_PREFIX = "model.ecg_tower.ecg_tower."
IMAGE_PREFIX = "model.vision_tower.vision_tower.vision_model."
HEADS_PREFIX = "heads."

LOG_EVERY = 50
WEIGHT_DECAY = 0.05
CLIP_NORM = 1.0
# How the names of the blocks of the three transformers show.
BLOCKS = ("resblocks.", "encoder.layers.", "model.layers.")


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
    losses: list[float] = field(default_factory=list)


class Optimizer:
    """Muon (Jordan 2024; Liu et al., arXiv 2502.16982) for the matrices inside the blocks, AdamW for all else.

    Muon learns as much from about half the windows here, and costs nothing beside the step itself.
    """

    def __init__(self, modules: list[nn.Module], rate: float):
        named = [item for module in modules for item in module.named_parameters() if item[1].requires_grad]
        inner = [value for name, value in named if value.dim() == 2 and any(part in name for part in BLOCKS)]
        held = {id(value) for value in inner}
        outer = [(name, value) for name, value in named if id(value) not in held]
        plain = [value for name, value in outer if value.dim() > 1 and "embed" not in name]
        rest = [value for name, value in outer if not (value.dim() > 1 and "embed" not in name)]
        groups = [{"params": plain, "weight_decay": WEIGHT_DECAY}, {"params": rest, "weight_decay": 0.0}]
        self.parts: list[torch.optim.Optimizer] = [
            torch.optim.AdamW([group for group in groups if group["params"]], lr=rate, betas=(0.9, 0.98))
        ]
        if inner:
            # The rate is scaled so that it means what AdamW's means.
            muon = torch.optim.Muon(inner, lr=rate, weight_decay=WEIGHT_DECAY, adjust_lr_fn="match_rms_adamw")
            self.parts.append(muon)

    def step(self, rate: float) -> None:
        """One step at this rate, and the gradients are gone."""
        for part in self.parts:
            for group in part.param_groups:
                group["lr"] = rate
            part.step()
            part.zero_grad(set_to_none=True)

    def state_dict(self) -> list[dict]:
        """What a continuation needs."""
        return [part.state_dict() for part in self.parts]

    def load_state_dict(self, states: list[dict]) -> None:
        """Go on from there."""
        for part, state in zip(self.parts, states, strict=True):
            part.load_state_dict(state)


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

    def learn(self, windows: Windows, loss_of, save) -> None:
        """Until the schedule ends. `loss_of(batch, generator)` gives the loss and its parts; `save()` writes the weights."""
        run, schedule = self.run, self.schedule
        # What is drawn depends on the seed and on how far the stage is, so that a continuation does not repeat itself.
        generator = torch.Generator().manual_seed(run.seed + schedule.windows_done)
        order = windows.order(run.batch, generator)
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
                print(f"{schedule.windows_done} windows, {rate:.1f}/s, {100 * schedule.progress:.1f} %: {text}", flush=True)
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
    tower = EcgTower(sizes) if kind == "ecg" else VisionTower(sizes)
    heads = Heads(sizes.ecg_width if kind == "ecg" else sizes.image_width)
    trainer = Trainer(run, [tower, heads])

    def loss_of(batch: Batch, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        if kind == "ecg":
            ecg, present, shift = augment(batch.ecg, generator)
            states = tower(ecg)
            loss, parts = heads.loss(tower.pooled(states), batch.targets, present)
            beats = heads.beats_loss(states[:, 1:], shifted(batch.targets.beats, shift))
            return loss + beats, parts | {"beats": beats.item()}
        return heads.loss(tower.pooled(tower(normalised(batch.pixels))), batch.targets)

    def save() -> None:
        prefix = ECG_PREFIX if kind == "ecg" else IMAGE_PREFIX
        tensors = {prefix + key: value for key, value in tower.state_dict().items()}
        tensors |= {HEADS_PREFIX + key: value for key, value in heads.state_dict().items()}
        about = {
            "stage": kind,
            "seed": run.seed,
            "windows": trainer.schedule.windows_done,
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
