"""Completion as shells ask for it: bash itself runs the script, with the words as it breaks them."""

import os
import shlex
import shutil
import string
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.canned import REPORT
from tests.functional.test_process import run

Bash = Callable[..., list[str]]
PLAIN = {*string.ascii_letters, *string.digits, *"._-"}
PLAIN = {*string.ascii_letters, *string.digits, *"._-"}
COLON = ["summary", "scratch", ":"]


@pytest.fixture(scope="module")
def bash(tmp_path_factory: pytest.TempPathFactory) -> Bash:
    """What bash would offer in the place of the last piece of a command line."""
    program = shutil.which("bash")
    if program is None:
        pytest.skip("there is no bash")
    folder = tmp_path_factory.mktemp("bin")
    (folder / "cnninspect").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m cnninspect "$@"\n')
    (folder / "cnninspect").chmod(0o755)
    script = run(_CNNINSPECT_COMPLETE="source_bash").stdout

    def offered(*pieces: str, **environment: str) -> list[str]:
        words = ["cnninspect", *pieces]
        line = [
            script,
            f"COMP_WORDS=({' '.join(map(shlex.quote, words))})",
            f"COMP_CWORD={len(words) - 1}",
            "_cnninspect_completion cnninspect",
            'printf "%s\\n" "${COMPREPLY[@]}"',
        ]
        env = os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"} | environment
        result = subprocess.run(
            [program, "--norc", "-c", "\n".join(line)], env=env, capture_output=True, text=True, check=True
        )
        assert result.stderr == ""
        return result.stdout.split()

    return offered


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([*COLON, "vgg19"], ["vgg19", "vgg19_bn"]),  # behind the colon alone, as bash replaces no more
        ([*COLON[:-1], ":"], None),
        (["summary", "scratch:vgg19"], ["scratch:vgg19", "scratch:vgg19_bn"]),  # COMP_WORDBREAKS without the colon
        (["summary", "torchvision", ":", "alex"], ["alexnet"]),
        (["summary", "--source", "scratch", "vgg19"], ["vgg19", "vgg19_bn"]),
        (["summary", "alexnet", "--device", "m"], ["mps", "meta"]),
        (["summary", "alexnet", "--device", "=", "m"], ["mps", "meta"]),
        (["summary", "alexnet", "--mode", "t"], ["train"]),
        (["summary", "alexnet", "--dtype", "b"], ["bfloat16"]),
        (["summary", "alexnet", "--format", "ma"], ["markdown"]),
        (["summary", "alexnet", "--weights", ""], ["DEFAULT", "IMAGENET1K_V1"]),
        (["summary", "alexnet", "--columns", "params,trai"], ["params,trainable_params"]),
        (["summary", "alexnet", "--columns", "macs,mac"], ["macs,macs_share"]),  # each once
        (["summary", "alexnet", "--sort", "-fl"], ["-flops"]),
        (["summary", "alexnet", "--sort", "=", "-fl"], ["-flops"]),
        (["compare", "alexnet", "vgg16", "--columns", "acc"], ["accuracy"]),
        (["compare", "alexnet", "--baseline", "=", "scratch", ":", "alexnet_"], ["alexnet_2012"]),
        (["profile", "alexnet", "--optimizer", "ada"], ["adam", "adamw"]),
        (["explain", "'nn:Conv2d(3, 7, 5); ReLU()'", "Co"], ["Conv2d"]),
        (["schema", "mod"], ["models"]),
        (["cache", "cl"], ["clear"]),
        (["summary", "alexnet", "--no-c"], ["--no-cache", "--no-color"]),
    ],
)
def test_bash(bash: Bash, pieces: list[str], expected: list[str] | None) -> None:
    offered = bash(*pieces)
    if expected is None:
        assert {"alexnet", "vgg16"} <= set(offered)
        assert not any(":" in each for each in offered)
    else:
        assert offered == expected


def test_weights_are_those_of_the_model_that_was_typed(bash: Bash) -> None:
    # torchvision's metadata: ResNet50_Weights has two entries, AlexNet_Weights one
    assert bash("summary", "resnet50", "--weights", "I") == ["IMAGENET1K_V1", "IMAGENET1K_V2"]
    assert bash("summary", "scratch", ":", "alexnet_2012", "--weights", "") == []


def test_names_of_timm(bash: Bash) -> None:
    pytest.importorskip("timm")
    assert {"resnet18", "resnet152"} <= set(bash("summary", "timm", ":", "resnet1"))


def test_layers_come_from_a_saved_report(bash: Bash, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text(REPORT.to_json())
    offered = bash("explain", str(file), "")
    assert offered
    layers = [layer for layer in REPORT.layers if layer.path]
    words = {layer.path for layer in layers} | {layer.type for layer in layers}
    assert any("\x1b" in word or "[" in word for word in words)
    assert set(offered) == {word for word in words if set(word) <= PLAIN}  # no other could act in a shell
    assert bash("explain", str(tmp_path / "missing.json"), "") == []


def test_layers_come_from_the_cache_and_without_it_there_are_none(bash: Bash, tmp_path: Path) -> None:
    kept = {"CNNINSPECT_CACHE": str(tmp_path)}
    asked = ["explain", "scratch", ":", "alexnet", "features.1"]
    assert bash(*asked, **kept) == []
    assert run("summary", "scratch:alexnet", "-q", **kept).returncode == 0
    assert bash(*asked, **kept) == ["features.1", "features.10", "features.11", "features.12"]  # of 13, from 0
    assert bash("explain", "alexnet", "features.1", **kept) == []  # torchvision's has not run
    assert bash("explain", "--source", "scratch", "alexnet", "features.12", **kept) == ["features.12"]


@pytest.mark.parametrize(
    "words", ["summary scratch:v", "summary alexnet --weights ", "explain alexnet ", "summary alexnet --columns p"]
)
def test_nothing_long_is_imported(words: str) -> None:
    line = f"cnninspect {words}"
    asked = {
        "_CNNINSPECT_COMPLETE": "complete_bash", "COMP_WORDS": line.replace(" ", "\n"),
        "COMP_CWORD": str(line.count(" ")),
    }  # fmt: skip
    code = (
        f"import os, sys; os.environ.update({asked!r}); from cnninspect.cli.app import run\n"
        "try:\n    run([])\nexcept SystemExit:\n    pass\n"
        "print('\\n' + ' '.join(sys.modules))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    found = set(out.splitlines()[-1].split())
    assert "cnninspect.cli.completion" in found
    assert not found & {"torch", "torchvision", "timm", "numpy", "pydantic", "rich.table"}
