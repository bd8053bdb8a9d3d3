"""What is forgotten with an addition is found before it runs: each is tried on a copy of the package."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import cnninspect

_PACKAGE = Path(cnninspect.__file__).parent
_REPOSITORY = Path(__file__).parents[2]  # an installed package has no pyproject.toml beside it


def mypy_errors(tmp_path: Path, edits: dict[str, tuple[str, str]]) -> str:
    """What mypy says about the edited modules of a copy of the package, what they import being left aside.

    Args:
        tmp_path: Where the copy is made.
        edits: By the file in the package, what is replaced in it, which stands there once, and by what.
    """
    shutil.copytree(_PACKAGE, tmp_path / "cnninspect", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(_REPOSITORY / "pyproject.toml", tmp_path)
    for file, (old, new) in edits.items():
        edited = tmp_path / "cnninspect" / file
        text = edited.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} in {file}"
        edited.write_text(text.replace(old, new), encoding="utf-8")
    files = [f"cnninspect/{file}" for file in edits]
    command = [sys.executable, "-m", "mypy", "--follow-imports=skip", "--cache-dir", os.devnull, *files]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stdout


def test_a_source_without_its_row(tmp_path: Path) -> None:
    said = mypy_errors(tmp_path, {"spec/sources.py": ('    timm = "timm"\n', '    timm = "timm"\n    hub = "hub"\n')})
    assert 'Argument 1 to "assert_never" has incompatible type "Literal[Source.hub]"' in said
    assert "Found 1 error in 1 file" in said


def test_a_format_that_nothing_writes(tmp_path: Path) -> None:
    last = '    torchinfo = "torchinfo"\n'
    said = mypy_errors(tmp_path, {"formats/presentation.py": (last, f'{last}    yaml = "yaml", ".yaml"\n')})
    assert 'Argument 1 to "assert_never" has incompatible type "Literal[Format.yaml]"' in said
