"""What can be named, with the figures that its source publishes. Neither torch nor a source is imported."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any, Final

import msgspec

from cnninspect.errors import RequestError, unknown_name
from cnninspect.loading import scratch, timm, torchvision_metadata, torchvision_names
from cnninspect.report import SCHEMA_VERSION, Model
from cnninspect.spec import Source
from cnninspect.totals import Accuracy

_PUBLISHING: Final = (Source.torchvision, Source.scratch)


class PublishedWeights(msgspec.Struct, frozen=True):
    """Weights that a source publishes.

    Attributes:
        name: As in ``--weights NAME``.
        is_default: The one that ``DEFAULT`` means.
        params: Elements of the parameters, as published.
        macs: Multiply-accumulates, from the published GMACs (three decimals).
        accuracy: As published.
        size_mb: Of the file, in MB as published; torchvision's MB are 2**20 bytes.
        url: Of the file.
    """

    name: str
    is_default: bool
    params: int | None
    macs: int | None
    accuracy: Accuracy | None
    size_mb: float | None
    url: str | None


class NamedModel(msgspec.Struct, frozen=True):
    """A name in a source; its figures are those of its default weights, ``None`` where none are published."""

    name: str
    source: str
    task: str | None
    params: int | None
    macs: int | None
    accuracy: Accuracy | None
    weights: tuple[PublishedWeights, ...] | None


class Catalogue(msgspec.Struct, frozen=True):
    """Models by source, task and name."""

    schema_version: int
    models: tuple[NamedModel, ...]


def find(pattern: str = "*", source: str | None = None) -> Catalogue:
    """The models that a glob matches.

    Args:
        pattern: Over ``SOURCE:NAME`` if there is a colon in it, else over bare names.
        source: Of the models; by default all that are installed.

    Raises:
        RequestError: None matches, or the source does not exist or is not installed.
    """
    named_source = pattern.rpartition(":")[0]
    if named_source and not any(fnmatchcase(known, named_source) for known in Source):
        raise unknown_name("source", named_source, Source, see=f"the sources are {', '.join(Source)}")
    wanted = source or (named_source if named_source in tuple(Source) else None)
    known = [(each, name) for each in _sources(wanted) for name in _names(each)]
    spelled = {(each, name): f"{each}:{name}" if named_source else name for each, name in known}
    found = [key for key in known if fnmatchcase(spelled[key], pattern)]
    if not found:
        nearest = unknown_name("model", pattern.replace("*", ""), spelled.values(), see="all: cnninspect models")
        raise RequestError(f"no model matches {pattern!r}", hint=nearest.hint)
    return Catalogue(SCHEMA_VERSION, tuple(sorted((_model(*key) for key in found), key=_place)))


def accuracy_of(model: Model) -> Accuracy | None:
    """What a source publishes for the weights of a report's model, by default its default ones, if anything.

    With constructor arguments of the user's own it is another network, of which nothing is published.
    """
    if model.arguments or model.source not in _PUBLISHING or model.name not in _names(model.source):
        return None
    weights = _model(model.source, model.name).weights or ()
    wanted = [each for each in weights if each.name == model.weights]
    if model.weights in {None, "DEFAULT"}:
        wanted = [each for each in weights if each.is_default]
    return wanted[0].accuracy if wanted else None


def _sources(wanted: str | None) -> Iterator[str]:
    for each in Source:
        if each == wanted or (wanted is None and (each != Source.timm or timm.is_installed())):
            yield each.value


def _names(source: str) -> tuple[str, ...]:
    match source:
        case "torchvision":
            return tuple(torchvision_names.models())
        case "scratch":
            return scratch.names()
        case _:
            return timm.names()


def _model(source: str, name: str) -> NamedModel:
    if source == Source.timm:
        return NamedModel(name, source, None, None, None, None, None)
    published_as = name if source == Source.torchvision else scratch.published_as(name)
    task = torchvision_metadata.task(name) if source == Source.torchvision else "classification"
    weights = tuple(map(_weights, torchvision_metadata.entries(published_as))) if published_as else ()
    default = next((each for each in weights if each.is_default), None)
    if default is None:
        return NamedModel(name, source, task, None, None, None, weights)
    return NamedModel(name, source, task, default.params, default.macs, default.accuracy, weights)


def _weights(entry: torchvision_metadata.WeightsEntry) -> PublishedWeights:
    meta: dict[str, Any] = entry.meta
    giga_macs = meta.get("_ops")
    return PublishedWeights(
        name=entry.name,
        is_default=entry.is_default,
        params=meta.get("num_params"),
        macs=None if giga_macs is None else round(giga_macs * 10**9),
        accuracy=meta.get("_metrics"),
        size_mb=meta.get("_file_size"),
        url=entry.url,
    )


def _place(model: NamedModel) -> tuple[int, int, list[str | int]]:
    """Sources and tasks together, resnet18 before resnet101."""
    tasks = (*torchvision_metadata.TASKS.values(), None)
    natural = [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", model.name)]
    return tuple(Source).index(Source(model.source)), tasks.index(model.task), natural
