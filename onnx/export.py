"""Export a GEM checkpoint as an ONNX model package.

    python onnx/export.py --checkpoint DIR --out PACKAGE

In: a checkpoint directory as the reference implementation of GEM saves it (safetensors, config.json,
tokenizer.model, the ECG tower's configuration).
Out: a package directory for gemwatch; its format is described in README.md beside this file.
"""

import argparse
import sys
from pathlib import Path

from gem_export.errors import ExportError
from gem_export.manifest import About
from gem_export.package import export
from gem_export.precision import DEVICES, NAMES, find_precision


def main() -> int:
    """Run the command; 0 on success, 1 if the checkpoint cannot be exported."""
    parser = argparse.ArgumentParser(description="Export a GEM checkpoint as an ONNX model package.")
    parser.add_argument("--checkpoint", type=Path, required=True, help="directory of the GEM checkpoint")
    parser.add_argument(
        "--out", type=Path, required=True, help="directory of the package; an earlier package there is replaced"
    )
    parser.add_argument("--name", help="name of the package (default: the name of its directory)")
    trained = parser.add_mutually_exclusive_group()
    trained.add_argument(
        "--trained", dest="trained", action="store_true", default=True, help="the weights are trained (default)"
    )
    trained.add_argument(
        "--untrained",
        dest="trained",
        action="store_false",
        help="the weights are not trained: readings will mean nothing",
    )
    parser.add_argument("--precision", choices=NAMES, default="fp32", help="of the weights (default: fp32)")
    parser.add_argument(
        "--device",
        choices=DEVICES,
        help="what int8 and int4 are to run on: cpu computes in float32, gpu in float16 (default: cpu)",
    )
    parser.add_argument(
        "--ignore-keys",
        action="append",
        default=[],
        metavar="PATTERN",
        help="leave out keys of the checkpoint that are not a part of the model; may be given more than once",
    )
    parser.add_argument("--source", default="unknown", help="where the weights come from")
    parser.add_argument("--licence", default="unknown", help="licence of the weights")
    arguments = parser.parse_args()
    out = arguments.out.resolve()
    about = About(
        name=arguments.name or out.name,
        trained=arguments.trained,
        source=arguments.source,
        licence=arguments.licence,
    )
    try:
        precision = find_precision(arguments.precision, arguments.device)
        export(arguments.checkpoint.resolve(), out, about, precision, arguments.ignore_keys)
    except ExportError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
