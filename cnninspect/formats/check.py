"""What ``check`` shows: for each model its budgets with limit, figure, margin and verdict, and what changed."""

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from cnninspect.budgets.verdicts import BudgetVerdict, Check, Outcome, result
from cnninspect.formats import Format, check_words, github, records, words
from cnninspect.formats import document as doc
from cnninspect.formats.document import Block, Column, Document, Line, Row, Span, Table, Tone
from cnninspect.formats.presentation import Presentation

_COLUMNS: Final = (
    Column("Budget"), Column("Limit", is_number=True), Column("Actual", is_number=True),
    Column("Margin", is_number=True), Column("Verdict"),
)  # fmt: skip


def presentation(outcomes: Sequence[Outcome]) -> Presentation:
    """The outcomes, to be written in any format."""
    return Presentation(
        data=lambda: result(outcomes),
        records=lambda: records.of_structs(Check, result(outcomes).checks),
        document=lambda: lay_out(outcomes),
        own={Format.junit: lambda: _junit(outcomes), Format.github: lambda: github.render(outcomes)},
    )


def _junit(outcomes: Sequence[Outcome]) -> str:
    from cnninspect.formats import junit  # with a library that no other format needs

    return junit.render(outcomes)


def lay_out(outcomes: Sequence[Outcome]) -> Document:
    """A table for each model, with its remarks, and the layers that are not as in the baseline."""
    blocks = tuple(block for outcome in outcomes for block in _blocks(outcome))
    command = "cnninspect check" + (f" {words.safe(outcomes[0].model)}" if len(outcomes) == 1 else "")
    return Document(title(outcomes), blocks, command)


def title(outcomes: Sequence[Outcome]) -> str:
    """The verdict on all of them, in one sentence."""
    found = [verdict for outcome in outcomes for verdict in outcome.verdicts]
    failed = sum(not verdict.check.passed for verdict in found)
    missing = sum(outcome.failure is not None for outcome in outcomes)
    verdict = f"{failed} of {len(found)} checks failed" if failed else check_words.held(len(found))
    return verdict + f", {missing} of {len(outcomes)} models could not be checked" * bool(missing)


def _blocks(outcome: Outcome) -> Iterator[Block]:
    model = words.safe(outcome.model)
    if outcome.failure:
        yield from doc.remarks([f"{model} could not be checked: {check_words.headline(outcome.failure)}"])
        return
    if outcome.verdicts:
        yield Table(_COLUMNS, tuple(map(_row, outcome.verdicts)), model)
    reasons = [(each.check.budget, words.safe(each.reason)) for each in outcome.verdicts]
    told = [f"{words.safe(budget)}: {reason}" for budget, reason in reasons if reason]
    yield from doc.remarks([*told, *map(words.safe, outcome.remarks)])
    if outcome.against and (changed := check_words.changed_layers(outcome.against)):
        diff, more = changed
        yield diff
        yield from doc.remarks([more] if more else [])


def _row(verdict: BudgetVerdict) -> Row:
    check = verdict.check
    unit = (Span(f" in {verdict.unit}", Tone.dim),) if verdict.unit else ()
    cells = (check_words.limit(verdict), check_words.actual(verdict), check_words.margin(check))
    return Row(((Span(words.safe(check.budget)), *unit), *map(doc.words, cells), _verdict(check)))


def _verdict(check: Check) -> Line:
    if check.limit is None and check.passed:
        return doc.words("not judged", Tone.dim)
    return doc.words("passed", Tone.good) if check.passed else doc.words("FAILED", Tone.bad)


def only_violations(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """What failed, without what passed."""
    return [
        replace(outcome, verdicts=tuple(verdict for verdict in outcome.verdicts if not verdict.check.passed))
        for outcome in outcomes
        if not outcome.passed
    ]
