"""A program saved by ``torch.export.save``, a file ending in ``.pt2``: its graph runs, with its modules as layers.

Such a file is a program and not data: its graph calls what it names, and ``torch.export.load`` itself unpickles
and evaluates parts of it. Its pickles are held to ``weights_only=True`` here; the graph is run all the same, so a
program from somebody else deserves the trust that one gives to their code.
"""

import contextlib
import io
import pickle
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, NoReturn

from cnninspect.errors import ModelError, RequestError
from cnninspect.process import unlogged
from cnninspect.spec import ExportedModel
from cnninspect.spec.input_spec import DTYPES, InputSpec
from cnninspect.weights_files import archives

if TYPE_CHECKING:
    from torch import Tensor, nn

_SAVE_HINT: Final = "save one with torch.export.save(torch.export.export(model, inputs), FILE)"
#: A member of every program's archive, in torch's present format and in the one before.
_GRAPHS: Final = ("models/model.json", "serialized_exported_program.json")
_EXAMPLES: Final = ("data/sample_inputs/model.pt", "serialized_example_inputs.pt")
#: Members that would be unpickled as any object, or loaded as machine code.
_CODE: Final = ("data/constants/opaque_obj_", "data/aotinductor/")


def check(model: ExportedModel, weights: str | None) -> None:
    """Check that the file is there and is a program, without torch.

    Raises:
        RequestError: It can't be read, is something else, or weights are asked for.
    """
    if weights is not None:
        raise RequestError(
            f"--weights {weights!r} does not go with {model.text!r}: a program has its own", hint="leave --weights out"
        )
    try:
        with Path(model.text).open("rb") as file:
            is_empty = not file.read(1)
            members = _checked_members(model.text, file)
    except zipfile.BadZipFile as error:
        what = "is empty" if is_empty else "is not a torch.export program, or is cut short"
        raise RequestError(f"{model.text!r} {what}", hint=_SAVE_HINT) from error
    except (OSError, ValueError) as error:  # a NUL in the name is a ValueError
        raise RequestError(f"can't read {model.text!r}: {getattr(error, 'strerror', None) or error}") from error
    if not any(graph in members for graph in _GRAPHS):
        raise RequestError(f"{model.text!r} is not a torch.export program", hint=_SAVE_HINT)
    code = next((member for member in members if member.startswith(_CODE)), None)
    if code is not None:
        raise RequestError(
            f"{model.text!r} holds more than a graph and tensors ({code}) and would run it when loaded: refused",
            hint=_SAVE_HINT,
        )


def build(model: ExportedModel, weights: str | None) -> "nn.Module":  # noqa: ARG001 - the signature of all sources
    """The program as a tree of modules, named and typed as those that it was exported from.

    Raises:
        RequestError: The file is damaged, or holds pickled objects.
        ModelError: This torch can't turn the program into modules.
    """
    import torch

    with _explained_reading(model.text):
        is_text = model.text.encode(errors="replace").decode() == model.text  # other names it can't take
        program = torch.export.load(model.text if is_text else io.BytesIO(Path(model.text).read_bytes()))
    try:
        module: nn.Module = torch.export.unflatten(program)
    except Exception as error:
        raise ModelError(f"the program {model.text!r} can't be taken apart into its modules: {error}") from error
    _name_type(module, _type_of_root(program))
    for part in module.modules():
        if part is not module:
            type_name = getattr(part, "type_name", None)
            _name_type(part, type_name() if callable(type_name) else None)
    return module


def _type_of_root(program: Any) -> str | None:
    """Of which class the exported module was: torch 2.9 doesn't say it of what it makes of the program."""
    stacks = (node.meta.get("nn_module_stack", {}) for node in program.graph.nodes)
    return next((kind for stack in stacks for path, kind in stack.values() if not path), None)


def default_inputs(model: ExportedModel) -> tuple[InputSpec, ...]:
    """The shapes and dtypes of the inputs that the program was exported with; empty if it keeps none.

    ``float32`` is left unsaid: it follows the parameters, also under ``--dtype``.

    Raises:
        RequestError: The file is damaged, or an input is no tensor.
    """
    import torch

    with _explained_reading(model.text), Path(model.text).open("rb") as file, zipfile.ZipFile(file) as archive:
        members = _checked_members(model.text, file)
        content = next((archive.read(members[name]) for name in _EXAMPLES if name in members), b"")
        examples: Any = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True) if content else ((), {})
        args, kwargs = examples
        named = [*((None, value) for value in args), *kwargs.items()]
    return tuple(_input(model, name, value) for name, value in named)


def _input(model: ExportedModel, name: str | None, value: "Tensor | object") -> InputSpec:
    import torch

    if not isinstance(value, torch.Tensor):
        kind = type(value).__name__
        raise RequestError(f"{model.text!r} takes a {kind} as an input: only tensors can be made up")
    dtype = str(value.dtype).removeprefix("torch.")
    if dtype not in DTYPES:
        raise RequestError(f"{model.text!r} takes an input of {dtype}, which can't be made up")
    return InputSpec(tuple(value.shape), name, None if dtype == "float32" else dtype)


def fixed_batch(module: "nn.Module") -> int | None:
    """The batch that a program was exported for, if it takes no other; ``None`` also of what is no program."""
    program: Any = module
    if not any(kind.__module__ == "torch.export.unflatten" for kind in type(module).__mro__):  # a second's import
        return None
    given = [node.meta.get("val") for node in program.graph.nodes if node.op == "placeholder"]
    firsts = [shape[0] for each in given if (shape := getattr(each, "shape", ()))]
    return next((first for first in firsts if type(first) is int), None)


def _checked_members(name: str, file: IO[bytes]) -> dict[str, zipfile.ZipInfo]:
    """The archive's members, by their paths below its one top folder if it has one; none of any size is let pass.

    Tensors may be archives in it, which torch reads, too.

    Raises:
        RequestError: Something in it is compressed, or says more bytes than the file has.
        zipfile.BadZipFile: It is no archive, or a damaged one.
    """
    found = archives.members(file)
    archives.check_sizes(name, found, Path(name).stat().st_size)
    for member in found:
        start = archives.start_of(member, file)
        file.seek(start)
        if file.read(len(archives.MAGIC)) == archives.MAGIC:
            file.seek(start)
            inner = io.BytesIO(file.read(member.file_size))
            with contextlib.suppress(zipfile.BadZipFile):  # it may be numbers that begin like an archive
                archives.check_sizes(f"{name}/{member.filename}", archives.members(inner), member.file_size)
    return {each.filename: each for each in found} | archives.by_path(found)


def _name_type(part: "nn.Module", original: str | None) -> None:
    """Give a module of the graph the class name of the module that it was, if it is known."""
    if original:
        place, _, name = original.rpartition(".")
        part.__class__ = type(name, (type(part),), {"__module__": place})


@contextlib.contextmanager
def _explained_reading(name: str) -> Iterator[None]:
    """Read a program quietly, unpickling tensors alone, and say in the user's terms why it can't be read."""
    import warnings

    from cnninspect import torch_internals

    try:
        with torch_internals.weights_only(), warnings.catch_warnings(), unlogged(*torch_internals.EXPORT_LOGGERS):
            warnings.simplefilter("ignore")  # of older formats: what can't be read is an error anyway
            yield
    except pickle.UnpicklingError as error:
        raise RequestError(
            f"{name!r} holds pickled objects that would run code when loaded: refused", hint=_SAVE_HINT
        ) from error
    except RequestError:
        raise
    except MemoryError as error:
        raise ModelError(f"there is not enough memory to read {name!r}") from error
    except Exception as error:  # noqa: BLE001 - torch raises a dozen kinds for damaged files
        _damaged(name, error)


def _damaged(name: str, error: Exception) -> NoReturn:
    raise RequestError(
        f"{name!r} is cut short or damaged, or of a torch.export that this torch can't read",
        hint="export it again with this torch",
    ) from error
