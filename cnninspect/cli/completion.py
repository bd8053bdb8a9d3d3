"""What a shell completes: models, layers, values of options; neither torch nor what builds networks is imported.

Where nothing is known without that, there is nothing, and the shell completes names of files.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import typer

from cnninspect.errors import CnnInspectError
from cnninspect.spec.input_spec import DTYPES
from cnninspect.spec.sources import DEFAULT_SOURCE, Source

if TYPE_CHECKING:
    from cnninspect.report import Report
    from cnninspect.spec import ModelSpec, ZooModel

Completion = Callable[..., list[str]]

_DEVICES: Final = ("cpu", "cuda", "mps", "auto", "meta")
#: Dtypes that weights can have.
FLOATING: Final = tuple(name for name in DTYPES if "float" in name)

#: What no shell takes for more than a word: names in a report come from outside.
_PLAIN: Final = re.compile(r"[\w.-]+", re.ASCII)


def among(known: Iterable[str]) -> Completion:
    """One of a few words.

    Args:
        known: All of them.
    """
    return lambda incomplete: [word for word in known if word.startswith(incomplete)]


def several(known: Iterable[str]) -> Completion:
    """Words with commas between, each once.

    Args:
        known: All of them.
    """

    def complete(incomplete: str) -> list[str]:
        before, comma, begun = incomplete.rpartition(",")
        there = before.split(",")
        return [f"{before}{comma}{word}" for word in known if word.startswith(begun) and word not in there]

    return complete


def sortable(known: Iterable[str]) -> Completion:
    """A column to sort by, with a - in front the largest first.

    Args:
        known: All of them.
    """
    return lambda incomplete: [
        spelled for word in known for spelled in (word, f"-{word}") if spelled.startswith(incomplete)
    ]


def model(ctx: typer.Context, incomplete: str) -> list[str]:
    """The names of models that begin so.

    Args:
        ctx: What has been typed before.
        incomplete: What has been typed of it.
    """
    from cnninspect.loading import model_names, names

    source, colon, _ = incomplete.rpartition(":")
    known = [*model_names()]
    with suppress(CnnInspectError, ValueError):  # what builds the networks isn't there, or there is no such source
        if _source(ctx) != DEFAULT_SOURCE:
            known = [*names(Source(_source(ctx))), *known]
        if source == DEFAULT_SOURCE:
            known = [f"{source}{colon}{name}" for name in names(DEFAULT_SOURCE)]
    return [name for name in dict.fromkeys(known) if name.startswith(incomplete)]


def weights(ctx: typer.Context, incomplete: str) -> list[str]:
    """The weights that are published for the model that was typed.

    Args:
        ctx: What has been typed before.
        incomplete: What has been typed of it.
    """
    from cnninspect import loading
    from cnninspect.spec import ZooModel

    parsed = _model(ctx)
    if not isinstance(parsed, ZooModel):
        return []
    with suppress(CnnInspectError):
        if parsed.name in loading.names(parsed.source):
            found = loading.zoo(parsed.source).published(parsed.name).weights or ()
            known = ["DEFAULT", *(each.name for each in found)] if found else []
            return [name for name in known if name.startswith(incomplete)]
    return []


def layer(ctx: typer.Context, incomplete: str) -> list[str]:
    """The layers of the model that was typed, their paths and types: of an inline one, or where a report is there.

    Args:
        ctx: What has been typed before.
        incomplete: What has been typed of it.
    """
    from cnninspect.spec import InlineModel

    parsed = _model(ctx)
    if isinstance(parsed, InlineModel):
        pairs = [(str(index), each.name) for index, each in enumerate(parsed.layers)]
    else:
        report = _report(parsed)
        pairs = [(each.path, each.type) for each in report.layers if each.path] if report is not None else []
    known = dict.fromkeys([*(path for path, _ in pairs), *(kind for _, kind in pairs)])
    return [word for word in known if word.startswith(incomplete) and _PLAIN.fullmatch(word)]


#: Of options that several commands have, by their names.
OF_OPTIONS: Final = {
    "device": among(_DEVICES),
    "dtype": among(FLOATING),
    "weights": weights,
}


def _source(ctx: typer.Context) -> str:
    return str(getattr(ctx.params.get("source"), "value", None) or DEFAULT_SOURCE)


def _model(ctx: typer.Context) -> "ModelSpec | None":
    """The model that was typed; ``None`` if there is none, or none that can be read."""
    from cnninspect.spec import parse_model

    # an option that still has no value keeps typer from telling arguments apart
    typed = (ctx.params.get("model"), ctx.params.get("first"), *(ctx.params.get("models") or ()), *ctx.args)
    text = next(filter(None, typed), None)
    with suppress(CnnInspectError):
        return None if text is None else parse_model(text, _source(ctx))
    return None


def _report(parsed: "ModelSpec | None") -> "Report | None":
    """The report that a file holds, or that is kept of an earlier run."""
    from cnninspect import spec
    from cnninspect.cli import reports
    from cnninspect.spec.run_options import RunOptions

    with suppress(CnnInspectError, LookupError):
        if isinstance(parsed, spec.SavedReport) and parsed.text != "-":
            return reports.read_file(parsed)
        kept = reports.cache(is_off=False, is_quiet=True)
        for each in _spellings(parsed):
            if kept is None:
                break
            with suppress(LookupError):
                return kept.through(spec.request(each, RunOptions()), _not_there)
    return None


def _spellings(parsed: "ModelSpec | None") -> "Iterator[ZooModel]":
    """A network of a zoo as typed, and in the other ways in which it may have been typed before."""
    from msgspec.structs import replace

    from cnninspect.spec import ZooModel

    if isinstance(parsed, ZooModel) and not parsed.arguments:
        for text in (parsed.text, f"{parsed.source}:{parsed.name}", parsed.name):
            yield replace(parsed, text=text)
    elif isinstance(parsed, ZooModel):
        yield parsed


def _not_there() -> "Report":
    """Stands for the run of a network.

    Raises:
        LookupError: No report is kept.
    """
    raise LookupError
