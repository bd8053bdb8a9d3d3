"""What is said of a command line that can't be read: the word that was typed, and what to type."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from cnninspect.cli import help_page
from cnninspect.errors import RequestError, shortened, unknown_name

#: What to do about file names that the shell has put in the place of a pattern.
GLOB: Final = "if the shell put it in the place of a pattern, write the pattern in quotes: 'resnet*'"


def name_of(option: Any) -> str:
    """What an option or an argument is called on the command line.

    Args:
        option: Of typer.
    """
    if option.param_type_name == "argument":
        return str(option.metavar or option.name).split()[0]
    return str(max(option.opts, key=len))


def missing(option: Any, context: Any) -> RequestError:
    """The error for a command line without an argument or an option that it needs.

    Args:
        option: That is not there.
        context: Of its command.
    """
    examples = help_page.described(context.command.help).examples
    shown = f"write {examples[0].splitlines()[0]}, for example; " if examples else ""
    return RequestError(
        f"{context.command_path}: {name_of(option)} is missing", hint=f"{shown}see {context.command_path} --help"
    )


def superfluous(words: Sequence[str], context: Any) -> RequestError:
    """The error for more arguments than a command takes.

    Args:
        words: Those that are too many.
        context: Of the command.
    """
    word, command = str(words[0]), context.command
    takes = " ".join(["cnninspect", *context.command_path.split()[1:], *help_page.usage(command.get_params(context))])
    hint = f"it is {takes}; a value with spaces in it stands in quotes"
    if command.name == "summary":
        import shlex  # takes a while

        typed = [str(context.params.get("model")), *map(str, words)]
        hint = f"several at once: {shlex.join(['cnninspect', 'compare', *typed])}"
    if is_file(word):
        hint = f"{shortened(word)} is a file here: {GLOB}"
    return RequestError(f"{shortened(word)} is one argument too many for {context.command_path}", hint=hint)


def is_file(word: str) -> bool:
    """Does a file or a folder have this name?

    Args:
        word: That was typed.
    """
    try:
        return Path(word).exists()
    except (OSError, ValueError):  # too long, or with a NUL character
        return False


@contextmanager
def noting_files(words: Iterable[str]) -> Iterator[None]:
    """Context in which an error about a word that is the name of a file here says where it may have come from.

    Args:
        words: That were typed where a pattern may stand.

    Raises:
        RequestError: As it was, with that hint.
    """
    try:
        yield
    except RequestError as error:
        word = next((each for each in words if repr(each) in error.message and is_file(each)), None)
        if word is None or "*" in word:
            raise
        raise RequestError(error.message, hint=f"{shortened(word)} is a file here: {GLOB}") from error


def read(error: Any, context: Any, typed: Sequence[str]) -> RequestError:
    """What an error of typer's own parser comes to.

    Args:
        error: By its documented interface: ``format_message``, and ``option_name`` of one about an option.
        context: Of the command whose line was read.
        typed: Behind its name.
    """
    name = getattr(error, "option_name", None)
    if name is not None:
        known = {each: option for option in _options(context) for each in (*option.opts, *option.secondary_opts)}
        return _unfit(name, known[name], typed) if name in known else _unknown(name, known, typed, context)
    if hasattr(context.command, "commands"):
        return _without_command(context)
    return RequestError(error.format_message(), hint=f"see {context.command_path} --help")


def _options(context: Any) -> Iterable[Any]:
    return (each for each in context.command.get_params(context) if each.param_type_name == "option")


def _unfit(name: str, option: Any, typed: Sequence[str]) -> RequestError:
    """One without the value that it takes, or with one although it takes none."""
    if not option.is_flag:
        return RequestError(f"{name} needs a value", hint=f"write {name} {option.metavar}: {option.help}")
    word = next((each for each in typed if each.startswith(f"{name}=")), name)
    return RequestError(f"{shortened(word)}: {name} takes no value", hint=f"write {name} alone, or leave it out")


def _unknown(name: str, known: Iterable[str], typed: Sequence[str], context: Any) -> RequestError:
    word = _as_typed(name, typed)
    see = f"see {context.command_path} --help"
    if hasattr(context.command, "commands"):
        see += "; the options of a command go behind it"
    if word[1:2].isdigit():
        see = f"a word that begins with - and is no option goes behind --: {context.command_path} … -- {word}"
    return unknown_name("option", word, known, see=see)


def _as_typed(name: str, typed: Sequence[str]) -> str:
    """The word in which an unknown option stands: ``-x`` also as a letter of ``-qx`` or the first one of ``-xyz``."""
    if name.startswith("--"):
        return name
    words = (each for each in typed if each.startswith("-") and not each.startswith("--"))
    return next((each.partition("=")[0] for each in words if name[1:] in each), name)


def _without_command(context: Any) -> RequestError:
    """A command that has commands was given none of them."""
    path = context.command_path
    return RequestError(
        f"{path} needs a command", hint=f"write {' or '.join(f'{path} {name}' for name in context.command.commands)}"
    )
