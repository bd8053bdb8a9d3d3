"""What ``check`` shows: for each model its budgets with limit, figure, margin and verdict, and what changed."""

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from cnninspect import wire
from cnninspect.alignment import Status
from cnninspect.budgets.verdicts import Against, Check, Failure, Outcome, Verdict, result
from cnninspect.formats import TABLES, documents, layer_diff, records, words
from cnninspect.formats import document as doc
from cnninspect.formats.document import Block, Column, Document, Line, Row, Span, Table, Tone
from cnninspect.formats.interface import View

_MOST_ROWS: Final = 40  # of a diff; in a log the rest would hide the verdicts
_COLUMNS: Final = (
    Column("Budget"), Column("Limit", is_number=True), Column("Actual", is_number=True),
    Column("Margin", is_number=True), Column("Verdict"),
)  # fmt: skip


def render(outcomes: Sequence[Outcome], format_name: str, view: View) -> str:
    """The outcomes as text in one of ``FORMATS``, or as ``junit`` or ``github``."""
    if format_name in TABLES:
        return documents.render(lay_out(outcomes), format_name, view)
    if format_name == "junit":
        from cnninspect.formats import junit

        return junit.render(outcomes)
    if format_name == "github":
        from cnninspect.formats import github

        return github.render(outcomes)
    found = result(outcomes)
    return wire.to_json(found) if format_name == "json" else records.of_structs(Check, found.checks)


def lay_out(outcomes: Sequence[Outcome]) -> Document:
    """A table for each model, with its remarks, and the layers that are not as in the baseline."""
    blocks = tuple(block for outcome in outcomes for block in _blocks(outcome))
    command = "cnninspect check" + (f" {words.safe(outcomes[0].model)}" if len(outcomes) == 1 else "")
    return Document(_title(outcomes), blocks, command)


def _title(outcomes: Sequence[Outcome]) -> str:
    verdicts = [verdict for outcome in outcomes for verdict in outcome.verdicts]
    failed = sum(not verdict.check.passed for verdict in verdicts)
    missing = sum(outcome.failure is not None for outcome in outcomes)
    held = f"{len(verdicts)} check{'s' * (len(verdicts) != 1)} passed"
    title = f"{failed} of {len(verdicts)} checks failed" if failed else held
    return title + f", {missing} of {len(outcomes)} models could not be checked" * bool(missing)


def _blocks(outcome: Outcome) -> Iterator[Block]:
    model = words.safe(outcome.model)
    if outcome.failure:
        yield from doc.remarks([f"{model} could not be checked: {headline(outcome.failure)}"])
        return
    yield Table(_COLUMNS, tuple(map(_row, outcome.verdicts)), model)
    told = [f"{words.safe(each.check.budget)}: {_told(each)}" for each in outcome.verdicts if _told(each)]
    yield from doc.remarks([*told, *map(words.safe, outcome.remarks)])
    if outcome.against and (changed := _diff(outcome.against)):
        diff, more = changed
        yield diff
        yield from doc.remarks([more] if more else [])


def _diff(against: Against) -> tuple[Table, str] | None:
    """The layers that are not as they were, with what is to be said where not all are shown; ``None``: all are."""
    if all(pair.status is Status.same for pair in against.alignment):
        return None
    table = layer_diff.table(against.alignment, against.baseline, against.report)
    hidden = len(table.rows) - _MOST_ROWS
    if hidden <= 0:
        return table, ""
    command = f"cnninspect compare {words.safe(against.file)} {words.safe(against.report.model.spec)}"
    return replace(table, rows=table.rows[:_MOST_ROWS]), f"{hidden} more rows: '{command}' shows them all"


def _row(verdict: Verdict) -> Row:
    check = verdict.check
    unit = (Span(f" in {verdict.unit}", Tone.dim),) if verdict.unit else ()
    cells = (limit(verdict), actual(verdict), margin(check))
    return Row(((Span(words.safe(check.budget)), *unit), *map(doc.words, cells), _verdict(check)))


def _verdict(check: Check) -> Line:
    if check.limit is None and check.passed:
        return doc.words("not judged", Tone.dim)
    return doc.words("passed", Tone.good) if check.passed else doc.words("FAILED", Tone.bad)


def _figure(value: int | str | None) -> str:
    """To the last digit, never in short."""
    return words.safe(value) if isinstance(value, str) else words.count(value)


def limit(verdict: Verdict) -> str:
    """``≤ 62,000,000``."""
    return "" if verdict.check.limit is None else f"{verdict.sign} {_figure(verdict.check.limit)}"


def actual(verdict: Verdict) -> str:
    """``61,100,840``, or ``≥ 61,100,840`` if that is a bound."""
    return f"{verdict.bound} {_figure(verdict.check.actual)}".lstrip()


def margin(check: Check) -> str:
    """``+899,160``: the room that is left; negative: by how much the budget is exceeded."""
    return "" if check.margin is None else f"{check.margin:+,}".replace("-", "−") if check.margin else "0"


def sentence(verdict: Verdict) -> str:
    """A verdict in words, for one line of a log.

    Gives ``max-params: 61,100,840, wanted ≤ 61,000,000 (margin −100,840)``, and the reason if there is one.
    """
    check = verdict.check
    room = f" (margin {margin(check)}{f' {verdict.unit}' if verdict.unit else ''})" if check.margin is not None else ""
    wanted = f", wanted {limit(verdict)}" if check.limit is not None else ""
    told = f"; {_told(verdict)}" if _told(verdict) else ""
    return f"{words.safe(check.budget)}: {actual(verdict)}{wanted}{room}{told}"


def _told(verdict: Verdict) -> str:
    return words.safe("; ".join(filter(None, (verdict.context, verdict.doubt))))


def failure(found: Failure) -> str:
    """Why a model could not be run, in the lines of its message."""
    return "\n".join(map(words.safe, found.message.splitlines()))


def headline(found: Failure) -> str:
    """The first of those lines."""
    return failure(found).partition("\n")[0]


def detail(verdict: Verdict, outcome: Outcome) -> str:
    """The sentence, and below it the layers that changed where the verdict is on them."""
    lines = [sentence(verdict)]
    if verdict.check.budget == "baseline layers" and outcome.against and (changed := _diff(outcome.against)):
        diff, more = changed
        cells = [[doc.text_of(cell) for cell in row.cells] for row in diff.rows]
        lines += [" ".join(filter(None, texts)) for texts in cells if not texts[0].startswith(" ")]
        lines += [more] if more else []
    return "\n".join(lines)


def only_violations(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """What failed, without what passed."""
    return [
        replace(outcome, verdicts=tuple(verdict for verdict in outcome.verdicts if not verdict.check.passed))
        for outcome in outcomes
        if not outcome.passed
    ]


def doubts(outcomes: Sequence[Outcome]) -> list[str]:
    """What formats of figures alone can't say: why a figure does not settle a verdict."""
    return [
        f"{words.safe(outcome.model)}: {sentence(verdict)}"
        for outcome in outcomes
        for verdict in outcome.verdicts
        if verdict.doubt
    ]
