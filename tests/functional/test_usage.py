"""The list of commands, and what is said of a word that is none of them."""

import re

import pytest

from cnninspect.cli.commands import COMMANDS, listed
from tests.conftest import Cli


@pytest.mark.parametrize("option", ["-h", "--help"])
@pytest.mark.parametrize("command", [[], *([name] for name in listed()), ["cache", "info"]])
def test_help(cli: Cli, command: list[str], option: str) -> None:
    shown = cli(*command, option)
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.startswith(f"Usage: {' '.join(['cnninspect', *command])}")
    assert "-h, --help" in shown.out


def test_every_command_is_told_in_one_whole_line(cli: Cli) -> None:
    lines = cli("--help").out.partition("Commands:\n")[2].splitlines()
    assert [re.split(r"\s{2,}", line.strip()) for line in lines] == [[name, about] for name, about in listed().items()]
    assert max(map(len, lines)) <= 80
    assert all(len(row.about) <= 69 for row in COMMANDS.values())


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        (["alexnte"], "there is no command 'alexnte'", "did you mean cnninspect summary alexnet?"),
        (["summary", "alexnet", "--only", ""], "no layer has a path or a type like ''",
         "give a path or a type as in the table"),
        (["summary", "alexnet", "--source", "timm"], "unknown model 'alexnet' in timm",
         "did you mean torchvision:alexnet or scratch:alexnet?"),
        (["compare", "alexnet", "zzz*"], "no model matches 'zzz*'", "all: cnninspect models"),
        (["alexnet"], "there is no command 'alexnet'", "did you mean cnninspect summary alexnet?"),
        (["timm:resnet18"], "there is no command 'timm:resnet18'", "did you mean cnninspect summary timm:resnet18?"),
        (["net.py:Net"], "there is no command 'net.py:Net'", "did you mean cnninspect summary net.py:Net?"),
        (
            ["nn:Conv2d(3, 7, 5); ReLU()"], "there is no command 'nn:Conv2d(3, 7, 5); ReLU()'",
            "did you mean cnninspect summary 'nn:Conv2d(3, 7, 5); ReLU()'?",
        ),
        (["diff", "alexnet", "vgg16"], "there is no command 'diff'", "did you mean cnninspect compare?"),
        (["list"], "there is no command 'list'", "did you mean cnninspect models?"),
        (["sumary", "alexnet"], "unknown command 'sumary'", "did you mean summary?"),
        (["frobnicate"], "unknown command 'frobnicate'", "see cnninspect --help"),
    ],
)  # fmt: skip
def test_what_is_no_command(cli: Cli, line: list[str], message: str, hint: str) -> None:
    shown = cli(*line)
    assert (shown.code, shown.out) == (2, "")
    assert shown.err == f"error: {message}\n  hint: {hint}\n"
