"""One step of teaching the decoder: ECG and page before it, the text after them.

In: states of both towers; questions and answers.
Out: the loss of the answers' tokens under teacher forcing.

Most of the prompt is tokens of ECG and page. As in FLIP (Li et al., arXiv 2212.00794) a step may keep only some of
them: the class tokens and a few patches, each at the position that it has in the whole prompt. That is several times
faster; the last part of a stage keeps all.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from .language import Language
from .model import Gem

# Digits carry what is measured, and are few among the words.
DIGIT_WEIGHT = 2.0


@dataclass(frozen=True)
class Kept:
    """Which tokens of ECG and page a step keeps, in order; the class tokens are always among them."""

    ecg: Tensor
    image: Tensor

    @staticmethod
    def draw(gem: Gem, patches: int | None, generator: torch.Generator) -> "Kept":
        """So many patches of each, or all."""

        def some(count: int) -> Tensor:
            if patches is None or patches >= count - 1:
                return torch.arange(count)
            drawn = 1 + torch.randperm(count - 1, generator=generator)[:patches]
            return torch.cat([torch.zeros(1, dtype=torch.long), drawn.sort().values])

        return Kept(some(gem.ecg_count), some(gem.image_count))


def prefix(gem: Gem, language: Language, ecg: Tensor, image: Tensor, kept: Kept) -> tuple[Tensor, Tensor]:
    """Embeddings [batch, n, hidden] and positions [batch, n] of the prompt up to the page, from the towers' states."""
    device = ecg.device
    before = torch.tensor(language.before, device=device)
    parts = [
        gem.model.embed_tokens(before).expand(len(ecg), -1, -1),
        gem.project_ecg(ecg[:, kept.ecg.to(device)]),
        gem.project_image(image[:, kept.image.to(device)]),
    ]
    first = len(before)
    positions = torch.cat([torch.arange(first), first + kept.ecg, first + gem.ecg_count + kept.image]).to(device)
    return torch.cat([part.to(parts[1].dtype) for part in parts], dim=1), positions.expand(len(ecg), -1)


def answers_loss(
    gem: Gem, language: Language, ecg: Tensor, image: Tensor, kept: Kept, dialogues: list[tuple[str, str]]
) -> tuple[Tensor, Tensor]:
    """Cross entropy of a token of the answers; digits count more. And the decoder's state where it begins to answer [n, hidden]."""
    device = ecg.device
    tails, answers, begins = [], [], []
    for question, answer in dialogues:
        asked, said = language.after(question), language.answer(answer)
        # The last token predicts nothing.
        tails.append(asked + said[:-1])
        answers.append([-1] * (len(asked) - 1) + said)
        begins.append(len(asked) - 1)
    length = max(map(len, tails))
    ids = torch.tensor([tail + [0] * (length - len(tail)) for tail in tails], device=device)
    wanted = torch.tensor([answer + [-1] * (length - len(answer)) for answer in answers], device=device)
    before, positions = prefix(gem, language, ecg, image, kept)
    begin = len(language.before) + gem.ecg_count + gem.image_count
    embeds = torch.cat([before, gem.model.embed_tokens(ids).to(before.dtype)], dim=1)
    positions = torch.cat([positions, torch.arange(begin, begin + length, device=device).expand(len(ids), -1)], dim=1)
    states, _ = gem.decode(embeds, positions, last=length)
    asked = wanted >= 0
    scores = gem.logits(states[asked]).float()
    weights = torch.ones(gem.vocab, device=device)
    weights[torch.tensor(language.digits(), device=device)] = DIGIT_WEIGHT
    beginning = states[torch.arange(len(states), device=device), torch.tensor(begins, device=device)]
    return functional.cross_entropy(scores, wanted[asked], weight=weights), beginning


@torch.no_grad()
def write(
    gem: Gem, language: Language, ecg: Tensor, image: Tensor, question: str, most: int
) -> list[str]:
    """What the model says about each window, the likeliest token at each place, at most so many."""
    device = ecg.device
    kept = Kept.draw(gem, None, torch.Generator())
    before, positions = prefix(gem, language, ecg, image, kept)
    asked = torch.tensor(language.after(question), device=device)
    embeds = torch.cat([before, gem.model.embed_tokens(asked).expand(len(ecg), -1, -1)], dim=1)
    position = before.shape[1] + len(asked)
    positions = torch.arange(position, device=device).expand(len(ecg), -1)
    past, said = None, []
    ended = torch.zeros(len(ecg), dtype=torch.bool, device=device)
    for _ in range(most):
        states, past = gem.decode(embeds, positions, last=1, past=past)
        token = gem.logits(states[:, -1]).argmax(-1)
        said.append(token)
        ended |= token == language.end
        if ended.all() or position >= gem.sizes.max_positions:
            break
        embeds = gem.model.embed_tokens(token)[:, None]
        positions = torch.full((len(ecg), 1), position, device=device)
        position += 1
    return [language.text(ids) for ids in torch.stack(said, dim=1).tolist()]
