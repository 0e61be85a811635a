"""What the tests share: the import path, the untrained checkpoint, the parity data."""

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from make_untrained import make_checkpoint  # noqa: E402


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A fresh untrained checkpoint that a test may spoil."""
    directory = tmp_path / "checkpoint"
    make_checkpoint(directory)
    return directory


@pytest.fixture(scope="session")
def parity() -> Path:
    """The parity data; without it the test is skipped, but fails in CI."""
    directory = Path(os.environ.get("GEMWATCH_PARITY", ROOT.parent.parent / "shared" / "parity"))
    if not directory.is_dir():
        message = f"left out: no parity data at {directory}; set GEMWATCH_PARITY"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return directory
