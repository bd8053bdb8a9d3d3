"""What a report says is shown in every format of every command, and acts in none: not on standard error either."""

import csv
import io
import json
import unicodedata
from functools import cache
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import pytest
from msgspec.structs import replace

from cnninspect.formats import SHARED, Format
from cnninspect.report import Report
from tests.conftest import Cli
from tests.unit.formats.hostile import report_of_nothing_else
from tests.unit.formats.test_words import PLAIN, form_of

#: Without a dot, which would part the path of a layer.
TEXTS: Final = (
    "\x1b[31mred\x1b]0;title\x07\x9b5m", "a\r\n::error file=a::b", "::error::c", " ::warning::d", "=1+1", "+1", "-1",
    "@SUM(1)", "\t=1", "\u202eabc\u202c", "\u2068a\u2069", "\u2066b", "a\u2028b", "\x7f", "\xad",
    "</title><script>alert(1)</script>", "]]>", "&#27;<b>", "\ufffe", "\\input{x}", "$x$ \\end{tabular}", "[x](y)",
    "* x",
    "![x](https://y)", "| a |", "- a",
    "1) a", "```", "##[error]e",
)  # fmt: skip
COMMANDS: Final = (
    "summary R", "summary R --columns kernel,stride,padding,dtype,input,output,shape", "summary W",
    "compare R O --all", "compare R O R2",
    "check R --max-params 1 --forbid * --output-shape 9 --baseline O", "check R --baseline W", "explain R",
    "explain R 0 --unit 1,1",
)  # fmt: skip
GATES: Final = (Format.junit, Format.github)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(odd: str) -> None:
    """The reports that the commands name: of a pass, the same of other figures, of weights."""
    found = report_of_nothing_else(odd)
    _, layer, *others = found.layers
    other = replace(found, layers=(found.layers[0], replace(layer, settings={odd: [odd, 1]}, params=7), *others[1:]))
    for name, each in {"R": found, "R2": found, "O": other, "W": report_of_nothing_else(odd, is_of_pass=False)}.items():
        Path(f"{name}.json").write_text(each.to_json(), encoding="utf-8")


def lines_of(command: str) -> list[tuple[Format, list[str]]]:
    """One for each format that the command has."""
    words = [f"{word}.json" if word in {"R", "R2", "O", "W"} else word for word in command.split()]
    forms = [*SHARED, *(GATES if words[0] == "check" else ())]
    return [(form, [*words, "-f", form]) for form in forms]


@pytest.mark.parametrize("command", COMMANDS)
def test_text_acts_nowhere(cli: Cli, command: str) -> None:
    write(PLAIN)
    plain = {form: cli(*line) for form, line in lines_of(command)}
    for odd in TEXTS:
        write(odd)
        for form, line in lines_of(command):
            result = cli(*line)
            assert result.code == plain[form].code, (odd, line, result.err)
            assert result.code != 4
            assert acting(result.out + result.err) == set(), (odd, line)
            told = [each for each in f"{result.out}\n{result.err}".splitlines() if each.lstrip().startswith("::")]
            assert not told or form is Format.github, (odd, line)
            if result.out:
                assert form_of(result.out, form) == form_of(plain[form].out, form), (odd, line)


def acting(text: str) -> set[str]:
    return {char for char in text if char != "\n" and unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}


@pytest.mark.parametrize("odd", TEXTS)
def test_no_cell_is_a_formula(cli: Cli, odd: str) -> None:
    write(odd)
    for command in COMMANDS:
        (line,) = (line for form, line in lines_of(command) if form is Format.csv)
        for row in csv.reader(io.StringIO(cli(*line).out, newline="")):
            assert not [cell for cell in row if cell.lstrip()[:1] in set("=+-@") and not is_number(cell)]


def is_number(cell: str) -> bool:
    """As -1, which is a margin, and no text: the text of that look has a ' before it."""
    return cell.removeprefix("-").isdigit()


@pytest.mark.parametrize("odd", [*TEXTS, "\U000e0041\U0001d173é"])
def test_json_is_the_same_data(cli: Cli, odd: str) -> None:
    write(odd)
    text = cli("summary", "R.json", "-f", "json").out
    assert acting(text) == set()
    assert Report.from_json(text) == report_of_nothing_else(odd)
    assert json.loads(text)["notes"] == [odd]


@pytest.mark.parametrize("command", ["summary R", "compare R O", "check R --max-params 1", "explain R"])
def test_a_file_is_called_so(cli: Cli, command: str) -> None:
    """A name of a file is text from outside as well, and need not be text at all."""
    for number, odd in enumerate(("\x1b[2J::error::", "\udcff", "=1", "::x\n::error::y")):
        write(PLAIN)
        Path("R.json").rename(f"{odd}{number}.json")
        for form, line in lines_of(command):
            result = cli(*(word.replace("R.json", f"./{odd}{number}.json") for word in line))
            assert result.code in {0, 1}, (odd, line, result.err)
            assert acting(result.out + result.err) == set()
            if form is Format.json:
                json.loads(result.out)
            if form is Format.svg:
                ET.fromstring(result.out)  # noqa: S314 - our own


def test_messages_act_no_more_than_results(cli: Cli, folder: Path) -> None:
    (folder / "net.py").write_text(
        "from torch import nn\n"
        "class Net(nn.Module):\n"
        "    def forward(self, x):\n"
        "        raise ValueError('a\\x1b[2J\\n::error::b\\u202e')\n"
    )
    for debug in ([], ["--debug"]):
        result = cli("summary", "net.py:Net", "-i", "1x3", *debug)
        assert result.code == 3
        assert acting(result.err) == set()
        assert not [line for line in result.err.splitlines() if line.lstrip().startswith("::")]
        assert not debug or "\n\\x3a:error::b\\u202e\n" in result.err  # in the traceback


@cache
def _has_matplotlib() -> bool:
    from importlib.util import find_spec

    return find_spec("matplotlib") is not None


@pytest.mark.skipif(not _has_matplotlib(), reason="needs matplotlib")
@pytest.mark.parametrize("odd", ["$\\frac{$", "\ufffe<b>", "a\x1b\u202e", "\U0001f600"])
def test_a_plot_shows_names_as_they_are(cli: Cli, odd: str) -> None:
    """The figures are AlexNet's, for which an accuracy is published; the name is that of the file."""
    write(PLAIN)
    found = Report.from_json(Path("R.json").read_bytes())
    named = replace(found, model=replace(found.model, name="alexnet", source="torchvision", weights=None, arguments={}))
    for name in (f"{odd}.json", "other.json"):
        Path(name).write_text(named.to_json(), encoding="utf-8")
    result = cli("compare", f"{odd}.json", "other.json", "--plot", "p.svg")
    assert result.code == 0, result.err
    ET.parse("p.svg")  # noqa: S314 - our own
