"""The report of a state dict on its own: what is stored under which key. No torch, and nothing to run.

Keys are dotted paths, so the modules that they came from are rows as well, but their classes, the inputs,
the outputs and the work of a forward pass are not in such a file: those figures stay unknown.
"""

import math
import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

import msgspec

from cnninspect import __version__
from cnninspect.errors import RequestError
from cnninspect.report import NO_DEVICE, SCHEMA_VERSION, Layer, Model, Report, Run, Tool, Totals

_DEEPEST = 100  # dots in a key; no network nests its modules like that, a file made to do harm may
#: The first module in the rest of a key. A dot without a name before it is part of a name.
_MODULE = re.compile(r"\.*[^.]+(?=\.)")
_NOTES = (
    "a file of weights has nothing to run: shapes of inputs and outputs, MACs and receptive fields are not in it",
    "the file does not tell parameters from buffers: all of its tensors are counted as parameters",
)


class StoredTensor(msgspec.Struct, frozen=True):
    """One tensor of a state dict.

    Attributes:
        key: As in the state dict: ``features.0.weight``.
        size: In bytes.
        identity: Equal for tensors that are one and the same in memory, such as tied weights.
    """

    key: str
    shape: tuple[int, ...]
    dtype: str
    size: int
    identity: Hashable

    @property
    def elements(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)


def report(
    name: str, tensors: Sequence[StoredTensor], versions: Mapping[str, str], notes: Sequence[str] = ()
) -> Report:
    """A report with a row for each tensor and for each module that the keys name, parents first.

    Args:
        name: The file, as typed.
        tensors: In the order of the file; tensors of one module are brought together.
        versions: Of what read the file.
        notes: What else is to be said.

    Raises:
        RequestError: A key is no dotted path of a module.
    """
    for tensor in tensors:
        if tensor.key.count(".") > _DEEPEST:
            raise RequestError(f"{name!r} has a key with more than {_DEEPEST} dots: {tensor.key[:60]!r} …")
    tensors = [msgspec.structs.replace(each, key=each.key.encode(errors="replace").decode()) for each in tensors]
    different = {tensor.identity: tensor for tensor in tensors}.values()
    params, size = sum(tensor.elements for tensor in different), sum(tensor.size for tensor in different)
    floating = [tensor.dtype for tensor in tensors if "float" in tensor.dtype or "complex" in tensor.dtype]
    counted: set[Hashable] = set()
    return Report(
        schema_version=SCHEMA_VERSION,
        tool=Tool("cnninspect", __version__),
        model=Model(name, name, "weights", "", name, {}),
        run=Run(
            NO_DEVICE, floating[0] if floating else "", NO_DEVICE, (), (), 0.0, cached=False, versions=dict(versions)
        ),
        totals=Totals(params, None, None, size, None, None, None, None, None),
        layers=tuple(_distinct((_row("", 0, "StateDict", tensors), *_rows("", 1, tensors, counted)))),
        uncounted_ops=(),
        notes=(*notes, *_NOTES),
    )


def _rows(start: str, depth: int, tensors: Sequence[StoredTensor], counted: set[Hashable]) -> Iterator[Layer]:
    """The rows of the tensors whose keys begin with ``start``: the dotted path of their module, with a dot."""
    groups: dict[tuple[str, bool], list[StoredTensor]] = {}
    for tensor in tensors:
        module = _MODULE.match(tensor.key, len(start))
        name = module[0] if module else tensor.key[len(start) :]
        groups.setdefault((name, module is not None), []).append(tensor)
    for (name, is_module), group in groups.items():
        if is_module:
            yield _row(start + name, depth, "Module", group)
            yield from _rows(f"{start}{name}.", depth + 1, group, counted)
            continue
        for tensor in group:
            own = 0 if tensor.identity in counted else tensor.elements
            counted.add(tensor.identity)
            settings = {"shape": list(tensor.shape), "dtype": tensor.dtype}
            yield _row(tensor.key, depth, "Tensor", [tensor], own, settings)


def _distinct(rows: Iterable[Layer]) -> Iterator[Layer]:
    """The rows with paths of their own: a file may have ``a`` beside ``a.b``, or an empty key."""
    seen: dict[str, int] = {}
    for row in rows:
        count = seen[row.path] = seen.get(row.path, 0) + 1
        path = row.path if count == 1 else f"{row.path} ({count})"
        yield row if count == 1 else msgspec.structs.replace(row, path=path, name=path.rpartition(".")[2])


def _row(
    path: str,
    depth: int,
    kind: str,
    tensors: Sequence[StoredTensor],
    own_params: int = 0,
    settings: Mapping[str, object] | None = None,
) -> Layer:
    """One row for ``tensors``, those at or below it; what only a forward pass could tell is unknown."""
    different = {tensor.identity: tensor for tensor in tensors}.values()
    return Layer(
        path=path,
        name=path.rpartition(".")[2],
        type=kind,
        depth=depth,
        call=0,
        inputs=(),
        outputs=(),
        params=sum(tensor.elements for tensor in different),
        own_params=own_params,
        trainable_params=None,
        param_bytes=sum(tensor.size for tensor in different),
        macs=None,
        own_macs=None,
        activations=None,
        output_bytes=None,
        settings=dict(settings or {}),
        receptive_field=None,
    )
