"""What a text can't do to a man page: be an instruction, an escape, or another character than it is."""

import shutil
import subprocess

import pytest

from cnninspect.cli import roff

HOSTILE = [
    ".so /etc/passwd",
    "'br",
    r"\*[x] \n[.x] \fB",
    "a\n.so /etc/passwd",
    "--no-cache 'torchvision:resnet*' `x` ^ ~ \"y\" 5×5 ≥ 1 …",
    "",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_line_is_an_instruction_and_no_hyphen_a_dash(text: str) -> None:
    written = roff.escaped(text)
    assert not written.startswith((".", "'"))
    assert "\n" not in written
    assert written.count("-") == written.count(r"\-")
    assert written.isascii()


@pytest.mark.skipif(shutil.which("groff") is None, reason="there is no groff")
@pytest.mark.parametrize("text", HOSTILE)
def test_groff_shows_the_text_itself(text: str) -> None:
    page = f'.TH X 1 "" "" ""\n.SH NAME\nx \\- y\n{roff.section("Description", roff.as_written(text))}\n'
    command = ["groff", "-man", "-ww", "-Tutf8", "-P-cbou", "-rLL=120n"]
    shown = subprocess.run(command, input=page, capture_output=True, text=True, encoding="utf-8", check=True)
    assert shown.stderr == ""
    _, _, below = shown.stdout.partition("DESCRIPTION\n")
    *lines, _foot = [line.strip() for line in below.splitlines() if line.startswith("       ")]
    assert lines == [" ".join(line.split()) for line in text.splitlines()]
