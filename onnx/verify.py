"""Run a package with ONNX Runtime on the parity data and compare it with the reference's recorded results.

    python onnx/verify.py --package PACKAGE --parity DIR

In: the package made from the parity checkpoint, and the parity data (`goldens/`).
Out: a table of largest absolute errors and token matches; exit status 1 if one is over its tolerance.
"""

import argparse
import sys
from pathlib import Path

from gem_verify.checks import run_checks


def main() -> int:
    """Run the command; 0 if everything is within its tolerance."""
    parser = argparse.ArgumentParser(description="Compare a package with the reference's recorded results.")
    parser.add_argument("--package", type=Path, required=True, help="package made from the parity checkpoint")
    parser.add_argument("--parity", type=Path, required=True, help="directory of the parity data")
    arguments = parser.parse_args()
    failed = 0
    for result in run_checks(arguments.package, arguments.parity):
        failed += not result.passed
        print(f"{'ok  ' if result.passed else 'FAIL'} {result.name:<58} {result.found}", flush=True)
    print("all within tolerance" if failed == 0 else f"{failed} checks failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
