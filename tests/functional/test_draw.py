"""``cnninspect draw`` as it is used."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from cnninspect import draw_model, inspect_model
from cnninspect.errors import RequestError
from cnninspect.formats.html import drawing_page
from cnninspect.formats.html.drawing_page import DrawnPicture
from tests.conftest import Cli

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_in_the_terminal(cli: Cli) -> None:
    lines = cli("draw", "resnet18", "--device", "meta").out.splitlines()
    assert lines[0] == "resnet18"
    assert sum(line.startswith(("╰", "  ╰")) and "add" in line for line in lines) == 7  # two equal blocks are one


def test_the_network_as_one_row_is_named_by_its_class(cli: Cli) -> None:
    lines = cli("draw", "scratch:alexnet", "--device", "meta", "--depth", "0").out.splitlines()
    assert [line.split()[:2] for line in lines[2:]] == [["●", "x"], ["●", "AlexNet"], ["●", "output"]]


@pytest.mark.parametrize("style", ["graph", "blocks"])
def test_pictures(cli: Cli, style: str) -> None:
    for ending in ("svg", "png", "html"):
        assert cli("draw", "alexnet", "--device", "meta", "--style", style, "-o", f"a.{ending}").code == 0
    assert ET.parse("a.svg").getroot().tag.endswith("svg")  # noqa: S314 - our own
    assert Path("a.png").read_bytes().startswith(PNG)
    page = Path("a.html").read_text(encoding="utf-8")
    assert "Content-Security-Policy" in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")


@pytest.mark.parametrize(
    ("ending", "begins"), [("dot", "digraph"), ("mmd", "flowchart"), ("tex", r"\begin{tikzpicture}")]
)
def test_languages(cli: Cli, ending: str, begins: str) -> None:
    assert cli("draw", "alexnet", "--device", "meta", "-o", f"a.{ending}").code == 0
    assert Path(f"a.{ending}").read_text(encoding="utf-8").startswith(begins)


def test_json_is_the_graph(cli: Cli) -> None:
    data = json.loads(cli("draw", "nn:Conv2d(3, 4, 3); ReLU()", "-i", "1x3x8x8", "-f", "json").out)
    assert data["schema_version"] == 1
    assert [(each["kind"], each["path"], each["inputs"]) for each in data["nodes"]] == [
        ("input", "", []), ("layer", "0", [0]), ("layer", "1", [1]), ("output", "", [2]),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (["alexnet", "-o", "a.csv"], "the ending of 'a.csv' tells no format"),
        (["alexnet", "-f", "csv"], "unknown format 'csv'"),
        (["alexnet", "--style", "cubes"], "unknown style 'cubes'"),
        (["alexnet", "--color", "size"], "unknown figure 'size'"),
        (["alexnet", "--style", "blocks"], "--style blocks does not go with --format table"),
        (["alexnet", "--style", "blocks", "--only", "x", "-o", "a.svg"], "go with --style graph"),
        (["alexnet", "-f", "png"], "--format png needs a file"),
        (["alexnet", "--scale", "0", "-o", "a.png"], "--scale '0' is no number from 0.1 to 10"),
        (["alexnet", "--device", "meta", "--only", "Conv9d"], "--only 'Conv9d': no row has such a path or type"),
        (
            ["alexnet", "--device", "meta", "--highlight", "Conv9d"],
            "--highlight 'Conv9d': no row has such a path or type",
        ),
        (["plain.json"], "'plain.json' has no graph"),
        (["weights.safetensors"], "it says nothing of what takes what"),
    ],
)
def test_refused(cli: Cli, line: list[str], says: str) -> None:
    Path("plain.json").write_text(inspect_model("scratch:alexnet", device="meta").to_json(), encoding="utf-8")
    result = cli("draw", *line)
    assert result.code == 2
    assert says in result.err


def test_a_saved_report_is_drawn_without_torch(cli: Cli) -> None:
    assert cli("summary", "resnet18", "--device", "meta", "--ops", "-o", "r.json").code == 0
    assert cli("draw", "r.json").out == cli("draw", "resnet18", "--device", "meta").out


def test_from_python() -> None:
    picture = draw_model("scratch:alexnet", device="meta", color="params", highlight="Linear")
    assert str(picture).startswith("alexnet\n")
    assert picture._repr_svg_().startswith("<svg")
    assert draw_model(picture.report, style="blocks").svg() != picture.svg()
    with pytest.raises(RequestError, match="unknown style 'cubes'"):
        draw_model("scratch:alexnet", style="cubes")


HOSTILE = """
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.add_module('<b>&\\x1b[31m"]; x -> y {', nn.ReLU())
        self.add_module("\\\\input{|$%_#}", nn.ReLU())
    def forward(self, x):
        for layer in self.children():
            x = layer(x)
        return x
"""


@pytest.mark.parametrize("form", ["table", "svg", "html", "dot", "mermaid", "tikz", "json"])
def test_names_from_outside_are_words(cli: Cli, form: str) -> None:
    Path("net.py").write_text(HOSTILE, encoding="utf-8")
    result = cli("draw", "net.py:Net", "-i", "1x4", "-f", form)
    assert (result.code, result.err) == (0, "")
    assert "\x1b" not in result.out
    if form in {"svg", "html"}:
        assert "<b>" not in result.out
    if form == "dot":
        assert '\\"]; x' in result.out
    if form == "mermaid":
        assert '"]; x' not in result.out
    if form == "tikz":
        assert "\\input{" not in result.out.replace("\\textbackslash", "")


def test_names_from_outside_are_words_beside_the_table(cli: Cli) -> None:
    Path("net.py").write_text(HOSTILE, encoding="utf-8")
    page = cli("summary", "net.py:Net", "-i", "1x4", "--no-fold", "-f", "html").out
    drawing = page.partition("<figure")[2].partition("</figure>")[0]
    assert "&lt;b&gt;&amp;" in drawing
    assert "\x1b" not in page
    assert "<b>" not in drawing


def test_all_of_a_page_is_there_and_nothing_else_is_loaded() -> None:
    """The style of the picture is in the page's policy, so that it is obeyed."""
    picture = draw_model("nn:ReLU()", inputs=(1, 4)).svg()
    page = drawing_page.rendered([DrawnPicture("whole", picture), DrawnPicture("again", picture)], "<net>")
    policy = page.partition('Content-Security-Policy" content="')[2].partition('"')[0]
    assert policy.count("sha256-") == 3
    assert "<title>&lt;net&gt;</title>" in page
