"""The man pages tell of every command and option, in a language that their readers take."""

import re
import shutil
import subprocess

import pytest

from cnninspect import cache
from cnninspect.cli import settings_files
from cnninspect.cli.command_tree import walked
from cnninspect.cli.commands import COMMANDS, listed
from cnninspect.cli.exit_codes import EXIT_CODES
from cnninspect.cli.man_pages import pages

PAGES = pages()
ALL = {f"{'-'.join(words)}.1": (command, context) for words, command, context in walked()}


def plain(text: str) -> str:
    """With the hyphens and quotes that a reader sees."""
    return text.replace(r"\-", "-").replace(r"\(aq", "'")


def test_every_command_has_a_page_and_stands_in_the_one_above_it() -> None:
    assert PAGES.keys() == {f"cnninspect-{name.replace(' ', '-')}.1" for name in (*COMMANDS, *listed())} | {
        "cnninspect.1"
    }
    for name in listed():
        assert f"\\fBcnninspect-{name}(1)\\fR" in plain(PAGES["cnninspect.1"])
    for name in ("info", "clear"):
        assert f"\\fBcnninspect-cache-{name}(1)\\fR" in plain(PAGES["cnninspect-cache.1"])


@pytest.mark.parametrize("file", PAGES)
def test_every_option_is_described(file: str) -> None:
    command, context = ALL[file]
    bold = " ".join(re.findall(r"^\.TP\n\\fB(.*)\\fR$", plain(PAGES[file]), re.MULTILINE))
    options = [option for option in command.get_params(context) if option.param_type_name == "option"]
    names = {name for option in options for name in (*option.opts, *option.secondary_opts)}
    assert {"--help", "-h"} <= names
    assert names == set(re.findall(r"(?<!\S)--?[a-z][\w-]*", bold, re.IGNORECASE))


def test_the_exit_codes_stand_in_the_page_of_the_program() -> None:
    _, _, below = PAGES["cnninspect.1"].partition(".SH EXIT STATUS\n")
    for code in EXIT_CODES:
        assert f".TP\n\\fB{code}\\fR\n" in below


@pytest.mark.parametrize("name", [cache.VARIABLE, settings_files.VARIABLE])
def test_the_environment_stands_there_too(name: str) -> None:
    _, _, below = PAGES["cnninspect.1"].partition(".SH ENVIRONMENT\n")
    assert f".TP\n\\fB{name}\\fR\n" in below


@pytest.mark.parametrize("file", PAGES)
def test_groff_has_nothing_to_say(file: str) -> None:
    if shutil.which("groff") is None:
        pytest.skip("there is no groff")
    command = ["groff", "-man", "-ww", "-Tutf8", "-z", "-rCHECKSTYLE=1"]
    assert subprocess.run(command, input=PAGES[file], capture_output=True, text=True, check=True).stderr == ""


@pytest.mark.skipif(shutil.which("mandoc") is None, reason="there is no mandoc")
@pytest.mark.parametrize("file", PAGES)
def test_mandoc_has_no_warning(file: str) -> None:
    """But of the date: a page that is made anew has none, so that what is built twice is the same."""
    command = ["mandoc", "-Tlint", "-Wwarning"]
    said = subprocess.run(command, input=PAGES[file], capture_output=True, text=True, check=False).stdout
    assert [line for line in said.splitlines() if "missing date" not in line] == []
