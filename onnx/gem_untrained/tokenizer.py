"""The tokenizer of the untrained model: a SentencePiece BPE model of the Llama kind, trained on a few sentences.

In: `sentences.txt` beside this file.
Out: `tokenizer.model` with about 500 pieces, 256 of them bytes.
"""

from pathlib import Path

import sentencepiece

VOCAB_SIZE = 512
SENTENCES = Path(__file__).with_name("sentences.txt")


def train_tokenizer(directory: Path) -> None:
    """Write `tokenizer.model` into `directory`."""
    model = directory / "tokenizer.model"
    with model.open("wb") as writer:
        # The settings are those of Llama's own tokenizer, but for the size. From an iterator, so that
        # no path of this machine ends up in the model.
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(SENTENCES.read_text(encoding="utf-8").splitlines()),
            model_writer=writer,
            model_type="bpe",
            vocab_size=VOCAB_SIZE,
            byte_fallback=True,
            normalization_rule_name="identity",
            remove_extra_whitespaces=False,
            split_digits=True,
            character_coverage=1.0,
            num_threads=1,
            minloglevel=2,
        )
