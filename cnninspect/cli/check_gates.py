"""Which gates are asked for, the one on the command line or those of a file, and what they come to."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from cnninspect import spec
from cnninspect.budgets import baseline_file, config_file, costs, limits, tolerances
from cnninspect.budgets.costs import CostBudget
from cnninspect.budgets.entry import Entry
from cnninspect.budgets.limits import AnyBudget
from cnninspect.budgets.tolerances import Tolerances
from cnninspect.cli import options, output
from cnninspect.errors import RequestError, naming
from cnninspect.profile.asked import Asked, Optimizer, parse_asked
from cnninspect.report import Report
from cnninspect.spec import Request, SavedReport, WeightsFile
from cnninspect.spec.run_options import several
from cnninspect.sweep import kept_lines
from cnninspect.sweep.line import SweepLine

Placed = tuple[str, Entry]


class Gate(msgspec.Struct, frozen=True):
    """A gate that can be carried out as written.

    Attributes:
        baseline_file: Where the baseline is kept.
        baseline: What is in it; ``None``: there is no such file yet.
        on_costs: Budgets on what it costs.
        asked: How that is to be measured.
    """

    model: str
    request: Request | SavedReport | WeightsFile | SweepLine
    budgets: tuple[AnyBudget, ...]
    tolerances: Tolerances
    baseline_file: Path | None = None
    baseline: Report | None = None
    on_costs: tuple[CostBudget, ...] = ()
    asked: Asked | None = None


def entries(typed: Mapping[str, Any], config: str | None, *, is_updating: bool) -> tuple[Path, list[Placed]]:
    """The gates that are asked for, each with where it was written, and the directory from which their paths start.

    Args:
        typed: What was given to the command, by the names of its parameters.
        config: The file that was named.
        is_updating: Baselines are going to be rewritten.

    Raises:
        RequestError: What was typed does not go together, or the config can't be used as it is.
    """
    folder, found = _typed(typed, config) if typed["model"] is not None else _configured(typed, config)
    if is_updating and all(entry.baseline is None for _, entry in found):
        raise RequestError("--update needs a baseline", hint="add one: --baseline report.json")
    return folder, found


def _typed(typed: Mapping[str, Any], config: str | None) -> tuple[Path, list[Placed]]:
    if config is not None:
        raise RequestError(
            f"--config {config!r} does not go with the model {typed['model']!r}", hint="leave out one of the two"
        )
    return Path(), [("", options.given(typed, Entry))]


def _configured(typed: Mapping[str, Any], config: str | None) -> tuple[Path, list[Placed]]:
    for field in msgspec.structs.fields(Entry):
        if typed[field.name] is not None and typed[field.name] != field.default:
            raise RequestError(
                f"--{field.encode_name} {_typed_text(typed[field.name])} goes with a MODEL, and none is named",
                hint="name one, or write it into [[tool.cnninspect.check]]",
            )
    file = config_file.find(config)
    return file.parent, config_file.read(file)


def _typed_text(value: Any) -> str:
    return ", ".join(several(tuple(value) if isinstance(value, list) else value))


def gates(entries: Sequence[Placed], *, is_updating: bool) -> list[Gate]:
    """What they come to, every one checked before any runs; to be called where their paths start.

    Raises:
        RequestError: One can't be carried out as written.
    """
    found = []
    for place, entry in entries:
        with naming(place):
            found += _of_entry(entry, is_updating=is_updating)
    return found


def _of_entry(entry: Entry, *, is_updating: bool) -> list[Gate]:
    """What ``entry`` comes to: a gate, or one for each line of a file of them."""
    from cnninspect import inspection

    if not kept_lines.is_name(entry.model):
        model = spec.parse_model(entry.model, entry.source)
        return [_gate(entry, inspection.requested(model, entry), is_updating=is_updating)]
    file = inspection.requested(SavedReport(entry.model), entry)  # nothing runs
    if entry.baseline is not None:
        raise RequestError(
            f"--baseline {entry.baseline!r} is of one network, and {entry.model!r} has many", hint="name the one"
        )
    gate = _gate(entry, file, is_updating=is_updating)
    lines = kept_lines.named_lines(Path(entry.model))
    return [msgspec.structs.replace(gate, model=name, request=line) for name, line in lines]


def _gate(entry: Entry, request: Request | SavedReport | WeightsFile, *, is_updating: bool) -> Gate:
    """The gate of one network, checked as far as it can be without torch."""
    budgets, on_costs = tuple(limits.of(entry)), tuple(costs.of(entry))
    allowances = tolerances.parse(several(entry.tolerance))
    if allowances and entry.baseline is None:
        typed = _typed_text(entry.tolerance)
        raise RequestError(f"tolerance {typed!r} needs a baseline", hint="add one: --baseline report.json")
    if not budgets and not on_costs and entry.baseline is None:
        raise RequestError(
            f"nothing to hold {entry.model!r} against",
            hint="add a budget, --max-params 62M for example, or a --baseline",
        )
    measured, wanted = _measured(entry, request)
    gate = Gate(entry.model, measured, budgets, allowances, on_costs=on_costs, asked=wanted)
    if entry.baseline is None:
        return gate
    file = Path(entry.baseline)
    if is_updating:
        output.check_writable(file)
    before = baseline_file.read(file, is_updating=is_updating)
    return msgspec.structs.replace(gate, baseline_file=file, baseline=before)


def _measured(
    entry: Entry, request: Request | SavedReport | WeightsFile
) -> tuple[Request | SavedReport | WeightsFile, Asked | None]:
    """What is to run, of as many images as are asked for, and how its costs are measured.

    Raises:
        RequestError: Nothing runs, or more than one batch is named.
    """
    if not isinstance(request, Request):
        if entry.batch is not None:
            kind = spec.kind_of_file(request)
            raise RequestError(
                f"--batch {entry.batch}: {entry.model!r} is {kind}, and nothing runs", hint="leave it out"
            )
        return request, None
    optimizer = entry.optimizer or Optimizer.adam
    wanted = parse_asked(batch=entry.batch, optimizer=optimizer, runs=entry.runs, device=request.device)
    if len(wanted.batches) > 1:
        raise RequestError(f"--batch {entry.batch}: a check is of one batch", hint="write one check for each")
    return msgspec.structs.replace(request, batch=next(iter(wanted.batches), None)), wanted
