"""The converted tokenizer: the parity texts, and text against SentencePiece itself on the shipped package."""

import json
from pathlib import Path

import pytest
import sentencepiece
from gem_export.errors import ExportError
from gem_export.tokenizer import convert_tokenizer
from gem_untrained.tokenizer import SENTENCES
from gem_verify.runner import Package, bytes_to_text
from tokenizers import Tokenizer

ROOT = Path(__file__).resolve().parent.parent
BOS = 1


def test_texts_encode_and_decode_as_in_the_reference(parity: Path) -> None:
    tokenizer = Tokenizer.from_str(convert_tokenizer(parity / "model", 1000))
    cases = json.loads((parity / "goldens" / "tokenizer" / "tokenizer_parity.json").read_text())["encode"]
    assert len(cases) == 200
    wrong = [case["text"] for case in cases if tokenizer.encode(case["text"]).ids != case["ids"]]
    assert wrong == []
    assert [case["text"] for case in cases if tokenizer.decode(case["ids"]) != case["decoded"]] == []


@pytest.mark.parametrize("start", ["", " ", "  ", "\n", "\t", "µV 心电图 ", "\u2581"])
def test_text_encodes_as_sentencepiece_does(checkpoint: Path, start: str) -> None:
    tokenizer = Tokenizer.from_str(convert_tokenizer(checkpoint, 512))
    processor = sentencepiece.SentencePieceProcessor(model_file=str(checkpoint / "tokenizer.model"))
    for line in SENTENCES.read_text(encoding="utf-8").splitlines():
        text = start + line
        assert tokenizer.encode(text).ids == [BOS, *processor.encode(text)], text


def test_a_missing_model_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="tokenizer.model is missing"):
        convert_tokenizer(tmp_path, 512)


def test_a_tokenizer_of_another_kind_is_an_error(tmp_path: Path) -> None:
    sentencepiece.SentencePieceTrainer.train(
        input=str(SENTENCES),
        model_prefix=str(tmp_path / "tokenizer"),
        model_type="unigram",
        vocab_size=200,
        minloglevel=2,
    )
    with pytest.raises(ExportError, match="its type must be BPE; it must have byte fallback"):
        convert_tokenizer(tmp_path, 512)


def test_a_vocabulary_that_does_not_fit_is_an_error(checkpoint: Path) -> None:
    with pytest.raises(ExportError, match="do not fit the model's vocabulary of 511"):
        convert_tokenizer(checkpoint, 511)


def test_each_broken_byte_becomes_one_mark() -> None:
    assert bytes_to_text("é".encode() + b"\xe5\xbf" + b"A\xff") == "é\ufffd\ufffdA\ufffd"


def test_decoding_drops_the_first_space_and_special_tokens() -> None:
    package = Package(ROOT / "package")
    ids = package.tokenizer.encode("Sinus rhythm.").ids
    assert package.decode([*ids, 2]) == "Sinus rhythm."
    assert package.decode(ids, skip_special=False) == "<s> Sinus rhythm."
