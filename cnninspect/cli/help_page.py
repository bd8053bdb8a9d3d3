"""What ``cnninspect COMMAND --help`` shows: its use, what it is for, examples, then the options group by group.

The text comes from the docstring of the command: a sentence, the examples to begin with (a paragraph after ``\\b``),
what else is to be known, and more examples, which come last.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, Final, NamedTuple

from cnninspect.cli.help_groups import HelpGroup

_WIDEST: Final = 24  # columns of a name; the text beside a longer one begins below it
_AS_WRITTEN: Final = "\b\n"  # in front of a paragraph that keeps its lines


class _Described(NamedTuple):
    """The parts of a docstring."""

    sentence: str
    examples: Sequence[str]
    more: str


def described(text: str | None) -> _Described:
    """The parts of a command's docstring.

    >>> described("Show.\\n\\n\\b\\nsummary alexnet\\nsummary vgg16\\n\\nBoth run.").examples
    ['summary alexnet\\nsummary vgg16']

    Args:
        text: Without its indentation.
    """
    paragraphs = (text or "").strip("\n").split("\n\n")
    sentence, *others = paragraphs
    examples = [each.removeprefix(_AS_WRITTEN).rstrip() for each in others if each.startswith(_AS_WRITTEN)]
    more = "\n\n".join(each for each in others if not each.startswith(_AS_WRITTEN))
    return _Described(sentence, examples, more)


def write(command: Any, context: Any, formatter: Any) -> None:
    """Write the page of a command that has no commands of its own.

    Args:
        command: Of typer.
        context: In which it was asked for.
        formatter: Takes the page.
    """
    command.format_usage(context, formatter)
    introduce(command, formatter)
    for heading, rows in sections(command, context):
        with formatter.section(heading):
            formatter.write_dl([(name.ljust(_WIDEST), text) for name, text in rows], col_max=_WIDEST)
    _lines("More examples", described(command.help).examples[1:], formatter)


def sections(command: Any, context: Any) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """What a command takes, under its headings: each argument and option as it is written, and what it is for.

    Args:
        command: Of typer.
        context: In which it was asked for.
    """
    every = command.get_params(context)
    if arguments := [(each.metavar, _about(each)) for each in every if each.param_type_name == "argument"]:
        yield "Arguments", arguments
    options = [each for each in every if each.param_type_name == "option" and not each.hidden]
    order = [*HelpGroup, None]
    for group, those in groupby(sorted(options, key=lambda each: order.index(_group(each))), _group):
        yield group or "Options", [(_names(each), _about(each)) for each in those]


def introduce(command: Any, formatter: Any) -> None:
    """Write what a command is for, with the examples to begin with.

    Args:
        command: Of typer.
        formatter: Takes the page.
    """
    about = described(command.help)
    _text(about.sentence, formatter)
    _lines("Examples", about.examples[:1], formatter)
    _text(about.more, formatter)


def usage(options: Iterable[Any]) -> list[str]:
    """What stands behind the name of a command: an argument in brackets may be left out.

    Args:
        options: Of the command, its arguments with them.
    """
    arguments = [each for each in options if each.param_type_name == "argument"]
    return [each.metavar if each.required else f"[{each.metavar}]" for each in arguments]


def _group(option: Any) -> HelpGroup | None:
    named = option.rich_help_panel
    return HelpGroup.beside if "--help" in option.opts else HelpGroup(named) if named else None


def _text(text: str, formatter: Any) -> None:
    if text:
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(text)


def _lines(heading: str, blocks: Sequence[str], formatter: Any) -> None:
    for block in blocks:
        with formatter.section(heading):
            formatter.write_text(_AS_WRITTEN + block)


def _names(option: Any) -> str:
    """``-i, --input SHAPE`` or ``--fold / --no-fold``."""
    names = ", ".join(sorted(option.opts, key=len))
    if option.is_flag:
        return " / ".join([names, *option.secondary_opts])
    return f"{names} {option.metavar}" if option.metavar else names


def _about(option: Any) -> str:
    """What it is for, and its default if it says so and there is one to tell."""
    text = option.help or ""
    default = option.default
    if option.param_type_name == "argument" or not option.show_default or default is None:
        return text + (" Required." if option.required and option.param_type_name == "option" else "")
    if option.is_flag:
        return f"{text} Default: {option.opts[0]}." if option.secondary_opts and default else text
    return f"{text} Default: {getattr(default, 'value', default)}."
