"""The man pages: one of the program and one of each command, made from what ``--help`` is made from.

They are made when the package is built, and stand in ``share/man/man1`` of where it is installed.
"""

from collections.abc import Iterator
from typing import Any, Final

from cnninspect import __version__
from cnninspect.cli import help_page, roff
from cnninspect.cli.command_tree import walked
from cnninspect.cli.commands import COMMANDS, GROUPS
from cnninspect.cli.exit_codes import EXIT_CODES

_ENVIRONMENT: Final = {
    "CNNINSPECT_CACHE": "the folder in which reports are kept, or off",
    "CNNINSPECT_CONFIG": "a file of defaults that is read in the place of pyproject.toml and config.toml, or off",
    "NO_COLOR, FORCE_COLOR": "without colour, or with it",
    "COLUMNS": "how wide a table is",
}
_AS_TYPED: Final = ".nh\n.ad l"  # no word is parted at the end of a line
_PROGRAM: Final = "inspect convolutional (and other) networks in PyTorch"


def pages() -> dict[str, str]:
    """The text of each page, by the name of its file: ``cnninspect-cache-info.1`` is of ``cnninspect cache info``."""
    return {f"{'-'.join(words)}.1": _page(words, command, context) for words, command, context in walked()}


def _page(words: tuple[str, ...], command: Any, context: Any) -> str:
    name, about = "-".join(words), help_page.described(command.help)
    is_group = hasattr(command, "commands")
    takes = ["COMMAND"] if is_group else ["[OPTIONS]", *help_page.usage(command.get_params(context))]
    blocks = [
        rf".\" Made from the command line of cnninspect {__version__}.",
        f'.TH {roff.escaped(name.upper())} 1 "" "{roff.escaped(f"cnninspect {__version__}")}" "User Commands"',
        _AS_TYPED,
        roff.section("Name", rf"{roff.escaped(name)} \- {roff.escaped(_about(words))}"),
        roff.section("Synopsis", rf"\fB{roff.escaped(' '.join(words))}\fR {roff.escaped(' '.join(takes))}"),
        roff.section("Description", *map(roff.escaped, _paragraphs(about.sentence, about.more))),
        *_commands(words),
        *(
            roff.section(heading, "\n".join(roff.described(*row) for row in rows))
            for heading, rows in _sections(command, context)
        ),
        roff.section("Examples", *map(roff.as_written, about.examples)),
        *(_of_the_program() if len(words) == 1 else [roff.section("See also", r"\fBcnninspect\fR(1)")]),
    ]
    return "\n".join(filter(None, blocks)) + "\n"


def _sections(command: Any, context: Any) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """As in the help text; what has commands has too few options for groups."""
    found = help_page.sections(command, context)
    if hasattr(command, "commands"):
        found = iter([("Options", [row for _, rows in found for row in rows])])
    return found


def _about(words: tuple[str, ...]) -> str:
    """What it is for, in the line by which ``apropos`` finds it."""
    name = " ".join(words[1:])
    return GROUPS.get(name) or (COMMANDS[name].about if name else _PROGRAM)


def _paragraphs(*texts: str) -> Iterator[str]:
    for text in filter(None, texts):
        yield from text.split("\n\n")


def _commands(above: tuple[str, ...]) -> Iterator[str]:
    """The commands of a command, each with the page that tells of it."""
    below = [words for words, _, _ in walked() if words[:-1] == above]
    if below:
        entries = [roff.described(f"{'-'.join(words)}(1)", _about(words)) for words in below]
        yield roff.section("Commands", "\n".join(entries))


def _of_the_program() -> Iterator[str]:
    for heading, rows in (("Exit status", EXIT_CODES), ("Environment", _ENVIRONMENT)):
        yield roff.section(heading, "\n".join(roff.described(str(name), text) for name, text in rows.items()))
