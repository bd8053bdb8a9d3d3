"""One walk over the tensors in a value: where each stands, and the same value with others in their places."""

import dataclasses
import logging
import types
from collections import OrderedDict, UserDict, defaultdict, deque
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_sequence

from cnninspect import inspect_model
from cnninspect.capture.trials import resized
from cnninspect.loading.arrangement import copied
from cnninspect.tensor_tree import children, mapped, named_tensors
from cnninspect.verify.side import Side, run

ONE, TWO = torch.tensor([1.0]), torch.tensor([2.0])


class Pair(NamedTuple):
    left: Any
    right: Any


@dataclasses.dataclass
class Output:
    scores: Any
    rest: Any = None


@dataclasses.dataclass(frozen=True)
class Frozen:
    scores: Any
    rest: Any = None


@dataclasses.dataclass(frozen=True, slots=True)
class Slotted:
    scores: Any
    rest: Any = None


class Cache:
    """Keeps what it is given as attributes; its constructor wants more than a copy could give."""

    def __init__(self, *, keys: Any, values: Any) -> None:
        self.keys, self.values, self.length = keys, values, 7

    @property
    def both(self) -> Tensor:
        raise AssertionError("a property may compute anything")


@dataclasses.dataclass
class ModelOutput(OrderedDict[str, Any]):
    """As in transformers: its items are its fields that are not ``None``, and set together."""

    logits: Any = None
    hidden: Any = None

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            if getattr(self, field.name) is not None:
                super().__setitem__(field.name, getattr(self, field.name))

    def __reduce__(self) -> Any:
        remaining = tuple(super().__reduce__())[2:]
        return type(self), tuple(getattr(self, field.name) for field in dataclasses.fields(self)), *remaining

    def update(self, *_args: Any, **_kwargs: Any) -> None:
        raise TypeError("closed, as in transformers")


class Closed(dict[str, Any]):
    """As torch.fx's: what is in it stays."""

    def __setitem__(self, key: str, value: Any) -> None:
        raise TypeError("immutable")

    def __reduce__(self) -> Any:
        return type(self), (tuple(self.items()),)


class Slots:
    """Keeps its attributes in slots."""

    __slots__ = ("__weakref__", "first", "later")

    def __init__(self, first: Any) -> None:
        self.first = first


class Uncopyable:
    def __init__(self) -> None:
        self.tensor = ONE

    def __copy__(self) -> Any:
        raise ValueError("there is one of me")


VALUES = [
    pytest.param(ONE, {"": 1.0}, id="tensor"),
    pytest.param([ONE, None, [TWO]], {"0": 1.0, "2.0": 2.0}, id="list"),
    pytest.param((ONE, (TWO, "text")), {"0": 1.0, "1.0": 2.0}, id="tuple"),
    pytest.param({"out": ONE, 3: {"aux": TWO}}, {"out": 1.0, "3.aux": 2.0}, id="dict"),
    pytest.param(OrderedDict(b=ONE, a=TWO), {"b": 1.0, "a": 2.0}, id="ordered"),
    pytest.param(defaultdict(list, a=[ONE]), {"a.0": 1.0}, id="default"),
    pytest.param(UserDict({"a": ONE}), {"a": 1.0}, id="user's mapping"),
    pytest.param(Closed(a=ONE), {"a": 1.0}, id="immutable"),
    pytest.param(Pair(ONE, Pair(TWO, 3)), {"left": 1.0, "right.left": 2.0}, id="named tuple"),
    pytest.param(deque([ONE, TWO], maxlen=2), {"0": 1.0, "1": 2.0}, id="deque"),
    pytest.param(Output(ONE, [None, TWO]), {"scores": 1.0, "rest.1": 2.0}, id="dataclass"),
    pytest.param(Frozen(ONE, (TWO,)), {"scores": 1.0, "rest.0": 2.0}, id="frozen dataclass"),
    pytest.param(Slotted(ONE, TWO), {"scores": 1.0, "rest": 2.0}, id="dataclass with slots"),
    pytest.param(ModelOutput(ONE, (TWO,)), {"logits": 1.0, "hidden.0": 2.0}, id="model output"),
    pytest.param(Cache(keys=[ONE], values=TWO), {"keys.0": 1.0, "values": 2.0}, id="object"),
    pytest.param(Slots([ONE]), {"first.0": 1.0}, id="slots"),
    pytest.param(types.SimpleNamespace(inner=Cache(keys=ONE, values=0)), {"inner.keys": 1.0}, id="object in an object"),
    pytest.param(torch.return_types.max((ONE, TWO)), {"0": 1.0, "1": 2.0}, id="torch's own tuples"),
]


def figures(value: Any) -> dict[str, float]:
    return {place: tensor.item() for place, tensor in named_tensors(value)}


@pytest.mark.parametrize(("value", "expected"), VALUES)
def test_every_container(value: Any, expected: dict[str, float]) -> None:
    assert figures(value) == expected
    new = mapped(value, lambda tensor: tensor * 10)
    assert figures(new) == {place: 10 * number for place, number in expected.items()}
    assert type(new) is type(value)
    assert figures(value) == expected, "the caller's own stays as it is"


def test_what_else_a_container_has_comes_along() -> None:
    assert mapped(deque([ONE], maxlen=4), torch.neg).maxlen == 4
    assert mapped(defaultdict(list, a=ONE), torch.neg)["new"] == []
    assert mapped(Cache(keys=ONE, values=None), torch.neg).length == 7
    output = mapped(ModelOutput(ONE), torch.neg)
    assert output.logits is output["logits"]
    assert (output.hidden, list(output)) == (None, ["logits"])
    packed = mapped(pack_sequence([torch.ones(3), torch.ones(2)]), lambda tensor: tensor * 2)
    assert isinstance(packed, PackedSequence)
    assert packed.data.tolist() == [2.0] * 5


def test_a_mapping_that_only_shows_becomes_a_dict() -> None:
    assert mapped(types.MappingProxyType({"a": ONE}), torch.neg) == {"a": torch.tensor([-1.0])}


@pytest.mark.parametrize(
    "value",
    [
        nn.Linear(2, 2),
        nn.Linear,
        len,
        [].append,
        lambda: None,
        logging,
        logging.getLogger(),
        Output,
        Pair,
        "text",
        1.5,
        None,
    ],
)
def test_nothing_to_look_into(value: Any) -> None:
    assert named_tensors(value) == []
    assert mapped(value, torch.neg) is value
    assert named_tensors(Output(value)) == []


def test_what_has_no_tensor_is_not_copied_but_for_what_could_be_written_to() -> None:
    cache, given = Cache(keys=1, values=[2]), [1, {"a": 2}]
    assert mapped(cache, torch.neg) is cache
    new = mapped(given, torch.neg)
    new[1]["a"] = 3
    assert given == [1, {"a": 2}]


def test_what_cannot_be_copied_stays() -> None:
    value = Uncopyable()
    assert mapped([value], torch.neg)[0] is value
    assert value.tensor is ONE


def test_shared_is_shared_afterwards() -> None:
    inner = [ONE]
    calls = []

    def change(tensor: Tensor) -> Tensor:
        calls.append(tensor)
        return tensor * 10

    value: dict[str, Any] = {"a": ONE, "b": inner, "c": inner}
    assert figures(value) == {"a": 1.0, "b.0": 1.0, "c.0": 1.0}
    new = mapped(value, change)
    assert len(calls) == 1
    assert new["b"] is new["c"] is not inner
    assert new["b"][0] is new["a"]


def test_what_holds_itself_ends() -> None:
    ring: list[Any] = [ONE]
    ring.append((ring, TWO))
    assert figures(ring) == {"0": 1.0, "1.1": 2.0}
    new = mapped(ring, lambda tensor: tensor * 10)
    assert new[1][0] is new
    assert figures(new) == {"0": 10.0, "1.1": 20.0}
    node = Cache(keys=ONE, values=None)
    node.values = Cache(keys=TWO, values=node)
    assert figures(node) == {"keys": 1.0, "values.keys": 2.0}
    assert mapped(node, torch.neg).values.values.keys.item() == -1.0


def test_objects_are_looked_into_as_deep_as_caches_go() -> None:
    layers = types.SimpleNamespace(layers=[types.SimpleNamespace(keys=ONE)])
    assert figures(types.SimpleNamespace(self_attention=layers)) == {"self_attention.layers.0.keys": 1.0}
    deep: Any = types.SimpleNamespace(at=ONE)
    for _ in range(6):
        deep = types.SimpleNamespace(at=deep)
    assert named_tensors(deep) == []


def test_many_objects_that_know_one_another_are_looked_into_once() -> None:
    """Along every path from one to the next there are 30⁴ ways."""
    crowd = [types.SimpleNamespace(at=ONE) for _ in range(30)]
    for each in crowd:
        each.others = crowd
    looked = named_tensors(crowd[0])
    assert len(looked) == len(crowd)


def test_children_of_a_field_without_a_value() -> None:
    @dataclasses.dataclass
    class Late:
        now: int
        later: int = dataclasses.field(init=False)

    assert list(children(Late(1))) == [("now", 1)]


class Takes(nn.Module):
    """Wants a cache whose keys fit its input; gives one."""

    def forward(self, x: Tensor, cache: Cache) -> Cache:
        return Cache(keys=x + cache.keys, values=[cache.values])


def test_placing_copying_and_describing_know_the_same_containers() -> None:
    image, cache = torch.ones(1, 3, 8, 8), Cache(keys=torch.ones(1, 3, 8, 8), values=ONE)
    for device in ("cpu", "meta"):
        report = inspect_model(Takes(), inputs=[image, cache], device=device)
        assert [(spec.name, spec.shape) for spec in report.run.inputs] == [
            ("x", (1, 3, 8, 8)), ("cache.keys", (1, 3, 8, 8)), ("cache.values", (1,)),
        ]  # fmt: skip
        assert [spec.name for spec in report.run.outputs] == ["keys", "values.0"]
        assert report.totals.output_bytes == (3 * 8 * 8 + 1) * 4
    assert copied(cache, torch.device("cpu")).keys is not cache.keys
    assert not vars(cache.keys), "no receptive field hangs on the caller's tensors"
    smaller = resized(cache, 5, torch.device("cpu"))
    assert (smaller.keys.shape, smaller.values.item()) == ((1, 3, 5, 5), 1.0)
    side = Side("mine", Takes(), (((image, cache), {}),), torch.device("cpu"))
    assert run(side, 0, is_wide=True).keys.dtype == torch.float64


class Gives(nn.Module):
    """A linear layer (3 features to 2), and what is made of its output."""

    def __init__(self, make: Any) -> None:
        super().__init__()
        self.fc, self.make = nn.Linear(3, 2), make

    def forward(self, x: Tensor) -> Any:
        return self.make(self.fc(x))


@pytest.mark.parametrize(
    ("make", "shapes"),
    [
        (lambda y: deque([y]), [(4, 2)]),
        (lambda y: types.SimpleNamespace(logits=y), [(4, 2)]),
        (lambda y: y.numpy(), [(4, 2)]),
        (lambda y: {"y": y, "mean": y.mean(0).numpy()}, [(4, 2), (2,)]),
    ],
)
def test_every_tensor_that_is_given_is_an_output(make: Any, shapes: list[tuple[int, ...]]) -> None:
    report = inspect_model(Gives(make), inputs=["4x3"])
    assert [spec.shape for spec in report.run.outputs] == shapes
    assert report.notes == ()


@pytest.mark.parametrize(("make", "kind"), [(lambda y: (each for each in y), "generator"), (lambda y: {y}, "set")])
def test_what_hides_its_tensors_is_named_in_a_note(make: Any, kind: str) -> None:
    report = inspect_model(Gives(make), inputs=["4x3"])
    assert report.run.outputs == ()
    assert report.notes == (f"no tensor could be found in what the model itself (Gives) gives, of type {kind}",)
