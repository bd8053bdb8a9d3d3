"""``cnninspect cache``: the store of earlier results."""

import typer

from cnninspect.cli import command_line
from cnninspect.cli.commands import COMMANDS
from cnninspect.cli.printing import prints
from cnninspect.cli.target import Target, show

cache = typer.Typer(
    name="cache",
    cls=command_line.Group,
    help="Reports of built-in networks, kept so that the same request is answered at once.",
    rich_markup_mode=None,
)


@cache.command("info", cls=command_line.Command, short_help=COMMANDS["cache info"].about)
@prints()
def info(*, to: Target) -> None:
    """Show where the cache is, how many reports it holds, and how large it is.

    \b
    cnninspect cache info
    cnninspect cache info -f json | jq .report_bytes

    CNNINSPECT_CACHE names another folder, or is 'off'.
    """
    from cnninspect.cache import state
    from cnninspect.formats.cache import presentation

    show(presentation(state.info()), to)


@cache.command("clear", cls=command_line.Command, short_help=COMMANDS["cache clear"].about)
@prints()
def clear(*, to: Target) -> None:
    """Drop every report of the cache; no other file is touched, and the folder stays.

    \b
    cnninspect cache clear
    """
    from cnninspect.cache import state
    from cnninspect.formats.cache import presentation

    show(presentation(state.clear()), to)
