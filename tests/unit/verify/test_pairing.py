"""Which weight goes where: by key, by layer, by order, or nowhere."""

import torch
from torch import nn

from cnninspect.compare.alignment import Aligned, Status
from cnninspect.verify.drawn_weights import held
from cnninspect.verify.evidence import Mismatch
from cnninspect.verify.pairing import fit, pair

PAIRED = Aligned(Status.same, "a", "conv", {})


def test_state_dicts_that_fit_and_do_not() -> None:
    first = {"a": torch.ones(2), "b": torch.ones(2, 3), "c": torch.ones(())}
    second = {"b": torch.ones(3, 2), "c": torch.ones(()), "d": torch.ones(1)}
    assert fit(first, first).is_whole
    found = fit(first, second)
    assert (found.missing, found.unexpected) == (("d",), ("a",))
    assert found.mismatched == (Mismatch("b", (2, 3), (3, 2)),)


def test_by_key_if_all_keys_and_shapes_are_the_same() -> None:
    tensors = {"a.weight": torch.ones(2, 2), "b.weight": torch.ones(2, 2)}
    pairing = pair(tensors, dict(reversed(tensors.items())), ())
    assert pairing.is_by_key
    assert pairing.sources == {"a.weight": "a.weight", "b.weight": "b.weight"}


def test_by_layer_before_what_the_keys_say() -> None:
    """One layer more moves the numbers of a Sequential: ``1.weight`` is another layer then."""
    first = {"0.weight": torch.ones(2, 2), "1.weight": torch.ones(2, 2)}
    second = {"1.weight": torch.ones(2, 2), "2.weight": torch.ones(2, 2)}
    alignment = [Aligned(Status.same, "0", "1", {}), Aligned(Status.same, "1", "2", {})]
    pairing = pair(first, second, alignment)
    assert (pairing.is_by_key, pairing.obstacle) == (False, None)
    assert pairing.sources == {"1.weight": "0.weight", "2.weight": "1.weight"}


def test_what_no_layer_holds_goes_by_key_and_then_by_order() -> None:
    first = {"a.weight": torch.ones(2), "scale": torch.ones(3), "x": torch.ones(4), "y": torch.ones(4)}
    second = {"conv.weight": torch.ones(2), "p": torch.ones(4), "scale": torch.ones(3), "q": torch.ones(4)}
    pairing = pair(first, second, [PAIRED])
    assert pairing.sources == {"conv.weight": "a.weight", "scale": "scale", "p": "x", "q": "y"}
    assert pairing.obstacle is None


def test_by_order_only_if_every_shape_matches() -> None:
    first = {"x": torch.ones(4), "y": torch.ones(4)}
    second = {"p": torch.ones(4), "q": torch.ones(5)}
    pairing = pair(first, second, ())
    assert pairing.sources == {}
    assert pairing.obstacle == (
        "x (4), y (4) of the first have no counterpart; p (4), q (5) of the second have no counterpart"
    )


def test_a_counter_needs_no_counterpart() -> None:
    """``num_batches_tracked`` came later than batch normalisation."""
    first = {"a.weight": torch.ones(2), "a.num_batches_tracked": torch.tensor(0)}
    pairing = pair(first, {"conv.weight": torch.ones(2)}, [PAIRED])
    assert pairing.obstacle is None


def test_two_values_do_not_go_into_one_place() -> None:
    """In the direction in which the weights go: what is shared can be given to two."""
    apart = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    shared = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    shared[1].weight = shared[0].weight
    into_shared = pair(held(apart), held(shared), ()).obstacle
    assert into_shared == "the second shares one tensor as 0.weight and 1.weight, which are two in the first"
    assert pair(held(shared), held(apart), ()).obstacle is None
    assert pair(held(apart), held(shared), (), is_second_given=True).obstacle is None
    back = pair(held(shared), held(apart), (), is_second_given=True).obstacle
    assert back == "the first shares one tensor as 0.weight and 1.weight, which are two in the second"
