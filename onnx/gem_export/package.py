"""The whole export: check the checkpoint, write every file, move the finished package into place.

In: a checkpoint directory and what the caller says about it.
Out: a package directory, or one `ExportError` that lists every problem with the weights.
"""

import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from . import ecg_encoder, image_encoder, manifest
from .checkpoint import Checkpoint
from .config import GemConfig, load_config
from .decoder import build_decoder, build_token_embedding, decoder_shapes
from .errors import ExportError
from .tokenizer import convert_tokenizer

IMAGE_NEWLINE = "model.image_newline"

# In every checkpoint of the reference, but without a part in the computation.
UNUSED = re.compile(
    r"model\.ecg_tower\.ecg_tower\.(ln_post\.(weight|bias)|proj)"
    r"|model\.vision_tower\..*"
    r"|model\.layers\.\d+\.self_attn\.rotary_emb\.inv_freq"
    r"|lm_head\.weight"
)


def export(checkpoint_dir: Path, out: Path, about: manifest.About) -> None:
    """Write the package of `checkpoint_dir` to `out`. An earlier package at `out` is replaced, anything else is not."""
    if not checkpoint_dir.is_dir():
        raise ExportError(f"{checkpoint_dir} is not a directory")
    _check_out(out)
    config = load_config(checkpoint_dir)
    checkpoint = Checkpoint(checkpoint_dir)
    tower_weights = _vision_weights(config, checkpoint)
    _check_weights(config, checkpoint, tower_weights)

    # A package that breaks off half way must not look like one.
    partial = out.with_name(f"{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    tokenizer = convert_tokenizer(checkpoint_dir, config.decoder.vocab)
    (partial / "tokenizer.json").write_text(tokenizer, encoding="utf-8")
    _graph(partial, "ecg_encoder", lambda: ecg_encoder.build_ecg_encoder(partial, config, checkpoint))
    _graph(
        partial, "image_encoder", lambda: image_encoder.build_image_encoder(partial, config, checkpoint, tower_weights)
    )
    _graph(partial, "token_embedding", lambda: build_token_embedding(partial, config, checkpoint))
    _graph(partial, "decoder", lambda: build_decoder(partial, config, checkpoint))
    if checkpoint.shape(IMAGE_NEWLINE):
        checkpoint.tensor(IMAGE_NEWLINE).astype("<f4").tofile(partial / "image_newline.f32")
    manifest.write_manifest(partial, config, about)
    if out.exists():
        shutil.rmtree(out)
    partial.rename(out)
    print(f"package: {out}", flush=True)


def _graph(directory: Path, name: str, build: Callable[[], None]) -> None:
    build()
    mib = (directory / f"{name}.onnx.data").stat().st_size / 2**20
    print(f"{name}: {mib:.1f} MiB of weights", flush=True)


def _check_out(out: Path) -> None:
    if out.exists() and not (out / manifest.NAME).is_file():
        if not out.is_dir() or any(out.iterdir()):
            raise ExportError(f"{out} exists and is not a package; choose another place or remove it")


def _vision_weights(config: GemConfig, checkpoint: Checkpoint) -> Checkpoint:
    """The reference loads the tower from its own directory, unless the checkpoint says that it was trained along."""
    if config.vision.from_checkpoint:
        return checkpoint
    assert config.vision.directory is not None, "a tower without directory is in the checkpoint (this is a bug)"
    return Checkpoint(config.vision.directory)


def _check_weights(config: GemConfig, checkpoint: Checkpoint, tower_weights: Checkpoint) -> None:
    """Raise one error with every problem; name what is not known in a warning."""
    ecg = ecg_encoder.tower_shapes(config, checkpoint)
    image = image_encoder.tower_shapes(config)
    own, shared = ecg_encoder.projectors(config)
    rest = decoder_shapes(config) | own.shapes() | shared.shapes()
    if config.image.mode == "anyres" and config.image.merge == "spatial_unpad" or checkpoint.shape(IMAGE_NEWLINE):
        rest[IMAGE_NEWLINE] = (config.decoder.hidden,)
    if config.image.mode == "anyres" and config.image.merge != "flat" and config.vision.keep_class_token:
        raise ExportError("mm_vision_select_feature cls_patch cannot be laid out as a map; merge type must be flat")

    problems = checkpoint.problems(ecg | rest)
    hints = ""
    if not any(key.startswith(ecg_encoder.PREFIX) for key in checkpoint.keys()):
        hints = (
            f"\nThe checkpoint has no ECG tower ({ecg_encoder.PREFIX}*). "
            "Reading it from the .pt file named by mm_ecg_tower is not supported yet."
        )
    where = "" if tower_weights is checkpoint else f" (in {tower_weights.directory})"
    problems += [problem + where for problem in tower_weights.problems(image)]
    if problems:
        lines = "\n".join(f"  {problem}" for problem in problems)
        raise ExportError(f"{checkpoint.directory}: {len(problems)} problems with the weights\n{lines}{hints}")

    unknown = sorted(key for key in checkpoint.keys() - set(ecg | rest | image) if not UNUSED.fullmatch(key))
    if unknown:
        print(f"warning: {len(unknown)} unknown keys are left out: {', '.join(unknown)}", file=sys.stderr)
