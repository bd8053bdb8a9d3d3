"""One gate as it is typed, on the command line or in a file, and what it comes to.

The fields are named as the options; their text is parsed here and nowhere else, so that both places take the same.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final

import msgspec

from cnninspect import spec
from cnninspect.budgets import limits, tolerances
from cnninspect.budgets.limits import AnyBudget
from cnninspect.budgets.tolerances import Tolerances
from cnninspect.cli import output
from cnninspect.errors import RequestError, named
from cnninspect.report import Report
from cnninspect.spec import Mode, Request, SavedReport, Source, WeightsFile

Quantity = int | str | None
Several = str | tuple[str, ...]
#: ``Conv2d=5``, several of them, or a table in TOML.
Assignments = int | str | tuple[int | str, ...] | dict[str, int | str]

_TOTALS: Final = ("params", "trainable_params", "size", "macs", "flops", "activations")


class Entry(msgspec.Struct, frozen=True, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """What is to be held against one model; every field is the option of its name."""

    model: str
    inputs: Several = msgspec.field(default=(), name="input")
    device: str = "cpu"
    dtype: str | None = None
    mode: Mode = Mode.eval
    weights: str | None = None
    source: Source = Source.torchvision
    seed: Annotated[int, msgspec.Meta(ge=0)] = 0
    max_params: Quantity = None
    min_params: Quantity = None
    max_trainable_params: Quantity = None
    min_trainable_params: Quantity = None
    max_size: Quantity = None
    min_size: Quantity = None
    max_macs: Quantity = None
    min_macs: Quantity = None
    max_flops: Quantity = None
    min_flops: Quantity = None
    max_activations: Quantity = None
    min_activations: Quantity = None
    max_layers: Assignments = ()
    min_layers: Assignments = ()
    max_receptive_field: Quantity = None
    min_receptive_field: Quantity = None
    output_shape: Several = ()
    forbid: Several = ()
    require: Several = ()
    baseline: str | None = None
    tolerance: Assignments = ()


class Gate(msgspec.Struct, frozen=True):
    """A gate that can be carried out as written.

    Attributes:
        baseline_file: Where the baseline is kept.
        baseline: What is in it; ``None``: there is no such file yet.
    """

    model: str
    request: Request | SavedReport | WeightsFile
    budgets: tuple[AnyBudget, ...]
    tolerances: Tolerances
    baseline_file: Path | None = None
    baseline: Report | None = None


def gate(entry: Entry, *, is_updating: bool) -> Gate:
    """What ``entry`` comes to, checked as far as it can be without torch.

    Args:
        entry: What was typed.
        is_updating: The baseline is going to be rewritten: it may be missing, or of another version.

    Raises:
        RequestError: It can't be carried out as written.
    """
    from cnninspect import inspection

    budgets, allowances = tuple(_budgets(entry)), tolerances.parse(_several(entry.tolerance))
    if allowances and entry.baseline is None:
        raise RequestError("a tolerance needs a baseline", hint="add one: --baseline report.json")
    if not budgets and entry.baseline is None:
        raise RequestError(
            f"nothing to hold {entry.model!r} against",
            hint="add a budget, --max-params 62M for example, or a --baseline",
        )
    parsed = spec.parse_model(entry.model, entry.source)
    request = inspection.requested(
        parsed, _several(entry.inputs), entry.device, entry.dtype, entry.mode, entry.weights, entry.seed
    )
    if entry.baseline is None:
        return Gate(entry.model, request, budgets, allowances)
    file = Path(entry.baseline)
    if is_updating:
        output.check_writable(file)
    return Gate(entry.model, request, budgets, allowances, file, _read_baseline(file, is_updating=is_updating))


def _budgets(entry: Entry) -> Iterator[AnyBudget]:
    """The budgets of ``entry``, in the order of the options.

    Raises:
        RequestError: One is malformed.
    """
    for field in _LIMITS:
        name = field.replace("_", "-")
        for text in _several(getattr(entry, field)):
            yield _LIMITS[field](name, text)
    yield from limits.on_outputs(_several(entry.output_shape))
    yield from map(limits.forbidding, _several(entry.forbid))
    yield from map(limits.requiring, _several(entry.require))


_LIMITS: Final[dict[str, Callable[[str, str], AnyBudget]]] = {
    **{f"{side}_{total}": limits.on_total for total in _TOTALS for side in ("max", "min")},
    **{f"{side}_layers": limits.on_layers for side in ("max", "min")},
    **{f"{side}_receptive_field": limits.on_receptive_field for side in ("max", "min")},
}


def _several(value: Assignments | Quantity) -> tuple[str, ...]:
    """One or several texts, however they were given."""
    if value is None:
        return ()
    if isinstance(value, Mapping):
        return tuple(f"{key}={each}" for key, each in value.items())
    return tuple(map(str, value)) if isinstance(value, tuple) else (str(value),)


def _read_baseline(file: Path, *, is_updating: bool) -> Report | None:
    """The report in ``file``.

    Raises:
        RequestError: It is missing, or something else than a report that this version reads.
    """
    try:
        text = file.read_bytes()
    except FileNotFoundError as error:
        if is_updating:
            return None
        raise RequestError(f"there is no baseline {str(file)!r}", hint="make it with --update") from error
    except OSError as error:
        raise RequestError(f"can't read the baseline {str(file)!r}: {error.strerror}") from error
    try:
        return Report.from_json(text)
    except RequestError as error:
        if is_updating and _is_of_other_version(text):
            return None
        raise named(error, f"baseline {str(file)!r}") from error.__cause__


def _is_of_other_version(text: bytes) -> bool:
    """Is it a report all the same, so that nothing else is lost when it is rewritten?"""
    try:
        return msgspec.json.decode(text, type=_AnyReport).tool.name == "cnninspect"
    except msgspec.DecodeError:
        return False


class _AnyTool(msgspec.Struct):
    name: str


class _AnyReport(msgspec.Struct):
    schema_version: int
    tool: _AnyTool
