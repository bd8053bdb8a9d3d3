"""The options of every command that prints: its formats, where a result goes, how much is said beside it.

They are declared here and nowhere else; a command says which formats are its own.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from inspect import Parameter, Signature, signature
from typing import Annotated, Any

import msgspec
import typer

from cnninspect.cli import completion, output, target
from cnninspect.cli.help_groups import HelpGroup
from cnninspect.cli.options import Body, optional
from cnninspect.formats import SHARED, Format


class Loudness(msgspec.Struct):
    """What ``--quiet`` and ``--debug`` say, known as soon as they are met, whatever else is wrong with the line.

    Attributes:
        until_end: Left when the run is over.
    """

    until_end: ExitStack
    is_quiet: bool = False
    is_debugging: bool = False


def _hear_quiet(context: typer.Context, is_asked: bool) -> bool:
    context.obj.is_quiet |= is_asked
    return is_asked


def _hear_debug(context: typer.Context, is_asked: bool) -> bool:
    if is_asked and not context.obj.is_debugging:
        context.obj.is_debugging = True
        context.obj.until_end.enter_context(output.log_shown())
    return is_asked


def _format_option(formats: Sequence[Format]) -> Any:
    about = f"One of {', '.join(formats)}. Default: {formats[0]}, or what the ending of FILE says."
    return optional(
        "--format",
        "-f",
        metavar="FORMAT",
        about=about if len(formats) > 1 else f"Only {formats[0]}.",
        group=HelpGroup.goes,
        autocompletion=completion.among(formats),
    )


def _quiet_option(what: str) -> Any:
    return optional("--quiet", "-q", about=what, group=HelpGroup.beside, is_eager=True, callback=_hear_quiet)


_OutputOption = Annotated[
    str | None,
    optional(
        "--output", "-o", metavar="FILE", about="Write to a file, whole or not at all; its ending tells the format.",
        group=HelpGroup.goes,
    ),
]  # fmt: skip
#: Where the file is one that grows.
_GrowingOption = Annotated[
    str | None,
    optional(
        "--output", "-o", metavar="FILE", about="Write to a file, line by line, each whole. Default: standard output.",
        group=HelpGroup.goes,
    ),
]  # fmt: skip
_ColorOption = Annotated[
    bool | None,
    optional(
        "--color/--no-color",
        about="Whether in colour. Default: on a terminal, unless NO_COLOR is set.",
        group=HelpGroup.goes,
    ),
]
#: Where ``--color`` is an option of the command's own.
_NoColorOption = Annotated[
    bool | None, optional(" /--no-color", about="Without colour, also on a terminal.", group=HelpGroup.goes)
]
_DebugOption = Annotated[
    bool,
    optional(
        "--debug", about="With an error, show where it came from.", group=HelpGroup.beside, is_eager=True,
        callback=_hear_debug,
    ),
]  # fmt: skip


def prints(
    *formats: Format,
    quieter: str = "No progress and no notes on standard error.",
    is_gate: bool = False,
    has_colors: bool = False,
    grows: bool = False,
) -> Callable[[Body], Body]:
    """Give a command the options of all that print, after its own; as ``to`` it gets the target that they come to.

    Args:
        formats: Those that it has, the default first; ``SHARED`` if none is named.
        quieter: What ``--quiet`` leaves out.
        is_gate: No settings of anybody's change what it says.
        has_colors: Its own ``--color`` says what colours tell.
        grows: It writes line by line.
    """
    known = formats or SHARED

    def decorated(body: Body) -> Body:
        def command(
            *,
            context: Any = None,
            format_name: Annotated[str | None, _format_option(known)] = None,
            output_file: _OutputOption = None,
            color: _ColorOption = None,
            quiet: Annotated[bool, _quiet_option(quieter)] = False,
            debug: _DebugOption = False,
            **own: Any,
        ) -> int | None:
            del debug  # it has been heard
            return _carried_out(body, own, context, (known, format_name, output_file), color=color, is_quiet=quiet)

        described = _signature(body, command, is_gate=is_gate)
        others = {"color": _NoColorOption} if has_colors else {"output_file": _GrowingOption} if grows else {}
        of_its_own = [
            each.replace(annotation=others[each.name]) if each.name in others else each
            for each in described.parameters.values()
        ]
        functools.update_wrapper(command, body)
        command.__signature__ = described.replace(parameters=of_its_own)  # type: ignore[attr-defined] # that typer reads
        return command

    return decorated


def _signature(body: Body, command: Body, *, is_gate: bool) -> Signature:
    """The options of its own, then the shared ones; and the context, which tells what was typed."""
    without = {"own", "context"} if is_gate else {"own"}
    shared = [
        each.replace(annotation=typer.Context, default=Parameter.empty) if each.name == "context" else each
        for each in signature(command).parameters.values()
        if each.name not in without
    ]
    own = [each for each in signature(body).parameters.values() if each.name != "to"]
    return Signature([*own, *shared])


def _carried_out(
    body: Body,
    own: Mapping[str, Any],
    context: Any,
    where: tuple[Sequence[Format], str | None, str | None],
    *,
    color: bool | None,
    is_quiet: bool,
) -> int | None:
    """Run a command with what was typed and, where nothing was, the defaults that were set."""
    from cnninspect.cli import defaults

    found = {} if context is None else defaults.of(own)
    to = target.chosen(*where, color=defaults.color(found, color), is_quiet=is_quiet)
    taken = defaults.taken(found, own, context, to.format) if found else {}
    for text in () if is_quiet else defaults.remarks(taken, own):
        output.note(text)
    return body(**{**own, **{name: setting.value for name, setting in taken.items()}}, to=to)
