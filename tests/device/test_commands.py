"""Every command that runs a network, on the accelerator, as a user types it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cnninspect", *arguments], capture_output=True, text=True, check=False, timeout=300
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["summary", "alexnet", "--no-cache"],
        ["summary", "alexnet", "--no-cache", "--cross-check"],
        ["summary", "scratch:vgg16", "--no-cache", "--mode", "train"],
        ["compare", "alexnet", "vgg16", "--no-cache"],
        ["check", "alexnet", "--no-cache", "--max-params", "62M", "--max-macs", "720M", "--output-shape", "1x1000"],
        ["explain", "alexnet", "features.0", "--no-cache"],
        ["verify", "alexnet", "scratch:alexnet"],
    ],
    ids=" ".join,
)
def test_a_command_runs_there(arguments: list[str], device: str) -> None:
    ran = run(*arguments, "--device", device)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout


def test_auto_is_the_accelerator(device: str, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    ran = run("summary", "alexnet", "--no-cache", "--device", "auto", "-o", str(file))
    assert ran.returncode == 0, ran.stderr
    report = json.loads(file.read_text())
    assert report["run"]["device"].startswith(device)
    assert report["totals"]["params"] == 61_100_840  # torchvision's metadata


def test_a_device_that_is_not_there_is_said_to_be_missing(device: str) -> None:
    ran = run("summary", "alexnet", "--no-cache", "--device", f"{device}:63")
    assert ran.returncode == 3
    assert ran.stderr.startswith("error: ")
    assert "Traceback" not in ran.stderr


def test_a_network_that_does_not_fit_says_so(device: str) -> None:
    ran = run("summary", "nn:Linear(8, 8)", "--no-cache", "--device", device, "--input", "40000000000x8")
    assert ran.returncode == 3
    assert "memory" in ran.stderr
