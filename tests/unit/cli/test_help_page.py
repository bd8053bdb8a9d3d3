"""What a help text shows, in which order."""

import re
from itertools import pairwise

import pytest

from cnninspect.cli.commands import COMMANDS
from cnninspect.cli.help_groups import HelpGroup
from tests.conftest import Cli

NAMES = [name.split() for name in COMMANDS]
HEADED = re.compile(r"^(\S.*):$", re.MULTILINE)


def parts(text: str) -> dict[str, str]:
    """What stands under each heading."""
    _, *pieces = HEADED.split(text)
    return dict(zip(pieces[::2], pieces[1::2], strict=True))


@pytest.mark.parametrize("command", NAMES)
def test_examples_come_first_and_are_two_or_three(cli: Cli, command: list[str]) -> None:
    shown = cli(*command, "--help").out
    under = parts(shown)
    assert next(iter(under)) == "Examples"
    examples = [line for line in under["Examples"].splitlines() if line.startswith("  cnninspect ")]
    assert 1 <= len(examples) <= 3
    assert all(line.startswith(f"  cnninspect {' '.join(command)}") for line in examples)


@pytest.mark.parametrize("command", NAMES)
def test_options_stand_in_groups(cli: Cli, command: list[str]) -> None:
    under = parts(cli(*command, "--help").out)
    headings = [heading for heading in under if "xamples" not in heading and heading != "Arguments"]
    assert headings == [group.value for group in HelpGroup if group.value in headings]
    assert "--help" in under[HelpGroup.beside]
    assert "--output" in under[HelpGroup.goes]


def test_what_runs_and_what_is_shown_are_told_apart(cli: Cli) -> None:
    under = parts(cli("summary", "--help").out)
    assert re.findall(r"^  (?:-\w, )?(--\w+)", under[HelpGroup.runs], re.MULTILINE) == [
        "--input", "--arg", "--device", "--dtype", "--mode", "--weights", "--source", "--seed", "--no",
    ]  # fmt: skip
    assert "--columns" in under[HelpGroup.shown]
    assert "--max-params" in parts(cli("check", "--help").out)[HelpGroup.held]


@pytest.mark.parametrize("command", NAMES)
def test_no_types_of_a_programming_language_stand_in_it(cli: Cli, command: list[str]) -> None:
    shown = cli(*command, "--help").out
    assert not re.search(r"<\w+|x>=|\{|\bint\b|\bstr\b|\brequired\b", shown)


@pytest.mark.parametrize("command", ["summary", "explain", "profile"])
def test_a_model_may_be_in_a_notebook(cli: Cli, command: str) -> None:
    assert "notebook.ipynb:Net" in parts(cli(command, "--help").out)["Arguments"]


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("summary", "[OPTIONS] MODEL"),
        ("explain", "[OPTIONS] MODEL [LAYER]"),
        ("compare", "[OPTIONS] MODEL MODEL …"),
        ("verify", "[OPTIONS] MODEL MODEL"),
        ("models", "[OPTIONS] [PATTERN]"),
    ],
)
def test_use(cli: Cli, command: str, line: str) -> None:
    assert cli(command, "-h").out.splitlines()[0] == f"Usage: cnninspect {command} {line}"


@pytest.mark.parametrize("command", NAMES)
def test_every_option_says_what_it_is_for(cli: Cli, command: list[str]) -> None:
    under = parts(cli(*command, "--help").out)
    for group in HelpGroup:
        lines = under.get(group, "").splitlines()
        for line, following in pairwise([*lines, ""]):
            if re.match(r"  -", line):
                assert re.search(r"\S {2,}\S", line) or following.startswith(" " * 20), line
