"""``sweep --cluster``: a scheduler and three workers on this machine, one of which is lost; the same lines as here."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from cnninspect import __version__
from tests.conftest import Cli
from tests.functional.sweeps import (
    BAD,
    assert_is_gone,
    has_begun,
    lines,
    number_in,
    started,
    untimed,
    wait_until,
)  # fmt: skip

#: Importing it changes how exceptions are pickled, in this process for all tests.
pytestmark = pytest.mark.skipif(find_spec("distributed") is None, reason="Dask is not installed")
DASK = [sys.executable, "-m", "distributed.cli.dask_scheduler"], [sys.executable, "-m", "distributed.cli.dask_worker"]
LOCAL = ("--host", "127.0.0.1", "--no-dashboard")


def begun(line: list[str], folder: Path) -> "subprocess.Popen[bytes]":
    """Part of a cluster, in a group of its own, which can be ended as one."""
    with (folder / "cluster.log").open("ab") as log:
        return subprocess.Popen(line, cwd=folder, stdout=log, stderr=log, start_new_session=True)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list["subprocess.Popen[bytes]"]]]:
    """The address of a scheduler, and the workers that it has."""
    folder = tmp_path_factory.mktemp("cluster")
    place = folder / "scheduler.json"
    running = [begun([*DASK[0], *LOCAL, "--port", "0", "--scheduler-file", str(place)], folder)]
    try:
        wait_until(place.exists)
        worker = [*DASK[1], *LOCAL, "--nthreads", "1", "--scheduler-file", str(place), "--local-directory", str(folder)]
        workers = [begun(worker, folder) for _ in range(3)]
        running += workers
        said = folder / "cluster.log"
        wait_until(lambda: said.read_text().count("Registered to:") == len(workers))
        address = next(word for word in said.read_text().split() if word.startswith("tcp://"))
        yield address, workers
    finally:
        for each in reversed(running):
            kill(each)


def kill(process: "subprocess.Popen[bytes]") -> None:
    """It and what it has started, its nanny's worker too."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_other_versions_are_refused_with_the_list(cluster: tuple[str, object], tmp_path: Path) -> None:
    code = (
        "import sys\nfrom cnninspect.sweep import on_worker\non_worker.__version__ = '9.9'\n"
        "from cnninspect.cli.app import run\nsys.exit(run(sys.argv[1:]))"
    )
    line = [sys.executable, "-c", code, "sweep", "scratch:vgg11", "--cluster", cluster[0], "-o", "a.jsonl"]
    result = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert f"cnninspect 9.9 here, {__version__} at tcp://127.0.0.1:" in result.stderr
    assert number_in(tmp_path / "a.jsonl") == 0


def test_the_same_file_as_here_also_when_a_worker_is_lost(
    cluster: tuple[str, list["subprocess.Popen[bytes]"]], cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, workers = cluster
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.py").write_text(BAD, encoding="utf-8")
    line = ("scratch:*", f"{tmp_path}/bad.py:Exits", "-i", "1x3x64x64")
    assert cli("sweep", *line, "--jobs", "1", "-q", "-o", "here.jsonl").code == 0
    process = started(tmp_path, *line, "--cluster", address, "-o", "there.jsonl")
    wait_until(lambda: number_in(tmp_path / "there.jsonl") > 0)
    kill(workers[0])
    out, errors = process.communicate(timeout=120)
    assert (process.returncode, out) == (0, ""), errors
    assert untimed(tmp_path / "here.jsonl") == untimed(tmp_path / "there.jsonl")
    (exits,) = [each for each in lines(tmp_path / "there.jsonl") if "Exits" in each["spec"]]
    assert exits["error"]["message"] == "its process ended with exit code 7"  # and its worker is there


def test_interrupted_nothing_of_it_goes_on(
    cluster: tuple[str, list["subprocess.Popen[bytes]"]], tmp_path: Path
) -> None:
    address, workers = cluster
    there = Path(f"/proc/{workers[-1].pid}/cwd").resolve()
    (tmp_path / "bad.py").write_text(BAD, encoding="utf-8")
    process = started(tmp_path, f"{tmp_path}/bad.py:Loops", "-i", "1x3", "--cluster", address, "-o", "there.jsonl")
    wait_until(lambda: has_begun(there))
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "the same command with --resume goes on" in errors
    assert_is_gone(there)


def test_nobody_there(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom cnninspect.sweep import cluster_pool\ncluster_pool._CONNECTING = 1\n"
        "from cnninspect.cli.app import run\nsys.exit(run(sys.argv[1:]))"
    )
    line = [sys.executable, "-c", code, "sweep", "alexnet", "--cluster", "tcp://127.0.0.1:1"]
    result = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (2, "")
    assert "error: no Dask scheduler answers at 'tcp://127.0.0.1:1'" in result.stderr
    assert "hint: start one" in result.stderr
