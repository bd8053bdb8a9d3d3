"""What ``profile`` shows: memory by batch and where its peaks are, time, and the calls that cost most."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final, NamedTuple

import msgspec

from cnninspect.formats import document as doc
from cnninspect.formats import words
from cnninspect.formats.cost_columns import COLUMNS, CostColumn, rate
from cnninspect.formats.document import Block, Column, Document, Fact, Facts, Fit, Line, Row, Span, Table, Tone
from cnninspect.formats.outline import Page
from cnninspect.formats.presentation import Format, Presentation
from cnninspect.formats.records import of_structs
from cnninspect.profile.asked import Optimizer
from cnninspect.profile.profiled import Batch, Costs, FitMode, LayerCost, Memory, Peak, Time, costliest
from cnninspect.units import figure

_WORKSPACE: Final = "workspace of kernels"
#: How many calls a table shows if nothing else is asked for.
DEFAULT_TOP: Final = 15


class Ranking(msgspec.Struct, frozen=True):
    """Which calls a table shows: sorted by a column, the largest first or last, and how many."""

    column: str = ""
    is_descending: bool = True
    top: int | None = None


def presentation(costs: Costs, ranking: Ranking = Ranking()) -> Presentation:  # noqa: B008 - frozen
    """The costs, to be written in any format; CSV has the calls of the last batch.

    Args:
        costs: Of a network.
        ranking: Which calls a table shows.
    """
    return Presentation(
        data=costs.profile,
        records=lambda: of_structs(LayerCost, costs.layers),
        document=lambda: lay_out(costs, ranking),
        own={Format.html: lambda: _page(costs, ranking)},
    )


def _page(costs: Costs, ranking: Ranking) -> str:
    """As elsewhere, with the pictures below the first table."""
    from cnninspect.formats import html
    from cnninspect.formats.cost_chart import drawings

    document = lay_out(costs, ranking)
    first, *others = document.blocks
    return html.render(Page(document.title, (first, *drawings(costs), *others), document.command))


def lay_out(costs: Costs, ranking: Ranking = Ranking()) -> Document:  # noqa: B008 - frozen
    """The tables.

    Args:
        costs: Of a network.
        ranking: Which calls are shown.
    """
    model = costs.model
    inputs = words.tensors(costs.batches[-1].inputs, dtype=True)
    title = f"{words.safe(model.name)} ({words.safe(model.source)}), input {inputs}"
    blocks: list[Block] = [_memory(costs)]
    times = _times(costs.batches)
    blocks += [times] if times.rows else []
    blocks += [Facts(facts)] if (facts := tuple(_facts(costs))) else []
    calls, left_out = _calls(costs, ranking)
    blocks += [calls] if calls.rows else []
    notes = [words.safe(note) for note in costs.notes]
    if any(column.header == COLUMNS["live"].header for column in calls.columns):
        when = "in training" if costs.is_live_in_training else "at inference"
        notes.append(f"at the peak: what is alive when the most is, {when}")
    if ranking.column and calls.rows and all(COLUMNS[ranking.column].value(each) is None for each in costs.layers):
        notes.append(f"sorted by {ranking.column}, which is known of no call: they stand in the order of execution")
    blocks += doc.remarks([*_left_out(left_out, len(calls.rows)), *notes])
    return Document(title, tuple(blocks), " ".join(_command(costs)))


def _command(costs: Costs) -> Iterator[str]:
    """What gives the same."""
    yield f"cnninspect profile {words.safe(costs.model.spec)} --device {words.safe(costs.run.device)}"
    numbers = [each.batch for each in costs.batches]
    if all(number is not None for number in numbers):
        yield f"--batch {','.join(map(str, numbers))}"
    if costs.optimizer != Optimizer.adam:
        yield f"--optimizer {words.safe(costs.optimizer)}"
    if costs.fits is not None:
        yield f"--fits {costs.fits.bytes}"
    if any(each.training for each in costs.batches):
        yield "--train"


class _MemoryRow(NamedTuple):
    """A row of the table of memory."""

    name: str
    value: Callable[[Memory], int | None]
    where: Callable[[Memory], Peak | None] = lambda _: None
    is_sum: bool = False


def _figures(optimizer: str) -> Iterator[_MemoryRow]:
    step = f"a step with {optimizer}" if optimizer != "none" else "the step"
    yield _MemoryRow("parameters", lambda memory: memory.params)
    yield _MemoryRow("buffers", lambda memory: memory.buffers)
    yield _MemoryRow("inputs", lambda memory: memory.inputs)
    yield _MemoryRow("inference: the most at once", lambda memory: memory.inference_peak, lambda m: m.inference_peak_at)
    yield _MemoryRow("inference needs", lambda memory: memory.needed_inference, is_sum=True)
    yield _MemoryRow("kept for backward", lambda memory: memory.saved)
    yield _MemoryRow("gradients", lambda memory: memory.gradients)
    yield _MemoryRow("optimizer state", lambda memory: memory.optimizer_state)
    yield _MemoryRow("forward and backward: the most", lambda m: m.training_peak, lambda m: m.training_peak_at)
    yield _MemoryRow(f"{step}: the most", lambda memory: memory.step_peak, lambda m: m.step_peak_at)
    yield _MemoryRow("training needs", lambda memory: memory.needed_training, is_sum=True)
    yield _MemoryRow(f"{_WORKSPACE} at inference", lambda memory: memory.workspace)
    yield _MemoryRow(f"{_WORKSPACE} in training", lambda memory: memory.training_workspace)


def _memory(costs: Costs) -> Table:
    """A row a figure, a column a batch; where the peaks are is told of the last."""
    heads = [f"Batch {each.batch}" if each.batch is not None else "Bytes" for each in costs.batches]
    columns = (Column("Memory"), *(Column(head, is_number=True) for head in heads), Column("Where", fit=Fit.wrap))
    rows = []
    for each in _figures(costs.optimizer):
        found = [each.value(batch.memory) for batch in costs.batches]
        if all(value is None for value in found) and each.name.startswith(_WORKSPACE):
            continue
        tone = Tone.strong if each.is_sum else Tone.plain
        cells = [doc.words(words.size(value), Tone.dim if not value else tone) for value in found]
        rows.append(Row((doc.words(each.name, tone), *cells, _place(each.where(costs.batches[-1].memory)))))
    return Table(columns, tuple(rows))


def _place(peak: Peak | None) -> Line:
    if peak is None:
        return ()
    op = words.safe(peak.op.removeprefix("aten::"))
    return (Span(op), Span(f" in {words.safe(peak.path)}", Tone.dim)) if peak.path else (Span(op),)


def _times(batches: Sequence[Batch]) -> Table:
    columns = (
        Column("Time"),
        *(Column(head, is_number=True) for head in ("Median", "Quartiles", "Least", "Items/s", "MACs/s", "Passes")),
    )
    rows = []
    for each in batches:
        named = f"batch {each.batch}: " if len(batches) > 1 and each.batch is not None else ""
        if each.time is not None:
            rows.append(_time(f"{named}inference", each.time))
        if each.training is not None:
            parts = msgspec.structs.asdict(each.training)
            rows += [_time(f"{named}training, {name}", time) for name, time in parts.items()]
    return Table(columns, tuple(rows))


def _time(name: str, time: Time) -> Row:
    quartiles = f"{words.seconds(time.p25)} – {words.seconds(time.p75)}"
    texts = (
        words.seconds(time.median), quartiles, words.seconds(time.min), rate(time.per_second, ""),
        "" if time.macs_per_second is None else rate(time.macs_per_second, ""), f"{time.runs} + {time.warmup}",
    )  # fmt: skip
    return Row((doc.words(name), *(doc.words(text.strip()) for text in texts)))


def _facts(costs: Costs) -> Iterator[Fact]:
    if (fits := costs.fits) is not None:
        size, what = words.size(fits.bytes), "inference" if fits.mode is FitMode.inference else "a training step"
        largest = words.UNKNOWN if fits.batch is None else f"{fits.batch:,}"
        ran = {True: ", which ran, and the next did not", False: ", which did not run so", None: ""}[fits.verified]
        yield Fact(f"Largest batch in {size}", largest, f"for {what}{ran}")
    yield Fact("Device", words.safe(costs.device_name))
    if (line := costs.roofline) is not None:
        corners = f"{rate(line.macs_per_second, 'MAC/s')}, {rate(line.bytes_per_second, 'B/s')}"
        ridge = figure(line.macs_per_second / line.bytes_per_second, 3)
        yield Fact("Its corners", corners, f"bound by arithmetic from {ridge} MACs/byte on")


def _calls(costs: Costs, ranking: Ranking) -> tuple[Table, int]:
    """The calls that cost most, in the order of execution unless one is asked for; and how many there are beside."""
    known = [each for each in costs.layers if _is_of_its_own(each)]
    shown = {name: column for name, column in COLUMNS.items() if any(column.cell(each) for each in known)}
    by = ranking.column or next((name for name in ("self_seconds", "saved", "live") if name in shown), "macs")
    rank = partial(_rank, value=COLUMNS[by].value)
    top = DEFAULT_TOP if ranking.top is None and not ranking.column else ranking.top
    is_ranked = ranking.column or ranking.top is not None
    ordered = sorted(known, key=rank, reverse=ranking.is_descending)[:top] if is_ranked else costliest(known, rank, top)
    columns = (Column("Call", fit=Fit.cut), *(_column(name, each) for name, each in shown.items()))
    rows = tuple(Row((_name(each), *(column.cell(each) for column in shown.values()))) for each in ordered)
    return Table(columns, rows), len(known) - len(ordered)


def _rank(cost: LayerCost, value: Callable[[LayerCost], float | None]) -> float:
    found = value(cost)
    return -1.0 if found is None else found


def _is_of_its_own(cost: LayerCost) -> bool:
    """Has it a cost that none of its children has?"""
    return any((cost.self_seconds, cost.live, cost.saved, cost.macs, cost.bytes_moved))


def _column(name: str, column: CostColumn) -> Column:
    return Column(column.header, is_number=name not in {"share", "bound"}, is_extra=column.is_extra)


def _name(cost: LayerCost) -> Line:
    name, kind = words.safe(cost.path), words.safe(cost.type)
    again = f" (call {cost.call})" if cost.call > 1 else ""
    return (Span(name), Span(f": {kind}{again}", Tone.dim)) if name else (Span(f"{kind}{again}"),)


def _left_out(number: int, shown: int) -> list[str]:
    if not number:
        return []
    return [f"the {shown} costliest of {shown + number} calls: --top {shown + number} shows all, --sort others first"]
