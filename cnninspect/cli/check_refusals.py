"""A request of ``check`` that can't be carried out, for GitHub: it is an error of the pull request."""

from collections.abc import Sequence
from itertools import pairwise

from cnninspect.cli import output
from cnninspect.errors import CnnInspectError
from cnninspect.formats import Format

_SHORT, _LONG = "-f", "--format"


def show(arguments: Sequence[str], error: CnnInspectError) -> None:
    """Write the workflow command, if the line asked for them; it may be one that can't be read.

    Args:
        arguments: What was typed after ``cnninspect``.
        error: Why it can't be carried out.
    """
    if next(iter(arguments), "") != "check" or not _is_for_github(arguments):
        return
    from cnninspect.budgets.verdicts import Outcome, RunFailure
    from cnninspect.formats import github

    model = next((word for word in arguments[1:2] if not word.startswith("-")), "")
    failure = RunFailure(error.message, error.hint, error.exit_code)
    output.write(github.render([Outcome(model, failure=failure)]), None)


def _is_for_github(words: Sequence[str]) -> bool:
    whole = {f"{_SHORT}{Format.github}", f"{_LONG}={Format.github}"}
    return any(
        word in whole or (word in {_SHORT, _LONG} and following == Format.github)
        for word, following in pairwise([*words, ""])
    )
