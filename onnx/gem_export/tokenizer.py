"""`tokenizer.json`: the SentencePiece BPE tokenizer of a Llama checkpoint for the `tokenizers` library.

In: `tokenizer.model`, and the added tokens of `tokenizer_config.json`.
Out: a tokenizer that encodes as the slow Llama tokenizer of transformers does with legacy = false:
bos in front, dummy prefix before the first text only, `<s>`, `</s>` and `<unk>` in the text parsed as such.
"""

import json
from pathlib import Path

from sentencepiece import sentencepiece_model_pb2 as model_pb2

from .checkpoint import read_json
from .errors import ExportError

SPACE = "\u2581"
Piece = model_pb2.ModelProto.SentencePiece


def convert_tokenizer(directory: Path, vocab_size: int) -> str:
    """The text of `tokenizer.json` for the checkpoint in `directory`."""
    path = directory / "tokenizer.model"
    model = _read_model(path)
    pieces = list(model.pieces)
    vocab = {piece.piece: index for index, piece in enumerate(pieces)}
    special = [
        _added_token(index, piece.piece, special=True)
        for index, piece in enumerate(pieces)
        if piece.type in (Piece.CONTROL, Piece.UNKNOWN)
    ]
    added = special + _added_beyond(directory, len(pieces))
    if len(pieces) > vocab_size or any(token["id"] >= vocab_size for token in added):
        raise ExportError(
            f"{path}: {len(pieces)} pieces and added tokens do not fit the model's vocabulary of {vocab_size}"
        )
    bos = next((piece.piece for piece in pieces if piece.type == Piece.CONTROL and piece.piece == "<s>"), None)
    unknown = next((piece.piece for piece in pieces if piece.type == Piece.UNKNOWN), None)
    if bos is None or unknown is None:
        raise ExportError(f"{path}: the pieces <s> (control) and an unknown piece are needed")
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": SPACE},
        "pre_tokenizer": _dummy_prefix(),
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": bos, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [
                {"SpecialToken": {"id": bos, "type_id": 0}},
                {"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": {"id": bos, "type_id": 1}},
                {"Sequence": {"id": "B", "type_id": 1}},
            ],
            "special_tokens": {bos: {"id": bos, "ids": [vocab[bos]], "tokens": [bos]}},
        },
        "decoder": {
            "type": "Sequence",
            "decoders": [
                {"type": "Replace", "pattern": {"String": SPACE}, "content": " "},
                {"type": "ByteFallback"},
                {"type": "Fuse"},
                {"type": "Strip", "content": " ", "start": 1, "stop": 0},
            ],
        },
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": unknown,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": True,
            "byte_fallback": True,
            "ignore_merges": False,
            "vocab": vocab,
            "merges": _merges(pieces),
        },
    }
    return json.dumps(tokenizer, ensure_ascii=False, indent=1) + "\n"


def _read_model(path: Path) -> model_pb2.ModelProto:
    if not path.exists():
        raise ExportError(f"{path} is missing: the SentencePiece model of the checkpoint's tokenizer is needed")
    model = model_pb2.ModelProto()
    try:
        model.ParseFromString(path.read_bytes())
    except Exception as error:  # protobuf's DecodeError class differs between its implementations
        raise ExportError(f"{path} cannot be read as a SentencePiece model: {error}") from error
    trainer, normalizer = model.trainer_spec, model.normalizer_spec
    checks = [
        (trainer.model_type == model_pb2.TrainerSpec.BPE, "its type must be BPE"),
        (trainer.byte_fallback, "it must have byte fallback"),
        (not trainer.treat_whitespace_as_suffix, "whitespace must be a prefix of words"),
        (not normalizer.precompiled_charsmap, "its normalisation must be the identity"),
        (normalizer.add_dummy_prefix, "it must add a dummy prefix"),
        (not normalizer.remove_extra_whitespaces, "it must keep repeated spaces"),
        (normalizer.escape_whitespaces, "it must escape whitespace"),
        (
            all(piece.type not in (Piece.USER_DEFINED, Piece.UNUSED) for piece in model.pieces),
            "user-defined and unused pieces are not supported",
        ),
    ]
    problems = [text for good, text in checks if not good]
    if problems:
        raise ExportError(f"{path} is not a tokenizer of the Llama kind: {'; '.join(problems)}")
    return model


def _dummy_prefix() -> dict:
    """Put one space mark before the text, but not before text that follows a special token.

    One Metaspace step would do it, but that step adds no mark where the text itself begins with a space, and the
    reference does. So the normaliser first turns all spaces into marks, the first step adds a plain space, which
    it never finds in front, and the second step turns that space into a mark.
    """

    def metaspace(replacement: str, scheme: str) -> dict:
        return {"type": "Metaspace", "replacement": replacement, "prepend_scheme": scheme, "split": False}

    return {"type": "Sequence", "pretokenizers": [metaspace(" ", "first"), metaspace(SPACE, "never")]}


def _merges(pieces: list) -> list[list[str]]:
    """Every way to join two pieces into a third, best score first, as SentencePiece would join them."""
    scores = {piece.piece: piece.score for piece in pieces if piece.type == Piece.NORMAL}
    index = {piece.piece: position for position, piece in enumerate(pieces) if piece.type == Piece.NORMAL}
    merges = []
    for whole, score in scores.items():
        splits = [(whole[:cut], whole[cut:]) for cut in range(1, len(whole))]
        pairs = sorted(
            ((left, right) for left, right in splits if left in index and right in index),
            key=lambda pair: (index[pair[0]], index[pair[1]]),
        )
        merges.extend((left, right, score) for left, right in pairs)
    merges.sort(key=lambda merge: (merge[2], len(merge[0]), len(merge[1])), reverse=True)
    return [[left, right] for left, right, _ in merges]


def _added_token(index: int, content: str, special: bool) -> dict:
    return {
        "id": index,
        "content": content,
        "single_word": False,
        "lstrip": False,
        "rstrip": False,
        "normalized": False,
        "special": special,
    }


def _added_beyond(directory: Path, pieces: int) -> list[dict]:
    """Tokens that the checkpoint added after the SentencePiece vocabulary, such as a padding token."""
    path = directory / "tokenizer_config.json"
    declared = read_json(path).get("added_tokens_decoder", {}) if path.exists() else {}
    tokens = []
    try:
        for index, token in declared.items():
            if int(index) >= pieces:
                tokens.append(_added_token(int(index), token["content"], bool(token.get("special", False))))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ExportError(f"{path}: added_tokens_decoder cannot be read: {error}") from error
    return sorted(tokens, key=lambda token: token["id"])
