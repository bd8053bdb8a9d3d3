"""What every command that prints takes: heard as it is met, in whichever way it is spelled."""

import logging
from pathlib import Path

import pytest

from tests.conftest import Cli

BROKEN = "nn:Conv2d(1, 2, 3); Linear(3, 4)"  # 8 − 3 + 1 = 6 features reach a layer that wants 3
LOGGING = """
import logging, torch
class Net(torch.nn.Module):
    def forward(self, x):
        try:
            1 / 0
        except ZeroDivisionError:
            logging.getLogger("cnninspect.capture").debug("a rule raised", exc_info=True)
        return x
"""


@pytest.mark.parametrize("quiet", [["-q", "-i", "1x1x8x8"], ["-qi", "1x1x8x8"], ["--quiet", "--input=1x1x8x8"]])
def test_quiet_leaves_the_layers_of_a_failing_pass_out(cli: Cli, quiet: list[str]) -> None:
    assert "Params" in cli("summary", BROKEN, "-i", "1x1x8x8").err
    result = cli("summary", BROKEN, *quiet)
    assert result.code == 3
    assert result.err.startswith("error: ")


def test_what_is_another_options_value_is_not_heard(cli: Cli) -> None:
    assert "Traceback" not in cli("summary", "alexnet", "--device", "--debug").err
    assert "Traceback" in cli("summary", "alexnet", "--device", "--debug", "--debug").err


def test_debug_is_heard_where_another_option_is_wrong(cli: Cli) -> None:
    result = cli("summary", "alexnet", "--seed", "x", "--debug")
    assert result.code == 2
    assert "Traceback" in result.err


def test_debug_shows_what_is_logged_with_its_traceback(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(LOGGING)
    line = ["summary", f"{tmp_path / 'net.py'}:Net", "-i", "1x3"]
    assert cli(*line).err == ""
    shown = cli(*line, "--debug")
    assert shown.code == 0
    assert shown.err.startswith("debug: a rule raised\nTraceback (most recent call last):\n")
    assert "ZeroDivisionError" in shown.err
    assert cli(*line).err == ""  # nothing of it stays for the next run
    logger = logging.getLogger("cnninspect")
    assert (logger.handlers, logger.level, logger.propagate) == ([], logging.NOTSET, True)


def test_a_command_with_one_format_has_no_need_of_an_ending(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "report.schema"
    assert cli("schema", "-o", str(file)).code == 0
    assert file.read_text(encoding="utf-8") == cli("schema").out
