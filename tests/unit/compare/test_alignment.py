"""Layers of hand-made reports beside each other."""

from collections import Counter
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnninspect.compare import alignment
from cnninspect.compare.alignment import Aligned, Status, align
from cnninspect.report import Layer, Report, TensorSpec
from tests.canned import REPORT


def layer(path: str, kind: str, channels: tuple[int, int] = (1, 1), **fields: Any) -> Layer:
    """A layer of the canned report, with other words and shapes."""
    shapes = [(TensorSpec("", (1, count, 8, 8), "float32"),) for count in channels]
    plain: dict[str, Any] = {"inputs": shapes[0], "outputs": shapes[1], "settings": {}, "params": 0, "own_params": 0}
    place = {"path": path, "name": path.rpartition(".")[2], "type": kind, "call": 1, "own_macs": 0}
    return msgspec.structs.replace(REPORT.layers[4], **(place | plain | fields))


def network(*layers: Layer) -> Report:
    return msgspec.structs.replace(REPORT, layers=(layer("", "Net"), *layers))


def conv(path: str, out: int, kernel: int = 3, into: int = 1) -> Layer:
    count = out * into * kernel**2
    return layer(
        path, "Conv2d", (into, out), settings={"kernel_size": [kernel, kernel]}, params=count, own_params=count
    )


def test_names_do_not_matter() -> None:
    first, second = network(conv("a", 4), layer("b", "ReLU")), network(conv("stem", 4), layer("act", "ReLU"))
    assert align(first, second) == (Aligned(Status.same, "a", "stem"), Aligned(Status.same, "b", "act"))


def test_changed_settings_are_named() -> None:
    (entry,) = align(network(conv("a", 4)), network(conv("a", 4, kernel=5)))
    assert entry == Aligned(
        Status.changed, "a", "a", {"kernel_size": ([3, 3], [5, 5]), "params": (36, 100)}
    )  # 4·9 and 4·25


def test_changed_shape_is_named() -> None:
    (entry,) = align(network(layer("a", "ReLU", (1, 1))), network(layer("a", "ReLU", (1, 2))))
    assert entry.changes == {"outputs": (["1x1x8x8:float32"], ["1x2x8x8:float32"])}


def test_another_type_is_another_layer() -> None:
    entries = align(network(layer("a", "ReLU")), network(layer("a", "GELU")))
    assert entries == (Aligned(Status.only_first, "a", None), Aligned(Status.only_second, None, "a"))


def test_most_alike_are_paired() -> None:
    # of two 3×3 convolutions the one of the same width is the changed one
    first, second = network(conv("a", 4)), network(conv("a", 9, into=7), conv("b", 4, into=2))
    assert [(entry.status, entry.second) for entry in align(first, second)] == [
        (Status.only_second, "a"), (Status.changed, "b"),
    ]  # fmt: skip


def test_containers_count_only_with_something_of_their_own() -> None:
    inner = layer("block.inner", "ReLU")
    empty, holding = layer("block", "Block"), layer("block", "Block", own_params=8, params=8)
    assert [entry.first for entry in align(network(empty, inner), network(empty, inner))] == ["block.inner"]
    with_own = align(network(holding, inner), network(empty, inner))
    assert [(entry.status, entry.first) for entry in with_own] == [
        (Status.only_first, "block"), (Status.same, "block.inner"),
    ]  # fmt: skip


def test_every_call_is_a_layer() -> None:
    once, twice = layer("a", "ReLU"), layer("a", "ReLU", call=2)
    assert [entry.status for entry in align(network(once), network(once, twice))] == [Status.same, Status.only_second]


@pytest.mark.parametrize("most", [0, 10**6])
def test_equal_layers_are_matched_whatever_the_size(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(alignment, "_MOST_CELLS", most)
    layers = [conv(str(place), place + 1) for place in range(12)]
    first, second = network(*layers[:5], *layers[6:], layer("x", "ReLU")), network(*layers, layer("x", "ReLU", (2, 2)))
    found = align(first, second)
    assert [entry.second for entry in found if entry.status is Status.only_second] == ["5"]
    assert [entry.first for entry in found if entry.status is Status.changed] == ["x"]
    small, middle, large = conv("a", 4, 3), conv("b", 4, 5), conv("c", 4, 7)
    shifted = align(network(small, middle), network(middle, large))
    assert [(entry.status, entry.first, entry.second) for entry in shifted] == [
        (Status.only_first, "a", None), (Status.same, "b", "b"), (Status.only_second, None, "c"),
    ]  # fmt: skip


#: A few layers that return often, as in a network.
KINDS = st.sampled_from(
    [("ReLU", {}), ("Conv2d", {"kernel_size": [3, 3]}), ("Conv2d", {"kernel_size": [1, 1]}), ("MaxPool2d", {})]
)
Kind = tuple[str, dict[str, list[int]]]


def sequential(kinds: list[Kind]) -> Report:
    """Layers that are called by their place, as those of ``nn.Sequential`` are."""
    return network(*(layer(str(place), kind, settings=settings) for place, (kind, settings) in enumerate(kinds)))


@settings(max_examples=100)
@given(st.lists(KINDS, min_size=1, max_size=12))
def test_a_network_against_itself(kinds: list[Kind]) -> None:
    itself = sequential(kinds)
    assert align(itself, itself) == tuple(Aligned(Status.same, str(place), str(place)) for place in range(len(kinds)))


@pytest.mark.parametrize("most", [0, 10**6])
@settings(max_examples=100)
@given(parts=st.lists(KINDS | st.sampled_from([("GELU", {}), ("Dropout", {})]), max_size=16))
def test_layers_of_one_network_only_are_these(most: int, parts: list[Kind]) -> None:
    """Only the first has GELU and only the second Dropout: no layer could stand in place of another."""
    parts = [("ReLU", {}), *parts]
    mine, others = ([kind for kind in parts if kind[0] != left_out] for left_out in ("Dropout", "GELU"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alignment, "_MOST_CELLS", most)
        found = align(sequential(mine), sequential(others))
    alone = [
        [str(place) for place, kind in enumerate(side) if kind[0] == new]
        for side, new in ((mine, "GELU"), (others, "Dropout"))
    ]
    shared = [
        [str(place) for place, kind in enumerate(side) if kind[0] not in {"GELU", "Dropout"}] for side in (mine, others)
    ]
    assert [entry.first for entry in found if entry.status is Status.only_first] == alone[0]
    assert [entry.second for entry in found if entry.status is Status.only_second] == alone[1]
    assert [(entry.first, entry.second) for entry in found if entry.status is Status.same] == list(
        zip(*shared, strict=True)
    )
    assert len(found) == len(parts)


@pytest.mark.parametrize("most", [0, 10**6])
@settings(max_examples=100)
@given(kinds=st.lists(KINDS, min_size=1, max_size=10), new=st.lists(st.tuples(st.integers(0, 10), KINDS), max_size=6))
def test_layers_put_in_anywhere_are_what_is_found(most: int, kinds: list[Kind], new: list[tuple[int, Kind]]) -> None:
    """Which of two equal layers is the new one nobody can tell, but how many of each kind are."""
    longer = list(kinds)
    for place, kind in new:
        longer.insert(place, kind)
    short, long = sequential(kinds), sequential(longer)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alignment, "_MOST_CELLS", most)
        put_in, taken_out = align(short, long), align(long, short)
    alone = (
        [entry.second for entry in put_in if entry.status is Status.only_second],
        [entry.first for entry in taken_out if entry.status is Status.only_first],
    )
    for paths in alone:
        assert Counter(str(longer[int(path or "")]) for path in paths) == Counter(str(kind) for _, kind in new)
    for entries in (put_in, taken_out):
        assert sum(entry.status is Status.same for entry in entries) == len(kinds)
        assert len(entries) == len(longer)
