"""The exported parity checkpoint against the recorded results of the reference."""

from pathlib import Path

from gem_export.manifest import About
from gem_export.package import export
from gem_verify.checks import run_checks


def test_the_package_agrees_with_the_reference(parity: Path, tmp_path: Path) -> None:
    about = About(name="parity", trained=False, source="random weights", licence="none")
    export(parity / "model", tmp_path / "package", about)
    results = list(run_checks(tmp_path / "package", parity))
    # 8 of the tokenizer, 2 for each of 4 records and 11 images, 5 for each of 17 cases, and 2 merged maps.
    assert len(results) == 8 + 2 * (4 + 11) + 5 * 17 + 2
    assert [result for result in results if not result.passed] == []
