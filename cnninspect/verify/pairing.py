"""Which weight of the first network goes where in the second: by key, else by layer and order."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from torch import Tensor

from cnninspect.compare.alignment import Aligned
from cnninspect.verify.drawn_weights import memory_of
from cnninspect.verify.evidence import Mismatch, StateDictFit


class Pairing(NamedTuple):
    """Keys of the second network with those of the first whose values they get.

    Attributes:
        sources: From a key of the second to one of the first.
        is_by_key: They have the same keys; else they were found by layer and order.
        obstacle: Why the weights of the first can't be those of the second, in words; ``None`` if they can.
    """

    sources: dict[str, str]
    is_by_key: bool
    obstacle: str | None

    @property
    def way(self) -> str:
        """How they were found, in words."""
        return "by key" if self.is_by_key else "by layer and order"


def fit(first: Mapping[str, Tensor], second: Mapping[str, Tensor]) -> StateDictFit:
    """Whether the first's state dict loads into the second."""
    return StateDictFit(
        missing=tuple(key for key in second if key not in first),
        unexpected=tuple(key for key in first if key not in second),
        mismatched=tuple(
            Mismatch(key, tuple(first[key].shape), tuple(second[key].shape))
            for key in first
            if key in second and first[key].shape != second[key].shape
        ),
    )


def pair(
    first: Mapping[str, Tensor],
    second: Mapping[str, Tensor],
    alignment: Sequence[Aligned],
    *,
    is_second_given: bool = False,
    idle: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset()),
) -> Pairing:
    """Find for each tensor of the second network that of the first which it is to be equal to.

    If the keys and shapes are the same, by key. Else the tensors of aligned layers are paired, by their names in the
    layer, then what has a key in common, and what remains in the order of the state dicts if all shapes match.

    Args:
        first: What the first network holds, by key.
        second: What the second network holds.
        alignment: Of their leaf layers.
        is_second_given: The values are those of the second and go into the first.
        idle: Paths of layers of each that are never called: what they hold needs no counterpart.
    """
    if fit(first, second).is_whole:
        sources = {key: key for key in second}
        return Pairing(sources, is_by_key=True, obstacle=_torn(sources, first, second, is_back=is_second_given))
    search = _Search(first, second, idle)
    for entry in alignment:
        if entry.first is not None and entry.second is not None:
            search.take_layer(entry.first, entry.second)
    for key in first:
        search.take(key, key)
    search.take_rest()
    search.leave_idle()
    search.take_rest()
    obstacle = search.obstacle() or _torn(search.sources, first, second, is_back=is_second_given)
    return Pairing(search.sources, is_by_key=False, obstacle=obstacle)


class _Search:
    def __init__(
        self, first: Mapping[str, Tensor], second: Mapping[str, Tensor], idle: tuple[frozenset[str], frozenset[str]]
    ) -> None:
        self._first, self._second = dict(first), dict(second)
        self._idle = idle
        self.sources: dict[str, str] = {}

    def take(self, key: str, other: str) -> None:
        """Pair two keys, if both are still free and their shapes are the same."""
        if key in self._first and other in self._second:
            if self._first[key].shape != self._second[other].shape:
                return
            del self._first[key], self._second[other]
            self.sources[other] = key

    def take_layer(self, path: str, other_path: str) -> None:
        """Pair what two layers hold directly."""
        for name in _names_in(self._first, path):
            self.take(_key(path, name), _key(other_path, name))

    def leave_idle(self) -> None:
        """Let alone what is left of layers that are never called."""
        for side, idle in zip((self._first, self._second), self._idle, strict=True):
            for key in [key for key in side if key.rpartition(".")[0] in idle]:
                del side[key]

    def take_rest(self) -> None:
        """Pair what is left, in order, if that is possible for all of it."""
        shapes = [[tensor.shape for tensor in side.values()] for side in (self._first, self._second)]
        if shapes[0] == shapes[1]:
            for key, other in list(zip(self._first, self._second, strict=True)):
                self.take(key, other)

    def obstacle(self) -> str | None:
        """What has no counterpart; counters and tables of integers need none."""
        sides = [[key for key, tensor in side.items() if _is_weight(tensor)] for side in (self._first, self._second)]
        if not any(sides):
            return None
        parts = [
            f"{_listed(side, keys)} of the {which} {'has' if len(keys) == 1 else 'have'} no counterpart"
            for which, side, keys in zip(("first", "second"), (self._first, self._second), sides, strict=True)
            if keys
        ]
        return "; ".join(parts)


def _names_in(tensors: Mapping[str, Tensor], path: str) -> list[str]:
    return [name for parent, _, name in (key.rpartition(".") for key in tensors) if parent == path]


def _key(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _is_weight(tensor: Tensor) -> bool:
    return tensor.is_floating_point() or tensor.is_complex()


def _listed(tensors: Mapping[str, Tensor], keys: Sequence[str], most: int = 3) -> str:
    shown = [f"{key} ({'×'.join(map(str, tensors[key].shape)) or 'scalar'})" for key in keys[:most]]
    return ", ".join(shown) + (f" and {len(keys) - most} more" if len(keys) > most else "")


def _torn(
    sources: Mapping[str, str], first: Mapping[str, Tensor], second: Mapping[str, Tensor], *, is_back: bool
) -> str | None:
    """Does the network that is given its weights share what is two things in the other?"""
    pairs = [(source, key) if is_back else (key, source) for key, source in sources.items()]
    into, out_of = (first, second) if is_back else (second, first)
    names = ("first", "second") if is_back else ("second", "first")
    seen: dict[object, tuple[str, str]] = {}
    for key, source in pairs:
        other, other_source = seen.setdefault(memory_of(into[key]), (key, source))
        if memory_of(out_of[other_source]) != memory_of(out_of[source]):
            return f"the {names[0]} shares one tensor as {other} and {key}, which are two in the {names[1]}"
    return None
