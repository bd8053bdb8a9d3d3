"""The blocks as SVG."""

from xml.etree import ElementTree as ET

from cnninspect.draw.main_path import stages_of
from cnninspect.draw.volumes import laid_out
from cnninspect.formats.blocks import render
from tests.unit.draw.graphs import RESIDUAL

SVG = "{http://www.w3.org/2000/svg}"
TEXT = render(laid_out(stages_of(RESIDUAL)), "<b> & \x1b[31m net")
ROOT = ET.fromstring(TEXT)  # noqa: S314 - our own


def test_every_volume_says_what_it_is() -> None:
    titles = [each.text for each in ROOT.iter(f"{SVG}title")]
    assert titles[1:] == [
        "x: 8×8×3", "conv 3×3: 8×8×4", "conv 3×3: 8×8×4", "max pool 2×2, stride 2: 4×4×4", "flatten: 64", "linear: 10",
    ]  # fmt: skip


def test_names_from_outside_are_text() -> None:
    assert ROOT.find(f"{SVG}b") is None
    assert "\x1b" not in TEXT


def test_colours_and_lines_have_a_legend() -> None:
    legend = [each.text for each in ROOT.iter(f"{SVG}text") if each.get("class") == "legend"]
    assert legend == ["convolution or product", "pooling or reshaping", "skip connection"]


def test_the_same_twice() -> None:
    assert render(laid_out(stages_of(RESIDUAL)), "net") == render(laid_out(stages_of(RESIDUAL)), "net")
