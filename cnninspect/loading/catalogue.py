"""What can be named, with the figures that its source publishes. Neither torch nor a source is imported."""

import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

import msgspec

from cnninspect import loading, spec
from cnninspect.errors import RequestError, nearest, unknown_name
from cnninspect.loading.published import PublishedWeights, Task
from cnninspect.report import SCHEMA_VERSION, Model
from cnninspect.spec import ZooModel
from cnninspect.spec.sources import Source, is_installed
from cnninspect.totals import Accuracy


class NamedModel(msgspec.Struct, frozen=True):
    """A name in a source; its figures are those of its default weights, ``None`` where none are published.

    Attributes:
        name: In its source.
        source: Where it comes from.
        task: What it is for.
        params: Elements of its parameters.
        macs: Multiply-accumulates of a pass.
        accuracy: On the data that it names.
        weights: All that are published of it.
    """

    name: str
    source: str
    task: str | None
    params: int | None
    macs: int | None
    accuracy: Accuracy | None
    weights: tuple[PublishedWeights, ...] | None


class Catalogue(msgspec.Struct, frozen=True):
    """Models by source, task and name.

    Attributes:
        models: Those that match.
    """

    schema_version: int
    models: tuple[NamedModel, ...]


def find(pattern: str = "*", source: str | None = None) -> Catalogue:
    """The models that a glob matches, or whose names contain a word.

    Args:
        pattern: A glob or a word; of ``SOURCE:NAME`` if there is a colon in it, else of bare names.
        source: Of the models; by default all that are installed.

    Raises:
        RequestError: None matches, or the source does not exist or is not installed.
    """
    named_source = pattern.rpartition(":")[0]
    if named_source and not any(fnmatchcase(known, named_source) for known in Source):
        raise unknown_name("source", named_source, Source, see=f"the sources are {', '.join(Source)}")
    wanted = source or (named_source if named_source in tuple(Source) else None)
    sources = [each for each in Source if (is_installed(each) if wanted is None else each == wanted)]
    known = [(each, name) for each in sources for name in loading.names(each)]
    spelled = {(each, name): f"{each}:{name}" if named_source else name for each, name in known}
    glob = pattern if _ACTING.search(pattern) else f"{named_source}{':' * bool(named_source)}*{_name(pattern)}*"
    found = [key for key in known if fnmatchcase(spelled[key], glob)]
    if not found:
        close = nearest(_name(pattern).replace("*", ""), dict.fromkeys(name for _, name in known))
        meant = [f"{named_source}:{name}" if named_source in tuple(Source) else name for name in close]
        hint = f"did you mean {' or '.join(meant)}?" if meant else "all: cnninspect models"
        raise RequestError(f"no model matches {pattern!r}", hint=hint)
    return Catalogue(SCHEMA_VERSION, tuple(sorted((_model(*key) for key in found), key=_place)))


def expanded(text: str, source: str) -> list[str]:
    """The specs that a glob over names stands for, ``'torchvision:resnet*'``; a spec that is none stands for itself.

    Args:
        text: As typed; arguments behind a glob are those of each.
        source: Of a bare name.

    Raises:
        RequestError: A glob matches none.
    """
    if not is_glob(text):
        return [text]
    head, comma, arguments = text.partition(",")
    catalogue = find(head, None if ":" in head else source)
    return [f"{model.source}:{model.name}{comma}{arguments}" for model in catalogue.models]


def is_glob(text: str) -> bool:
    """Does it stand for several names?

    >>> is_glob("torchvision:resnet*"), is_glob("nn:Linear(2 * 2, 1)"), is_glob("*.json")
    (True, False, False)
    """
    return "*" in text.partition(",")[0] and not text.startswith("nn:") and Path(text).suffix not in _FILES


def identity(text: str, source: str) -> object:
    """Equal for spellings of one model: ``vgg16`` is ``torchvision:vgg16``.

    Args:
        text: A spec.
        source: Of a bare name.

    Raises:
        RequestError: It is malformed.
    """
    model = spec.parse_model(text, source)
    return (model.source, model.name, *map(str, model.arguments.items())) if isinstance(model, ZooModel) else text


_FILES: Final = (".json", ".jsonl")  # whose names the shell has left alone
_ACTING: Final = re.compile(r"[*?[]")  # in a glob


def _name(pattern: str) -> str:
    return pattern.rpartition(":")[2]


def accuracy_of(model: Model) -> Accuracy | None:
    """What a source publishes for the weights of a report's model, by default its default ones, if anything.

    With constructor arguments of the user's own it is another network, of which nothing is published.
    """
    if model.arguments or model.source not in tuple(Source):
        return None
    zoo = loading.zoo(Source(model.source))
    weights = zoo.published(model.name).weights or () if model.name in zoo.names() else ()
    wanted = [each for each in weights if each.name == model.weights]
    if model.weights in {None, "DEFAULT"}:
        wanted = [each for each in weights if each.is_default]
    return wanted[0].accuracy if wanted else None


def _model(source: Source, name: str) -> NamedModel:
    task, weights = loading.zoo(source).published(name)
    default = next((each for each in weights or () if each.is_default), None)
    figures = (None, None, None) if default is None else (default.params, default.macs, default.accuracy)
    return NamedModel(name, source.value, task, *figures, weights)


def _place(model: NamedModel) -> tuple[int, int, list[str | int]]:
    """Sources and tasks together, resnet18 before resnet101."""
    natural = [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", model.name)]
    return tuple(Source).index(Source(model.source)), (*Task, None).index(model.task), natural
