"""A verdict of ``check`` in words: what every format of it says."""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from cnninspect.budgets.verdicts import BaselineComparison, BudgetVerdict, Check, Outcome, RunFailure
from cnninspect.compare.alignment import Status
from cnninspect.formats import document as doc
from cnninspect.formats import layer_diff, words
from cnninspect.formats.document import Table

_MOST_ROWS: Final = 40  # of a diff; in a log the rest would hide the verdicts


def _figure(value: int | str | None) -> str:
    """To the last digit, never in short."""
    return words.safe(value) if isinstance(value, str) else words.count(value)


def held(number: int) -> str:
    """``3 checks passed``."""
    return f"{number} check{'s' * (number != 1)} passed"


def limit(verdict: BudgetVerdict) -> str:
    """``≤ 62,000,000``."""
    return "" if verdict.check.limit is None else f"{verdict.sign} {_figure(verdict.check.limit)}"


def actual(verdict: BudgetVerdict) -> str:
    """``61,100,840``, or ``≥ 61,100,840`` if that is a bound."""
    return f"{verdict.bound} {_figure(verdict.check.actual)}".lstrip()


def margin(check: Check) -> str:
    """``+899,160``: the room that is left; negative: by how much the budget is exceeded."""
    return "" if check.margin is None else f"{check.margin:+,}".replace("-", "−") if check.margin else "0"


def sentence(verdict: BudgetVerdict) -> str:
    """A verdict in words, for one line of a log.

    Gives ``max-params: 61,100,840, wanted ≤ 61,000,000 (margin −100,840)``, and the reason if there is one.
    """
    check = verdict.check
    room = f" (margin {margin(check)}{f' {verdict.unit}' if verdict.unit else ''})" if check.margin is not None else ""
    wanted = f", wanted {limit(verdict)}" if check.limit is not None else ""
    reason = f"; {words.safe(verdict.reason)}" if verdict.reason else ""
    return f"{words.safe(check.budget)}: {actual(verdict)}{wanted}{room}{reason}"


def failure(found: RunFailure) -> str:
    """Why a model could not be run, in the lines of its message."""
    return "\n".join(map(words.safe, found.message.splitlines()))


def headline(found: RunFailure) -> str:
    """The first of those lines."""
    return failure(found).partition("\n")[0]


def detail(verdict: BudgetVerdict, outcome: Outcome) -> str:
    """The sentence, and below it the layers that changed where the verdict is on them."""
    lines = [sentence(verdict)]
    if verdict.check.budget == "baseline layers" and outcome.against and (changed := changed_layers(outcome.against)):
        diff, more = changed
        cells = [[doc.text_of(cell) for cell in row.cells] for row in diff.rows]
        lines += [" ".join(filter(None, texts)) for texts in cells if not texts[0].startswith(" ")]
        lines += [more] if more else []
    return "\n".join(lines)


def changed_layers(against: BaselineComparison) -> tuple[Table, str] | None:
    """The layers that are not as they were, with what is to be said where not all are shown; ``None``: all are."""
    if all(pair.status is Status.same for pair in against.alignment):
        return None
    table = layer_diff.table(against.alignment, against.baseline, against.report)
    hidden = len(table.rows) - _MOST_ROWS
    if hidden <= 0:
        return table, ""
    more = f"{hidden} more rows: 'cnninspect compare' of {words.safe(against.file)} and a saved report shows them all"
    return replace(table, rows=table.rows[:_MOST_ROWS]), more


def doubts(outcomes: Sequence[Outcome]) -> list[str]:
    """What formats of figures alone can't say: why a figure does not settle a verdict."""
    return [
        f"{words.safe(outcome.model)}: {sentence(verdict)}"
        for outcome in outcomes
        for verdict in outcome.verdicts
        if verdict.doubt
    ]
