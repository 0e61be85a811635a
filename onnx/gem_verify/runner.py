"""The forward pass of a package: encoders, merging of tokens, greedy decoding. Written to be read, not to be fast.

In: a package directory; ECG, pixels and token ids as arrays.
Out: features, tokens and logits as arrays.
"""

import json
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from .widen import widened

IMAGE_TOKEN = -200
GRAPHS = ("ecg_encoder", "image_encoder", "token_embedding", "decoder")
# There is no bfloat16 on a CPU, so such a decoder is run with its weights widened.
CACHE_TYPES = {"f32": np.float32, "f16": np.float16, "bf16": np.float32}


class Package:
    """The four sessions and the tokenizer of a package."""

    def __init__(self, directory: Path):
        self.manifest = json.loads((directory / "manifest.json").read_text(encoding="utf-8"))
        self.tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
        newline = directory / "image_newline.f32"
        self.image_newline = np.fromfile(newline, "<f4") if newline.exists() else None
        widen = self.manifest["decoder"]["cache_type"] == "bf16"
        self._ecg, self._image, self._embedding, self._decoder = (
            onnxruntime.InferenceSession(
                widened(path) if widen and path.stem == "decoder" else path, providers=["CPUExecutionProvider"]
            )
            for path in (directory / f"{name}.onnx" for name in GRAPHS)
        )

    def encode_ecg(self, ecg: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """[12, 5000] -> the tower's output and the ECG tokens of one recording."""
        tower, tokens = self._ecg.run(["ecg_tower", "ecg_tokens"], {"ecg": ecg[None]})
        return tower[0], tokens[0]

    def encode_tiles(self, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """u8 tiles [n, 3, 336, 336] -> features and tokens of each tile."""
        mean, std = (np.asarray(self.manifest["image"][key], np.float32).reshape(3, 1, 1) for key in ("mean", "std"))
        values = (pixels.astype(np.float32) / np.float32(255.0) - mean) / std
        return self.encode_pixels(values)

    def encode_pixels(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Scaled and normalised tiles f32 [n, 3, 336, 336] -> features and tokens of each tile."""
        features, tokens = self._image.run(["image_features", "image_tokens"], {"pixel_values": values})
        return features, tokens

    def merge_tiles(
        self, tokens: np.ndarray, merge: str, image_size: tuple[int, int], grid: tuple[int, int]
    ) -> np.ndarray:
        """Tile tokens [n, patches, hidden] -> one sequence. `grid` is the size in pixels that the tiles cover."""
        if len(tokens) == 1 or merge == "flat":
            return tokens.reshape(-1, tokens.shape[-1])
        base, hidden = tokens[0], tokens.shape[-1]
        side = int(round(tokens.shape[1] ** 0.5))
        tile_px = self.manifest["image"]["size"]
        columns, rows = grid[0] // tile_px, grid[1] // tile_px
        tiles = tokens[1:].reshape(rows, columns, side, side, hidden)
        layout = tiles.transpose(0, 2, 1, 3, 4).reshape(rows * side, columns * side, hidden)
        if merge == "spatial_unpad":
            layout = unpad(layout, *image_size)
            newline = np.broadcast_to(self.image_newline, (len(layout), 1, hidden))
            layout = np.concatenate([layout, newline], axis=1)
        return np.concatenate([base, layout.reshape(-1, hidden)])

    def encode_prompt(self, prompt: str) -> list[int]:
        """Token ids with IMAGE_TOKEN at the place of the image; every piece of text is encoded on its own."""
        ids: list[int] = []
        for index, piece in enumerate(prompt.split(self.manifest["prompt"]["image_placeholder"])):
            encoded = self.tokenizer.encode(piece).ids
            ids += encoded if index == 0 else [IMAGE_TOKEN, *encoded[1:]]
        return ids

    def embed(self, ids: list[int], inserted: np.ndarray) -> np.ndarray:
        """Embeddings [seq, hidden] with `inserted` in place of IMAGE_TOKEN."""
        at = ids.index(IMAGE_TOKEN)
        before, after = (self.lookup(part) for part in (ids[:at], ids[at + 1 :]))
        return np.concatenate([before, inserted, after])

    def lookup(self, ids: list[int]) -> np.ndarray:
        """Embeddings [seq, hidden] of token ids."""
        (embeds,) = self._embedding.run(None, {"input_ids": np.asarray([ids], np.int64)})
        return embeds[0]

    def empty_cache(self) -> list[np.ndarray]:
        """The key-value cache before the first position."""
        decoder = self.manifest["decoder"]
        empty = np.zeros((1, decoder["kv_heads"], 0, decoder["head_dim"]), CACHE_TYPES[decoder["cache_type"]])
        return [empty] * (2 * decoder["layers"])

    def step(self, embeds: np.ndarray, cache: list[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
        """Logits [vocab] after the last of `embeds` [seq, hidden], and the cache with all of them."""
        names = [f"{layer}.{part}" for layer in range(len(cache) // 2) for part in ("key", "value")]
        length = cache[0].shape[2] + len(embeds)
        feed = {
            "inputs_embeds": embeds[None],
            "seqlens_k": np.asarray([length - 1], np.int32),
            "total_sequence_length": np.asarray([length], np.int32),
            "logits_index": np.asarray([[len(embeds) - 1]], np.int64),
        }
        feed |= {f"past_key_values.{name}": value for name, value in zip(names, cache, strict=True)}
        logits, *cache = self._decoder.run(["logits", *(f"present.{name}" for name in names)], feed)
        return logits[0], cache

    def greedy(self, embeds: np.ndarray, steps: int) -> tuple[np.ndarray, list[int]]:
        """`steps` greedy tokens after `embeds`, eos not stopping; and the logits that chose each of them."""
        cache = self.empty_cache()
        logits, tokens = [], []
        for _ in range(steps):
            step, cache = self.step(embeds, cache)
            logits.append(step)
            tokens.append(int(step.argmax()))
            embeds = self.lookup(tokens[-1:])
        return np.stack(logits), tokens

    def decode(self, ids: list[int], skip_special: bool = True) -> str:
        """Text as SentencePiece gives it: every byte that is not part of valid UTF-8 becomes U+FFFD.

        `Tokenizer.decode` differs: it gives up a whole run of byte tokens if one byte in it is wrong.
        """
        special = {token_id for token_id, token in self.tokenizer.get_added_tokens_decoder().items() if token.special}
        raw, at_start, text = b"", True, ""
        for token_id in ids:
            piece = self.tokenizer.id_to_token(token_id)
            if token_id in special:
                if not skip_special:
                    text += bytes_to_text(raw) + piece
                    raw, at_start = b"", False
                continue
            if len(piece) == 6 and piece.startswith("<0x"):
                raw += bytes([int(piece[3:5], 16)])
            else:
                word = piece.replace("\u2581", " ")
                raw += (word[1:] if at_start and word.startswith(" ") else word).encode()
            at_start = False
        return text + bytes_to_text(raw)


def bytes_to_text(raw: bytes) -> str:
    """Valid UTF-8 as it is, U+FFFD for each other byte."""
    # Python's own replacement joins a cut-off sequence into one mark; escapes keep its bytes apart.
    return "".join(
        "\ufffd" if "\udc80" <= char <= "\udcff" else char for char in raw.decode("utf-8", "surrogateescape")
    )


def unpad(layout: np.ndarray, width: int, height: int) -> np.ndarray:
    """Cut the padding from a map [rows, columns, hidden] that holds an image of `width` x `height`."""
    rows, columns = layout.shape[:2]
    if width / height > columns / rows:
        padding = (rows - int(height * columns / width)) // 2
        return layout[padding : rows - padding]
    padding = (columns - int(width * rows / height)) // 2
    return layout[:, padding : columns - padding]
