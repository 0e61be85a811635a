"""Run a package with ONNX Runtime and compare it with PyTorch, or with the reference's recorded results.

    python onnx/verify.py --package PACKAGE --checkpoint DIR
    python onnx/verify.py --package PACKAGE --parity DIR

In: a package; the checkpoint that it was made from, for PyTorch; or the parity data (`goldens/`), for a package made
from the parity checkpoint.
Out: a table of errors, and what is allowed for the package's precision; exit status 1 if one is over it.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from gem_verify.checks import Result, run_checks


def main() -> int:
    """Run the command; 0 if everything is within its tolerance."""
    parser = argparse.ArgumentParser(description="Compare a package with PyTorch or with recorded results.")
    parser.add_argument("--package", type=Path, required=True, help="the package")
    parser.add_argument(
        "--checkpoint", type=Path, help="directory of its checkpoint: compare with PyTorch (needs torch)"
    )
    parser.add_argument("--parity", type=Path, help="directory of the parity data: compare with the recorded results")
    arguments = parser.parse_args()
    if not arguments.checkpoint and not arguments.parity:
        parser.error("give --checkpoint or --parity, or both")
    failed = 0
    for result in _results(arguments):
        failed += not result.passed
        print(f"{'ok  ' if result.passed else 'FAIL'} {result.name:<58} {result.found}", flush=True)
    print("all within tolerance" if failed == 0 else f"{failed} checks failed")
    return 1 if failed else 0


def _results(arguments: argparse.Namespace) -> Iterator[Result]:
    if arguments.checkpoint:
        # Here and not above: the recorded results can be compared without torch.
        from gem_verify.against_torch import run_torch_checks

        yield from run_torch_checks(arguments.package, arguments.checkpoint)
    if arguments.parity:
        yield from run_checks(arguments.package, arguments.parity)


if __name__ == "__main__":
    sys.exit(main())
