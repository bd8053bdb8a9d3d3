"""What the user typed, parsed and checked without torch: model specs, devices, modes, the whole request.

The grammar is the command line's: ``SOURCE:NAME,key=value`` for a model. Nothing here knows which names
a source has; the sources in ``loading/`` do.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from cnninspect.errors import RequestError, shortened, unknown_name
from cnninspect.spec import file_kinds
from cnninspect.spec.inline_layers import LayerCall, parse_layers
from cnninspect.spec.input_spec import InputSpec, parse_dtype, parse_input
from cnninspect.spec.plain_argument import Argument, Scalar, argument, parse_argument, parse_scalar
from cnninspect.spec.run_options import Mode, RunOptions, several
from cnninspect.spec.sources import DEFAULT_SOURCE, Source

#: torch takes seeds of 64 bits, also those that are counted up from one that is typed.
_LARGEST_SEED: Final = 2**63 - 1


class ZooModel(msgspec.Struct, frozen=True):
    """A name in a source, with constructor arguments."""

    text: str
    source: Source
    name: str
    arguments: dict[str, Scalar] = {}


class InlineModel(msgspec.Struct, frozen=True):
    """``nn:Conv2d(3, 7, 5); ReLU()``: layers in sequence."""

    text: str
    layers: tuple[LayerCall, ...]


class PythonModel(msgspec.Struct, frozen=True):
    """The user's own code: ``path/to/net.py:Net``, ``notebook.ipynb:Net`` or ``package.module:build``, with arguments.

    Attributes:
        place: The path of a file, or the dotted name of a module.
        attribute: A module class, a factory or a ready module in it; may be dotted.
    """

    text: str
    place: str
    attribute: str
    arguments: dict[str, Scalar] = {}


class ExportedModel(msgspec.Struct, frozen=True):
    """A program saved by ``torch.export.save``, a file ending in ``.pt2``."""

    text: str


class WeightsFile(msgspec.Struct, frozen=True):
    """A state dict on its own, whole or in shards, or one of several in a file: nothing to run."""

    text: str


class SavedReport(msgspec.Struct, frozen=True):
    """A report written earlier by ``--format json``; the path ``-`` is standard input."""

    text: str


RunnableModel = ZooModel | InlineModel | PythonModel | ExportedModel
ModelSpec = RunnableModel | WeightsFile | SavedReport


def parse_model(text: str, default_source: str = DEFAULT_SOURCE) -> ModelSpec:
    """Read a model spec.

    Args:
        text: As typed, such as ``scratch:alexnet,num_classes=10``.
        default_source: The source of a bare name.

    Raises:
        RequestError: The spec is malformed or names an unknown source.
    """
    if "\0" in text:
        raise RequestError(f"{text!r} names no model", hint="no name or path has a NUL character in it")
    if text.startswith("nn:"):
        return InlineModel(text, parse_layers(text.removeprefix("nn:")))
    return _parse_named(text, default_source)


def _parse_named(text: str, default_source: str) -> ModelSpec:
    """By a file's ending, a place in code, or a name in a source."""
    head, *pairs = text.split(",")
    if (file := _parse_file(text, head)) is not None:
        return file
    arguments = dict(_parse_argument(pair, text) for pair in pairs)
    source, colon, name = head.rpartition(":")
    if not name:
        raise RequestError(f"{text!r} names no model", hint="write SOURCE:NAME, for example torchvision:alexnet")
    source = source if colon else default_source
    if not colon and source not in tuple(Source):
        raise unknown_name("source", source, Source, see=f"the sources are {', '.join(Source)}")
    if source in tuple(Source):
        return ZooModel(text, Source(source), name, arguments)
    if source.endswith(file_kinds.CODE_ENDINGS) or all(part.isidentifier() for part in source.split(".")):
        return PythonModel(text, source, name, arguments)
    raise unknown_name("source", source, Source, see=f"the sources are {', '.join(Source)} and nn, or a file.py")


def _parse_file(text: str, head: str) -> ExportedModel | WeightsFile | SavedReport | None:
    """A spec that names a file as a whole, by how it ends; ``head`` is what stands before the first comma."""
    if text == "-" or (text.endswith(".json") and not file_kinds.is_index(text)):
        return SavedReport(text)
    if text.endswith(file_kinds.SWEPT_ENDING):
        hint = "compare, models and check read it, as sweep has written it"
        raise RequestError(f"{text!r} is a file of many networks, and one is wanted", hint=hint)
    if head.endswith(".pt2"):
        return ExportedModel(text)
    if file_kinds.is_weights(head) or file_kinds.is_folder_of_weights(text):
        return WeightsFile(text)
    if (foreign := file_kinds.foreign(head)) is not None:
        raise foreign
    if head.endswith(file_kinds.CODE_ENDINGS):
        kind = "a notebook" if head.endswith(file_kinds.NOTEBOOK_ENDING) else "a file of code"
        raise RequestError(f"{text!r} is {kind}", hint=f"name what is in it: {head}:Net, for example")
    return None


def name_of(model: RunnableModel) -> str:
    """What the model is called without its source and arguments."""
    match model:
        case ZooModel():
            return model.name
        case PythonModel():
            return model.attribute
        case InlineModel():
            return model.text.removeprefix("nn:")
        case ExportedModel():
            return model.text


def source_of(model: RunnableModel) -> str:
    """Where the model comes from, in a word."""
    match model:
        case ZooModel():
            return model.source.value
        case PythonModel():
            return "python"
        case InlineModel():
            return "nn"
        case ExportedModel():
            return "torch.export"


def kind_of_file(file: SavedReport | WeightsFile) -> str:
    """What a file that isn't a model is, for a message."""
    return "a saved report" if isinstance(file, SavedReport) else "a file of weights"


def _parse_argument(pair: str, text: str) -> tuple[str, Scalar]:
    key, equals, value = pair.partition("=")
    if not equals or not key.isidentifier():
        raise RequestError(
            f"{pair!r} in {text!r} is not an argument",
            hint="write SPEC,key=value, for example alexnet,num_classes=10",
        )
    try:
        return key, parse_scalar(value)
    except ValueError as error:
        raise RequestError(f"{key!r} in {shortened(text)} is not a JSON scalar: {error}") from error


def check_device(text: str) -> str:
    """The device as typed, if it is one that could exist.

    Raises:
        RequestError: It is not spelled as a device.
    """
    if not re.fullmatch(r"cpu|meta|mps|auto|cuda(:\d{1,3})?", text):
        raise RequestError(f"unknown device {text!r}", hint="the devices are cpu, cuda, cuda:N, mps, meta and auto")
    return text


def check_mode(text: str) -> Mode:
    """The mode as typed: ``eval`` or ``train``.

    Raises:
        RequestError: It is neither.
    """
    if text not in tuple(Mode):
        raise RequestError(f"unknown mode {text!r}", hint="the modes are eval and train")
    return Mode(text)


def check_seed(seed: int) -> int:
    """The seed, if torch can take it.

    Raises:
        RequestError: It is no integer, or has more than 64 bits.
    """
    if not isinstance(seed, int) or not -_LARGEST_SEED <= seed <= _LARGEST_SEED:  # type: ignore[redundant-expr] # from Python
        raise RequestError(f"seed {shortened(repr(seed))} is no seed", hint="a seed is at most 2**63 − 1")
    return seed


class Request(msgspec.Struct, frozen=True):
    """Everything that decides what a forward pass will see.

    Attributes:
        batch: In place of the first side of every input.
        side: In place of the last two sides of every image.
        with_graph: Note who takes what from whom.
        with_values: Random weights are drawn where none are given: figures other than those of ``summary`` depend on
            them.
        is_run: There is a forward pass, which an input is needed for.
    """

    model: RunnableModel
    inputs: tuple[InputSpec, ...] = ()
    device: str = "cpu"
    dtype: str | None = None
    mode: str = "eval"
    weights: str | None = None
    seed: int = 0
    args: tuple[Argument, ...] = ()
    batch: int | None = None
    side: int | None = None
    with_graph: bool = False
    with_values: bool = False
    is_run: bool = True


def request(
    model: RunnableModel, run: RunOptions, inputs: Iterable[InputSpec] = (), args: Iterable[Argument] = ()
) -> Request:
    """What is to be run, every word of it read; whether its source has such a model is not looked up.

    Args:
        model: As parsed.
        run: How, as typed.
        inputs: Parsed already, in place of those of ``run``.
        args: Likewise.

    Raises:
        RequestError: One of the words is malformed or unknown, or two are of one argument.
    """
    specs = tuple(inputs) or tuple(map(parse_input, several(run.inputs)))
    arguments = tuple(args) or _arguments(run.args)
    names = [name for name in (*(each.name for each in specs), *(each.name for each in arguments)) if name]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise RequestError(f"the argument {twice!r} is given twice", hint="name each once, by --input or by --arg")
    floating = parse_dtype(run.dtype, floating=True) if run.dtype else None
    device, seed = check_device(run.device), check_seed(run.seed)
    return Request(model, specs, device, floating, run.mode.value, run.weights, seed, arguments)


def _arguments(typed: str | tuple[str, ...] | Mapping[str, bool | int | str]) -> tuple[Argument, ...]:
    """Those of ``--arg``, or of a table in TOML, where a fraction comes as it is written."""
    if isinstance(typed, Mapping):
        return tuple(
            parse_argument(f"{name}={value}") if isinstance(value, str) else argument(name, value)
            for name, value in typed.items()
        )
    return tuple(map(parse_argument, several(typed)))
