"""Workflow commands of GitHub Actions: what a pull request is to show, an error, a warning or a notice a line.

The escapes are those of ``@actions/core`` (``command.ts``: ``escapeData`` and ``escapeProperty``).
"""

from collections.abc import Iterator, Sequence

from cnninspect.budgets.costs import LATENCY
from cnninspect.budgets.verdicts import Outcome
from cnninspect.formats import check_words, words


def render(outcomes: Sequence[Outcome]) -> str:
    """A line for each violation, doubt, and model that could not be run; and one for each model that passes."""
    return "".join(f"{line}\n" for outcome in outcomes for line in _lines(outcome))


def _lines(outcome: Outcome) -> Iterator[str]:
    title = _property(f"cnninspect check {words.safe(outcome.model)}")
    if outcome.failure:
        yield f"::error title={title}::{_data(f'could not be checked: {check_words.failure(outcome.failure)}')}"
    for verdict in outcome.verdicts:
        if not verdict.check.passed:
            yield f"::error title={title}::{_data(check_words.detail(verdict, outcome))}"
        elif verdict.doubt:
            yield f"::warning title={title}::{_data(check_words.sentence(verdict))}"
    if outcome.passed and outcome.verdicts:
        times = [check_words.sentence(each) for each in outcome.verdicts if each.check.budget == LATENCY]
        yield f"::notice title={title}::{_data('; '.join([check_words.held(len(outcome.verdicts)), *times]))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
