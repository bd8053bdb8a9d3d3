"""Options that are read here come to what typer makes of them, and what can't be read is said in our words."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from cnninspect.cli import command_line
from cnninspect.errors import RequestError
from cnninspect.spec.run_options import Mode


def application(kind: type[command_line.Command] | None) -> typer.Typer:
    app = typer.Typer(add_completion=False)

    @app.command(cls=kind)
    def show(
        name: Annotated[str, typer.Argument(metavar="NAME")],
        shapes: Annotated[list[str] | None, typer.Option("--shape")] = None,
        mode: Annotated[Mode, typer.Option()] = Mode.eval,
        seed: Annotated[int, typer.Option(min=0)] = 0,
        depth: Annotated[int | None, typer.Option(min=1)] = None,
        file: Annotated[Path | None, typer.Option()] = None,
        color: Annotated[bool | None, typer.Option("--color/--no-color")] = None,
    ) -> None:
        typer.echo(repr((name, shapes, mode, seed, depth, file, color)))

    return app


@pytest.mark.parametrize(
    "line",
    [
        "alexnet", "a --shape 1x2 --shape 3", "a --mode train", "a --seed 3", "a --seed +3", "a --seed 007",
        "a --depth 2 --file here", "a --no-color", "a --color", "-- -1",
    ],
)  # fmt: skip
def test_the_same_with_and_without(line: str) -> None:
    plain, taken = (CliRunner().invoke(application(kind), line.split()) for kind in (None, command_line.Command))
    assert (taken.exit_code, taken.output) == (0, plain.output)


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("a --mode training", "unknown mode 'training'", "did you mean train?"),
        ("a --mode x", "unknown mode 'x'", "write one of eval, train"),
        ("a --seed -1", "--seed: '-1' is not a whole number from 0 up", "write 0, 1, 2 …"),
        ("a --seed 1.5", "--seed: '1.5' is not a whole number from 0 up", "write 0, 1, 2 …"),
        ("a --seed ١", "--seed: '١' is not a whole number from 0 up", "write 0, 1, 2 …"),
        ("a --depth 0", "--depth: '0' is not a whole number from 1 up", "write 1, 2, 3 …"),
    ],
)
def test_what_can_not_be_read_is_quoted(line: str, message: str, hint: str) -> None:
    error = CliRunner().invoke(application(command_line.Command), line.split()).exception
    assert isinstance(error, RequestError)
    assert (error.message, error.hint) == (message, hint)


def test_no_number_is_too_long_to_be_refused() -> None:
    error = CliRunner().invoke(application(command_line.Command), ["a", "--seed", "1" * 5000]).exception
    assert isinstance(error, RequestError)


@pytest.mark.parametrize(
    "line",
    [
        ["summary", "no.json", "-i", "1x3", "--device", "meta", "-o", "x.json"],
        ["summary", "no.json", "--top", "2", "--seed", "3", "--mode", "train", "--source", "scratch"],
        ["summary", "no.json", "--top", "x"],
    ],
)
def test_words_numbers_and_choices_need_no_pydantic(line: list[str]) -> None:
    code = f"import sys; from cnninspect.cli.app import run\nrun({line})\nsys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0
