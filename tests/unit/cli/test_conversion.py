"""Options that are taken as typed come to the same as those that typer converts."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from cnninspect.cli import conversion
from cnninspect.spec.run_options import Mode


def application(kind: type[conversion.Command] | None) -> typer.Typer:
    app = typer.Typer(add_completion=False)

    @app.command(cls=kind)
    def show(
        name: Annotated[str, typer.Argument()],
        shapes: Annotated[list[str] | None, typer.Option("--shape")] = None,
        mode: Annotated[Mode, typer.Option()] = Mode.eval,
        seed: Annotated[int, typer.Option(min=0)] = 0,
        depth: Annotated[int | None, typer.Option(min=0)] = None,
        file: Annotated[Path | None, typer.Option()] = None,
        color: Annotated[bool | None, typer.Option("--color/--no-color")] = None,
    ) -> None:
        typer.echo(repr((name, shapes, mode, seed, depth, file, color)))

    return app


@pytest.mark.parametrize(
    "line",
    [
        "alexnet", "", "a --shape 1x2 --shape 3", "a --mode train", "a --mode training", "a --seed 3", "a --seed -1",
        "a --seed x", "a --depth 2 --file here", "a --no-color", "a --color", "a b", "--no-such",
    ],
)  # fmt: skip
def test_the_same_with_and_without(line: str) -> None:
    plain, taken = (CliRunner().invoke(application(kind), line.split()) for kind in (None, conversion.Command))
    assert (taken.exit_code, taken.output) == (plain.exit_code, plain.output)


def test_words_and_defaults_need_no_pydantic() -> None:
    code = (
        "import sys; from cnninspect.cli.app import run\n"
        "run(['summary', 'no.json', '-i', '1x3', '--device', 'meta', '-o', 'x.json'])\n"
        "sys.exit('pydantic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0
