"""A checkpoint in GEM's layout from the weights files of the stages.

In: sizes, tokenizer, weights files.
Out: a directory that `gem_export` reads: configuration, tokenizer, `model.safetensors` in float16.
"""

import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file

from .joining import assemble
from .language import Language
from .sizes import Sizes, configurations


def write_checkpoint(sizes: Sizes, language: Language, files: list[Path], out: Path) -> None:
    """Write the directory; files of these names in it are replaced."""
    gem, _, _ = assemble(sizes, language.vocab, files)
    for name, content in configurations(sizes, language.vocab).items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    shutil.copyfile(language.path, out / "tokenizer.model")
    # What only training reads is no part of a CLIP checkpoint's computation, but of its layout; exporters leave it out.
    tensors = {key: value.to(torch.float16).contiguous() for key, value in gem.state_dict().items()}
    save_file(tensors, out / "model.safetensors", metadata={"format": "pt"})
