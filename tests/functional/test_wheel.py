"""What is built: the sources pack everything that the wheel is made from, and the wheel has what a system looks for."""

import subprocess
import sys
import tarfile
from email.parser import HeaderParser
from pathlib import Path
from zipfile import ZipFile

import pytest

import cnninspect
from cnninspect.cli.shared_files import shared_files

REPOSITORY = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not (REPOSITORY / "cnninspect").is_dir(), reason="the sources are not here")
DATA = f"cnninspect-{cnninspect.__version__}.data/data/"
#: In a build nothing else is there: distributions by the modules of theirs that it would import.
BARE = """
import sys
from importlib import metadata
before = set(sys.modules)
from cnninspect.cli.shared_files import shared_files
shared_files()
tops = {name.partition(".")[0] for name in set(sys.modules) - before} - sys.stdlib_module_names
homes = metadata.packages_distributions()
print(*sorted({home for top in tops for home in homes.get(top, ())}))
"""


def build(target: str, sources: Path, into: Path) -> Path:
    """The file that hatch makes of sources."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(into)]
    result = subprocess.run(command, cwd=sources, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    (made,) = into.iterdir()
    return made


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    """Made from an sdist, as from a release; nothing else is there."""
    folder = tmp_path_factory.mktemp("built")
    with tarfile.open(build("sdist", REPOSITORY, folder / "sdist")) as sources:
        sources.extractall(folder / "sources", filter="data")
    (unpacked,) = (folder / "sources").iterdir()
    return ZipFile(build("wheel", unpacked, folder / "wheel"))


def test_the_wheel_has_man_pages_and_completions(wheel: ZipFile) -> None:
    found = {name.removeprefix(DATA): wheel.read(name).decode() for name in wheel.namelist() if name.startswith(DATA)}
    assert found == shared_files()
    assert {
        "share/man/man1/cnninspect.1",
        "share/man/man1/cnninspect-summary.1",
        "share/bash-completion/completions/cnninspect",
        "share/zsh/site-functions/_cnninspect",
        "share/fish/vendor_completions.d/cnninspect.fish",
    } <= found.keys()


def test_an_editable_installation_has_them_too(tmp_path: Path) -> None:
    code = f"from hatchling.build import build_editable; build_editable({str(tmp_path)!r})"  # PEP 660
    subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, check=True)
    (made,) = tmp_path.iterdir()
    assert {name for name in ZipFile(made).namelist() if "/share/" in name} == {DATA + name for name in shared_files()}


def test_the_wheel_has_the_package_and_nothing_else(wheel: ZipFile) -> None:
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    information = f"cnninspect-{cnninspect.__version__}.dist-info"
    assert tops == {"cnninspect", DATA.partition("/")[0], information}
    assert {"cnninspect/py.typed", "cnninspect/formats/html/page.html"} <= set(wheel.namelist())
    assert HeaderParser().parsestr(wheel.read(f"{information}/METADATA").decode())["Version"] == cnninspect.__version__


def test_the_build_imports_no_more_than_it_declares() -> None:
    """``typing_extensions`` and what follows it come with typer, as ``pip show typer`` says; no torch, no NumPy."""
    used = subprocess.run([sys.executable, "-c", BARE], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    declared = {"typer", "msgspec"}
    come_with_typer = {"annotated-doc", "rich", "shellingham", "typing_extensions"}
    assert declared <= set(used.stdout.split()) <= declared | come_with_typer | {"cnninspect"}
