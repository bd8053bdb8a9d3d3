"""The commands, and the one place where errors become messages and exit codes."""

import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import Annotated, Final

import typer

from cnninspect import __version__
from cnninspect.cli import command_line, completion_words, output
from cnninspect.cli.commands import listed, meant_by
from cnninspect.cli.printing import Loudness
from cnninspect.errors import CnnInspectError, RequestError, nearest, unforeseen, unknown_name
from cnninspect.forward_error import ForwardError
from cnninspect.spec.sources import PACKAGES

_INTERRUPTED = 130
_ABOUT = """Inspect convolutional (and other) networks in PyTorch: layers, shapes, parameters, MACs.

\b
cnninspect summary alexnet --input 1x3x224x224
cnninspect summary scratch:vgg16 --columns kernel,output,receptive_field
cnninspect summary alexnet -f json | jq .totals.params

Defaults of --depth, --columns, --device, --source, --color and --fold can be set in [tool.cnninspect] of pyproject.toml
or in a config.toml of your own; CNNINSPECT_CONFIG=off leaves them out.
"""

_COMMANDS: Final = listed()
_VERSION: Final = ("--version", "-V")


def _show_version(is_asked: bool) -> None:
    if is_asked:
        output.write(f"cnninspect {__version__}\n")
        raise typer.Exit


def _options(
    version: Annotated[
        bool, typer.Option(*_VERSION, callback=_show_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    pass


def app_of(arguments: Sequence[str]) -> typer.Typer:
    """The command line with the command that is asked for; where that is none, with what each is for.

    Importing all takes longer than most need that have been asked for.
    """
    app = typer.Typer(
        name="cnninspect", cls=command_line.Group, help=_ABOUT, rich_markup_mode=None, pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )  # fmt: skip
    app.callback()(_options)
    asked = next(iter(arguments or completion_words.words()[1:]), "")
    if asked in _COMMANDS:
        command = getattr(import_module(f"cnninspect.cli.{asked}"), asked)
        if isinstance(command, typer.Typer):
            app.add_typer(command)
        else:
            app.command(asked, cls=command_line.Command)(command)
        return app
    for name, about in _COMMANDS.items():
        app.command(name, short_help=about)(_unasked)
    return app


def _unasked() -> None:
    """Stands for a command in the list."""


def _check_command(word: str) -> None:
    """Say of what is no command what was meant.

    Raises:
        RequestError: There is no such command.
    """
    if word in _COMMANDS or word.startswith("-"):
        return
    missing = f"there is no command {word!r}"
    if meant := meant_by(word):
        raise RequestError(missing, hint=f"did you mean cnninspect {meant}?")
    error = unknown_name("command", word, _COMMANDS, see="see cnninspect --help")
    if not nearest(word, _COMMANDS) and (model := _model_meant(word)):
        import shlex  # takes a while

        error = RequestError(missing, hint=f"did you mean cnninspect summary {shlex.quote(model)}?")
    raise error


def _model_meant(word: str) -> str | None:
    """The model that a word is, or is a misspelt name of."""
    from cnninspect import spec
    from cnninspect.loading import model_names

    try:
        model = spec.parse_model(word)
    except RequestError:
        return None
    if not isinstance(model, spec.ZooModel) or model.name in {name.rpartition(":")[2] for name in model_names()}:
        return word
    return next(iter(nearest(word, model_names())), None)


def run(arguments: Sequence[str]) -> int:
    """Carry out one command line.

    Args:
        arguments: What was typed after ``cnninspect``.

    Returns:
        The exit code, as the command line promises it.
    """
    with _noted_interrupts() as interrupts, completion_words.whole(), ExitStack() as until_end:
        code = _run(arguments, interrupts, Loudness(until_end))
    return _INTERRUPTED if interrupts else code


@contextmanager
def _noted_interrupts() -> Iterator[list[int]]:
    """Remember a Ctrl-C, and leave at once when it strikes while what builds networks is being imported.

    There it would come out as any other exception, or not at all; nothing has been begun that would be left undone.
    """
    interrupts: list[int] = []

    def note(number: int, _frame: object) -> None:
        if any(_is_being_imported(name) for name in PACKAGES):
            output.leave_at_once(_INTERRUPTED)
        interrupts.append(number)
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():  # only there can signals be handled
        yield interrupts
        return
    before = signal.signal(signal.SIGINT, note)
    try:
        yield interrupts
    finally:
        signal.signal(signal.SIGINT, before)


def _is_being_imported(name: str) -> bool:
    module_spec = getattr(sys.modules.get(name), "__spec__", None)
    return bool(getattr(module_spec, "_initializing", False))  # as importlib keeps it


def _run(arguments: Sequence[str], interrupts: list[int], heard: Loudness) -> int:
    try:
        _check_command(next(iter(arguments), "--help"))
        result = app_of(arguments)(
            list(arguments) or ["--help"], prog_name="cnninspect", standalone_mode=False, obj=heard
        )
    except (KeyboardInterrupt, typer.Abort):
        return _INTERRUPTED
    except BrokenPipeError:
        output.abandon()
        return 0
    except CnnInspectError as error:
        if isinstance(error, ForwardError) and error.report is not None and not heard.is_quiet:
            output.report_partial(error.report)
        from cnninspect.cli import check_refusals

        check_refusals.show(arguments, error)
        return _fail(error.message, error.hint, error.exit_code, heard)
    except Exception as error:  # noqa: BLE001 - whatever it is, the user gets a message and the right code
        if interrupts:
            return _INTERRUPTED
        if isinstance(error, OSError):
            output.abandon()  # a help text that can't be written, which Python would try again at its end
        return _fail(*unforeseen(error), heard)
    return result if isinstance(result, int) else 0


def _fail(message: str, hint: str | None, code: int, heard: Loudness) -> int:
    if heard.is_debugging and sys.exc_info()[1] is not None:
        output.report_traceback()
    output.report_error(message, hint)
    return code
