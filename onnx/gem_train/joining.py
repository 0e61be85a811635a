"""The later stages: the decoder learns to say what the towers see.

`align`: both towers are frozen. The projectors bring ECG and page into one space: the same questions are asked of both
through the shared projector, a window's ECG and page are to be nearer to each other than to those of other windows
(CLIP's loss), and the decoder writes short lists of what was measured and found.

`instruct`: the decoder writes whole interpretations; the towers may learn along, slowly.

In: windows; the weights files of the stages before; how long.
Out: a weights file. While the towers are frozen they are not in it again.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from .augment import augment
from .batches import normalised
from .heads import Heads
from .language import Language
from .model import Gem
from .phrases import LIST_QUESTION, measurement_list
from .sizes import Sizes
from .teaching import Kept, answers_loss
from .towers import ECG_PREFIX, HEADS_PREFIX, IMAGE_PREFIX, Run, Trainer
from .weights import load_stage, save_stage
from .windows import Batch, Windows

# Parts of a stage's loss beside the words.
HEADS_WEIGHT = 0.1
CONTRAST_WEIGHT = 0.1
CONTRAST_TEMPERATURE = 0.07
# How often the decoder has to do without the page, and without the ECG.
WITHOUT_IMAGE = 0.15
WITHOUT_ECG = 0.15
# Patches of each encoder that a step keeps, as often as given: few, some, all. Who has only seen few is lost among many: the
# reading needs all, so all have to come along from the beginning. Over the last part of a stage every step keeps all.
PATCHES = ((8, 0.6), (40, 0.2), (None, 0.2))
ALL_FROM = 0.9
# How many of the steps of `instruct` teach lists all the same: nothing else says as many numbers in as few words.
LISTS = 0.4
BOTH, ONLY_ECG, ONLY_IMAGE = "both", "ecg", "image"


@dataclass(frozen=True)
class Sight:
    """What the decoder is shown. `both` also means that it sometimes is shown one only."""

    modality: str = BOTH

    def draw(self, generator: torch.Generator) -> tuple[bool, bool]:
        """Whether a step shows the ECG, and whether the page."""
        if self.modality != BOTH:
            return self.modality == ONLY_ECG, self.modality == ONLY_IMAGE
        drawn = torch.rand(1, generator=generator).item()
        return drawn >= WITHOUT_ECG, not WITHOUT_ECG <= drawn < WITHOUT_ECG + WITHOUT_IMAGE


def assemble(sizes: Sizes, vocab: int, files: list[Path]) -> tuple[Gem, dict[str, Tensor], list[dict]]:
    """A model with the weights of several stages, later files first to count; the heads; what is known about each."""
    gem = Gem(sizes, vocab)
    heads: dict[str, Tensor] = {}
    abouts = []
    state = gem.state_dict()
    for path in files:
        tensors, about = load_stage(path)
        if about["sizes"] != vars(sizes):
            raise ValueError(f"{path} has the sizes {about['sizes']}, wanted are {vars(sizes)}")
        wrong = [
            key
            for key, value in tensors.items()
            if not key.startswith(HEADS_PREFIX) and (key not in state or state[key].shape != value.shape)
        ]
        if wrong:
            raise ValueError(f"{path} does not fit the model: {', '.join(wrong[:5])}")
        asked = {key: value for key, value in tensors.items() if key.startswith(HEADS_PREFIX)}
        heads |= {key.removeprefix(HEADS_PREFIX): value for key, value in asked.items()}
        state |= {key: value for key, value in tensors.items() if not key.startswith(HEADS_PREFIX)}
        abouts.append(about)
    gem.load_state_dict(state)
    return gem, heads, abouts


def see(
    gem: Gem, batch: Batch, generator: torch.Generator, shows: tuple[bool, bool], grad: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """States of both towers, of zeros where one is not shown; and the leads that are left."""
    ecg, present, _ = augment(batch.ecg, generator)
    pixels = normalised(batch.pixels)
    with torch.set_grad_enabled(grad):
        states = gem.ecg_tower(ecg if shows[0] else torch.zeros_like(ecg[:1]))
        image = gem.vision_tower(pixels if shows[1] else torch.zeros_like(pixels[:1]))
    return states.expand(len(ecg), -1, -1), image.expand(len(ecg), -1, -1), present


def patches_of_step(generator: torch.Generator) -> int | None:
    """How many patches of each encoder a step keeps; all, where none is said."""
    drawn = torch.rand(1, generator=generator).item()
    for count, share in PATCHES:
        drawn -= share
        if drawn < 0:
            return count
    return None


def contrast(one: Tensor, other: Tensor) -> Tensor:
    """CLIP's loss (Radford et al., arXiv 2103.00020): [n, width] each, row by row the same windows."""
    one, other = functional.normalize(one.float(), dim=-1), functional.normalize(other.float(), dim=-1)
    scores = one @ other.T / CONTRAST_TEMPERATURE
    same = torch.arange(len(one), device=one.device)
    return (functional.cross_entropy(scores, same) + functional.cross_entropy(scores.T, same)) / 2


def join(
    stage: str,
    sizes: Sizes,
    language: Language,
    files: list[Path],
    windows: Windows,
    run: Run,
    out: Path,
    sight: Sight,
    towers: bool = False,
) -> Gem:
    """Train the stage `align` or `instruct` and write its weights to `out`."""
    torch.manual_seed(run.seed)
    gem, stored, abouts = assemble(sizes, language.vocab, files)
    # What the class tokens of ECG and page are asked, and what the decoder is.
    heads = nn.ModuleDict({"token": Heads(sizes.hidden), "answer": Heads(sizes.hidden)})
    earlier = sum(about["windows"] for about in abouts[-1:] if about["stage"] == stage)
    if stage == "instruct" or earlier:
        # The towers have heads of their own.
        heads.load_state_dict({key: value for key, value in stored.items() if key.startswith(tuple(heads))})
    if not towers:
        for tower in (gem.ecg_tower, gem.vision_tower):
            tower.requires_grad_(False)
    trainer = Trainer(run, [gem, heads])

    def loss_of(batch: Batch, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
        shows = sight.draw(generator)
        ecg, image, present = see(gem, batch, generator, shows, towers)
        patches = patches_of_step(generator) if trainer.schedule.progress < ALL_FROM else None
        if stage == "align" or torch.rand(1, generator=generator).item() < LISTS:
            dialogues = [(LIST_QUESTION, measurement_list(row)) for row in batch.rows]
        else:
            dialogues = [(row["question"], row["text"]) for row in batch.rows]
        words, beginning = answers_loss(gem, language, ecg, image, Kept.draw(gem, patches, generator), dialogues)
        # Asked before its first word the decoder has to have looked at ECG and page: words alone teach that slowly.
        known, _ = heads["answer"].loss(beginning, batch.targets, present if shows[0] else None)
        parts = {"words": words.item(), "answer": known.item()}
        loss = words + HEADS_WEIGHT * known
        pooled = []
        for name, is_shown, token, leads in (
            ("ecg", shows[0], gem.project_ecg(ecg[:, :1])[:, 0], present),
            ("image", shows[1], gem.project_image(image[:, :1])[:, 0], None),
        ):
            if is_shown:
                asked, _ = heads["token"].loss(token, batch.targets, leads)
                loss = loss + HEADS_WEIGHT * asked
                parts[f"heads_{name}"] = asked.item()
                pooled.append(token)
        if len(pooled) == 2 and stage == "align":
            apart = contrast(*pooled)
            loss = loss + CONTRAST_WEIGHT * apart
            parts["contrast"] = apart.item()
        return loss, parts

    def save() -> None:
        frozen = () if towers else (ECG_PREFIX, IMAGE_PREFIX)
        tensors = {key: value for key, value in gem.state_dict().items() if not frozen or not key.startswith(frozen)}
        tensors |= {HEADS_PREFIX + key: value for key, value in heads.state_dict().items()}
        about = {
            "stage": stage,
            "seed": run.seed,
            "windows": earlier + trainer.schedule.windows_done,
            "sizes": vars(sizes),
            "vocab": language.vocab,
            "sight": sight.modality,
        }
        save_stage(out, tensors, about)

    lengths = [len(row["text"]) for row in windows.rows] if stage == "instruct" else None
    trainer.learn(windows, loss_of, save, lengths)
    return gem
