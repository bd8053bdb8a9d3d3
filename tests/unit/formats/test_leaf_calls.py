"""The flat list of layers written by hand: which rows there are, what is a row's own, in which order."""

import pytest
from msgspec.structs import replace

from cnninspect.errors import RequestError
from cnninspect.formats.leaf_calls import Listing, listed
from cnninspect.report import Layer, Report
from tests.canned import REPORT
from tests.unit.test_layer_tree import WHOLE, layer


def held(number: int, *, own: int | None = None) -> dict[str, int]:
    return {
        "params": number, "own_params": number if own is None else own, "trainable_params": number,
        "param_bytes": 4 * number,
    }  # fmt: skip


#: A network that holds 3 parameters itself, an attention that calls nothing inside it but holds 5 of its 12 itself.
LAYERS = (
    replace(WHOLE, **held(45, own=3), macs=130, own_macs=10, activations=9),
    layer("body", "Sequential", **held(24, own=0), macs=100, activations=6),
    layer("body.0", "Conv2d", **held(20), macs=90, own_macs=90, activations=4),
    layer("body.1", "ReLU"),
    layer("body.2", "Linear", **held(4), macs=10, own_macs=10, activations=2),
    layer("attention", "MultiheadAttention", **held(12, own=5), macs=20, own_macs=20, activations=2),
    layer("attention.out", "Linear", **held(7), call=0, macs=None, activations=None),
    layer("body.1", "ReLU", call=2),
    layer("spare", "Linear", **held(6), call=0, macs=None),
)
NET = replace(REPORT, layers=LAYERS, uncounted_ops=())


def shown(listing: Listing, report: Report = NET) -> list[str]:
    return [each.layer.path for each in listed(report, listing)[0]]


def test_leaf_calls_and_what_the_others_do_themselves() -> None:
    nodes, number = listed(NET, Listing())
    rows = [(node.layer.path, node.layer.params, node.layer.macs, node.is_rest) for node in nodes]
    # all in all 3 + 20 + 4 + 12 + 6 parameters and 10 + 90 + 10 + 20 MACs, each of them once
    assert rows == [
        ("", 3, 10, True),
        ("body.0", 20, 90, False),
        ("body.1", 0, 0, False),
        ("body.2", 4, 10, False),
        ("body.1", 0, 0, False),
        ("attention", 12, 20, False),  # in which nothing is called
        ("spare", 6, None, False),
    ]
    assert number == 7
    own = nodes[0].layer
    # 45 − 24 − 12 − 6 parameters of 4 bytes; 9 − 6 − 2 activations, and those of what never ran are 0
    assert (own.trainable_params, own.param_bytes, own.activations) == (3, 12, 1)


def test_what_can_not_be_told_apart_is_unknown() -> None:
    """A parameter that two layers share is in the parameters of both, and once in those of the network."""
    tied = (replace(LAYERS[0], params=41, trainable_params=41), *LAYERS[1:])
    own: Layer = listed(replace(NET, layers=tied), Listing())[0][0].layer
    assert (own.params, own.trainable_params, own.param_bytes) == (3, None, None)


@pytest.mark.parametrize(
    ("patterns", "paths"),
    [
        (["body.*"], ["body.0", "body.1", "body.2", "body.1"]),
        (["Conv2d"], ["body.0"]),
        (["*Linear"], ["body.2", "attention.out", "spare"]),
        (["body.0", "Linear"], ["body.0", "body.2", "attention.out", "spare"]),
        (["body"], ["body.0", "body.1", "body.2", "body.1"]),  # what is in it
        (["Sequential"], ["body.0", "body.1", "body.2", "body.1"]),
        (["attention.*"], ["attention.out"]),  # never called, but asked for
    ],
)
def test_only(patterns: list[str], paths: list[str]) -> None:
    assert shown(Listing(tuple(patterns))) == paths


@pytest.mark.parametrize(
    ("pattern", "nearest"),
    [("conv2d", "Conv2d"), ("bdy.*", "body"), ("body.9", "body.0"), ("xyz", "a path or a type as in the table")],
)
def test_what_matches_nothing_is_told_with_the_nearest(pattern: str, nearest: str) -> None:
    with pytest.raises(RequestError, match="no layer has a path or a type like") as raised:
        listed(NET, Listing((pattern,)))
    assert repr(pattern) in raised.value.message
    assert nearest in str(raised.value.hint)


def test_a_name_with_brackets_is_itself_before_it_is_a_pattern() -> None:
    assert shown(Listing(("[bold]",)), REPORT) == ["[bold]"]


@pytest.mark.parametrize(
    ("listing", "paths"),
    [
        (Listing(top=2), ["body.0", "attention"]),  # 20 and 12 parameters
        (Listing(sort="macs", top=2), ["attention", "body.0"]),  # the largest, the smaller of them first
        (Listing(sort="macs", is_descending=True, top=3), ["body.0", "attention", ""]),  # as it ran among equals
        (Listing(("body.*",), "params", is_descending=True), ["body.0", "body.2", "body.1", "body.1"]),
        (Listing(("Linear",), "macs"), ["body.2", "attention.out", "spare"]),  # unknown ones last, either way
        (Listing(("Linear",), "macs", is_descending=True), ["body.2", "attention.out", "spare"]),
        (Listing(("Linear",), top=99), ["attention.out", "spare", "body.2"]),
    ],
)
def test_order(listing: Listing, paths: list[str]) -> None:
    assert shown(listing) == paths


def test_parameters_of_an_earlier_call_are_not_among_the_largest() -> None:
    again = (*LAYERS, replace(LAYERS[2], call=2, own_params=0))
    found = listed(replace(NET, layers=again), Listing(("Conv2d", "Linear"), top=4))[0]
    assert [(each.layer.path, each.layer.call) for each in found] == [
        ("body.0", 1), ("attention.out", 0), ("spare", 0), ("body.2", 1),
    ]  # fmt: skip


def test_a_file_of_weights_has_no_calls_but_leaves() -> None:
    stored = replace(REPORT.run, device="none")
    layers = (
        replace(WHOLE, **held(9, own=0), call=0, macs=None),
        layer("a", "Module", **held(9, own=0), call=0, macs=None),
        layer("a.weight", "Tensor", **held(8), call=0, macs=None),
        layer("a.bias", "Tensor", **held(1), call=0, macs=None),
    )
    assert shown(Listing(top=1), replace(REPORT, run=stored, layers=layers)) == ["a.weight"]
    assert shown(Listing(("a",)), replace(REPORT, run=stored, layers=layers)) == ["a.weight", "a.bias"]
