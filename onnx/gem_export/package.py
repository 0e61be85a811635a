"""The whole export: check the checkpoint, write every file, move the finished package into place.

In: a checkpoint directory and what the caller says about it.
Out: a package directory, or one `ExportError` that lists every problem with the weights.
"""

import re
import shutil
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from . import ecg_encoder, image_encoder, manifest
from .checkpoint import Weights
from .config import GemConfig, load_config
from .decoder import build_decoder, build_token_embedding, decoder_shapes
from .errors import ExportError
from .precision import FP32, Precision
from .tokenizer import convert_tokenizer
from .weight_files import open_directory

IMAGE_NEWLINE = "model.image_newline"
# A configuration of another model makes every key a problem; the first ones tell enough.
MAX_PROBLEMS = 60

# In every checkpoint of the reference, but without a part in the computation.
UNUSED = re.compile(
    r"model\.ecg_tower\.ecg_tower\.(ln_post\.(weight|bias)|proj)"
    r"|model\.layers\.\d+\.self_attn\.rotary_emb\.inv_freq"
    r"|lm_head\.weight"
)


def export(
    checkpoint_dir: Path,
    out: Path,
    about: manifest.About,
    precision: Precision = FP32,
    ignore: Sequence[str] = (),
) -> None:
    """Write the package of `checkpoint_dir` to `out`. An earlier package at `out` is replaced, anything else is not.

    Keys that are not a part of the model are an error, unless one of the patterns of `ignore` matches them.
    """
    if not checkpoint_dir.is_dir():
        raise ExportError(f"{checkpoint_dir} is not a directory")
    _check_out(out)
    config = load_config(checkpoint_dir)
    checkpoint = open_directory(checkpoint_dir)
    tower_weights = _vision_weights(config, checkpoint)
    checkpoint = _check_weights(config, checkpoint, tower_weights, ignore)

    # A package that breaks off half way must not look like one.
    partial = out.with_name(f"{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    tokenizer = convert_tokenizer(checkpoint_dir, config.decoder.vocab)
    (partial / "tokenizer.json").write_text(tokenizer, encoding="utf-8")
    builders = {
        "ecg_encoder": lambda: ecg_encoder.build_ecg_encoder(partial, config, checkpoint, precision),
        "image_encoder": lambda: image_encoder.build_image_encoder(
            partial, config, checkpoint, tower_weights, precision
        ),
        "token_embedding": lambda: build_token_embedding(partial, config, checkpoint, precision),
        "decoder": lambda: build_decoder(partial, config, checkpoint, precision),
    }
    for name, build in builders.items():
        build()
        mib = (partial / f"{name}.onnx.data").stat().st_size / 2**20
        print(f"{name}: {mib:.1f} MiB of weights", flush=True)
    if checkpoint.shape(IMAGE_NEWLINE):
        checkpoint.tensor(IMAGE_NEWLINE).astype("<f4").tofile(partial / "image_newline.f32")
    manifest.write_manifest(partial, config, about, precision)
    if out.exists():
        shutil.rmtree(out)
    partial.rename(out)
    print(f"package: {out}", flush=True)


def _check_out(out: Path) -> None:
    if out.exists() and not (out / manifest.NAME).is_file():
        if not out.is_dir() or any(out.iterdir()):
            raise ExportError(f"{out} exists and is not a package; choose another place or remove it")


def _vision_weights(config: GemConfig, checkpoint: Weights) -> Weights:
    """The reference loads the tower from its own directory, unless the checkpoint says that it was trained along."""
    if config.vision.from_checkpoint:
        return checkpoint
    assert config.vision.directory is not None, "a tower without directory is in the checkpoint (this is a bug)"
    return open_directory(config.vision.directory)


def _check_weights(config: GemConfig, checkpoint: Weights, tower_weights: Weights, ignore: Sequence[str]) -> Weights:
    """The checkpoint with a whole ECG tower, or one error with every problem of the weights."""
    if config.image.mode == "anyres" and config.image.merge != "flat" and config.vision.keep_class_token:
        raise ExportError("mm_vision_select_feature cls_patch cannot be laid out as a map; merge type must be flat")
    checkpoint, hint = ecg_encoder.with_tower_file(config, checkpoint)
    image = image_encoder.tower_shapes(config)
    own, shared = ecg_encoder.projectors(config)
    expected = ecg_encoder.tower_shapes(config, checkpoint) | decoder_shapes(config) | own.shapes() | shared.shapes()
    if config.image.mode == "anyres" and config.image.merge == "spatial_unpad" or checkpoint.shape(IMAGE_NEWLINE):
        expected[IMAGE_NEWLINE] = (config.decoder.hidden,)
    if config.vision.from_checkpoint:
        expected |= image
    problems = checkpoint.problems(expected)
    if not config.vision.from_checkpoint:
        problems += [f"{problem} (in {tower_weights.place})" for problem in tower_weights.problems(image)]
    unused = image_encoder.unused_keys(config)
    surplus = [
        key
        for key in sorted(checkpoint.keys() - expected.keys())
        if not UNUSED.fullmatch(key) and not unused.fullmatch(key) and not _ignored(key, ignore)
    ]
    if problems:
        hint += "\nLook whether the checkpoint is whole, and whether config.json is its own."
    if surplus:
        problems += [f"{key}: not a part of this model" for key in surplus]
        hint += (
            "\nIf what is not a part of this model may be left out, say so with --ignore-keys PATTERN; adapters (LoRA) "
            "must be merged into the weights first."
        )
    if problems:
        shown = problems[:MAX_PROBLEMS] + [f"... and {len(problems) - MAX_PROBLEMS} more"] * (
            len(problems) > MAX_PROBLEMS
        )
        lines = "\n".join(f"  {problem}" for problem in shown)
        raise ExportError(f"{checkpoint.place}: {len(problems)} problems with the weights\n{lines}{hint}")
    return checkpoint


def _ignored(key: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(key, pattern) for pattern in patterns)
