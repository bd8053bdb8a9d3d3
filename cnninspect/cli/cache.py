"""``cnninspect cache``: the store of earlier results."""

import typer

from cnninspect.cli import conversion, options, output

cache = typer.Typer(
    name="cache",
    cls=conversion.Group,
    help="Reports of built-in networks, kept so that the same request is answered at once.",
    rich_markup_mode=None,
)


@cache.command("info", cls=conversion.Command)
def info(
    format_name: options.FormatOption = None,
    output_file: options.OutputOption = None,
    color: options.ColorOption = None,
    quiet: options.QuietOption = False,  # noqa: ARG001 - there is nothing to leave out
    debug: options.DebugOption = False,  # noqa: ARG001 - read where errors are reported
) -> None:
    """Show where the cache is, how many reports it holds, and how large it is.

    CNNINSPECT_CACHE names another folder, or is 'off'.

    \b
    cnninspect cache info
    cnninspect cache info -f json | jq .report_bytes
    """
    target = output.target(format_name, output_file)
    from cnninspect.cache import state
    from cnninspect.formats.cache import render

    output.write(render(state.info(), target.format, output.view(None, 0, target, color)), target.file)


@cache.command("clear", cls=conversion.Command)
def clear(
    format_name: options.FormatOption = None,
    output_file: options.OutputOption = None,
    color: options.ColorOption = None,
    quiet: options.QuietOption = False,  # noqa: ARG001 - there is nothing to leave out
    debug: options.DebugOption = False,  # noqa: ARG001 - read where errors are reported
) -> None:
    """Drop every report of the cache; no other file is touched, and the folder stays.

    \b
    cnninspect cache clear
    """
    target = output.target(format_name, output_file)
    from cnninspect.cache import state
    from cnninspect.formats.cache import render

    output.write(render(state.clear(), target.format, output.view(None, 0, target, color)), target.file)
