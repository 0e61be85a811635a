"""The tokenizer of the small GEM, and prompts and answers as the runtime forms them.

In: the texts of the windows, to train it; or its file.
Out: `tokenizer.model`, a SentencePiece BPE model of the Llama kind; token ids.

A piece may hold several words: what is said of ECGs repeats itself, and a text of half as many tokens is written in
half the time. Digits stay single.
"""

import io
from collections.abc import Iterable
from pathlib import Path

import sentencepiece
from gem_export.manifest import PROMPT_TEMPLATE, QUESTION

from .sizes import BOS, EOS

VOCAB = 2048
LONGEST_PIECE = 40
SENTENCES = 6000
IMAGE = "<image>"
BEFORE, AFTER = PROMPT_TEMPLATE.split(IMAGE)


def train_tokenizer(texts: Iterable[str], questions: Iterable[str], path: Path, vocab: int = VOCAB) -> None:
    """Write the tokenizer trained on the texts; the prompt is among them, so that it takes few tokens."""
    sentences = [sentence for sentence, _ in zip(texts, range(SENTENCES), strict=False)]
    # Often enough that the prompt becomes whole pieces, whatever the number of texts.
    prompts = [BEFORE, *(after.strip() for after in map(after_image, [QUESTION, *sorted(set(questions))]))]
    sentences += prompts * max(1, len(sentences) // 20)
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences),
        model_writer=model,
        model_type="bpe",
        vocab_size=vocab,
        byte_fallback=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        split_digits=True,
        split_by_whitespace=False,
        max_sentencepiece_length=LONGEST_PIECE,
        hard_vocab_limit=False,
        character_coverage=1.0,
        num_threads=1,
        minloglevel=2,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.getvalue())


def after_image(question: str) -> str:
    """The prompt after the place of ECG and page."""
    return AFTER.replace("{question}", question)


class Language:
    """Texts to ids and back."""

    def __init__(self, path: Path):
        if not path.is_file():
            raise FileNotFoundError(f"{path} is missing: train.py tokenizer writes it")
        self._processor = sentencepiece.SentencePieceProcessor(model_file=str(path))
        self.path = path
        self.end = EOS
        self.before = [BOS, *self._processor.encode(BEFORE)]

    @property
    def vocab(self) -> int:
        """How many pieces there are."""
        return self._processor.vocab_size()

    def after(self, question: str) -> list[int]:
        """The prompt after ECG and page."""
        return self._processor.encode(after_image(question))

    def answer(self, text: str) -> list[int]:
        """What the model is to write, and the end."""
        return [*self._processor.encode(text), EOS]

    def text(self, ids: list[int]) -> str:
        """Up to the end of the text."""
        return self._processor.decode(ids[: ids.index(EOS)] if EOS in ids else ids)

    def digits(self) -> list[int]:
        """The ids of the ten digits."""
        return [self._processor.piece_to_id(str(digit)) for digit in range(10)]
