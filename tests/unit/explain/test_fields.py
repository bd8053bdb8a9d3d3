"""How the field grows where paths meet: the arithmetic of the union, and silence where what meets can't be told."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from torch import Tensor, nn

from cnninspect import inspect_model
from cnninspect.explain.derivation import derive
from cnninspect.explain.fields import INPUT, chain, steps
from cnninspect.report import Report
from tests.reference.small_networks.exactness import Calls

FIELD = ("receptive field", "effective stride", "effective padding")


def formulas(report: Report, path: str) -> dict[str, tuple[str, int]]:
    (found,) = derive(report, [path])
    return {each.quantity: (each.expression.text, each.value) for each in found.formulas if each.quantity in FIELD}


def causal(end: Callable[[Any, Tensor], Tensor], **layers: nn.Module) -> Report:
    """A convolution of 3 with two elements of padding before, beside one with two behind, and what comes after."""
    module = Calls(
        lambda m, x: end(m, m.a(m.before(x)) + m.b(m.behind(x))),
        before=nn.ZeroPad2d((2, 0, 2, 0)), a=nn.Conv2d(1, 1, 3),
        behind=nn.ZeroPad2d((0, 2, 0, 2)), b=nn.Conv2d(1, 1, 3), **layers,
    )  # fmt: skip
    return inspect_model(module, inputs=["1x1x12x12"])


def test_the_union_stands_in_the_formula() -> None:
    """2 before or none; 1 or 3 from an element's own place on: 5 in all; then a kernel of 3 at stride 1."""
    report = causal(lambda m, y: m.c(y), c=nn.Conv2d(1, 1, 3, 2, 1))
    assert formulas(report, "c") == {
        "receptive field": ("max(2, 0) + max(3 − 2, 3 − 0) + 1·(3 − 1)·1", 7),
        "effective stride": ("1·2", 2),
        "effective padding": ("max(2, 0) + 1·1", 3),
    }
    paths = [layer.path for layer in report.layers]
    found = steps(report.layers)
    assert found[paths.index("c")].builds_on == (paths.index("a"), paths.index("b"))
    order = chain(found, report.layers, paths.index("c"))
    assert [paths[i] for i in order] == ["before", "a", "behind", "b", "c"]
    assert found[order[0]].builds_on == found[order[2]].builds_on == (INPUT,)


def test_a_layer_without_windows_may_be_where_paths_meet() -> None:
    report = causal(lambda m, y: m.c(m.relu(y)), relu=nn.ReLU(), c=nn.Conv2d(1, 1, 3, 2, 1))
    assert formulas(report, "relu") == {
        "receptive field": ("max(2, 0) + max(3 − 2, 3 − 0)", 5),
        "effective stride": ("1", 1),
        "effective padding": ("max(2, 0)", 2),
    }
    assert formulas(report, "c")["receptive field"] == ("5 + 1·(3 − 1)·1", 7)


def test_one_path_that_sees_all_stands_for_the_others() -> None:
    """A residual block: the formula is that of its longer path."""
    module = Calls(lambda m, x: m.c(m.b(m.a(x)) + x), **{name: nn.Conv2d(1, 1, 3, 1, 1) for name in "abc"})
    report = inspect_model(module, inputs=["1x1x12x12"])
    assert formulas(report, "c")["receptive field"] == ("5 + 1·(3 − 1)·1", 7)


def test_pixels_that_are_laid_out_anew() -> None:
    """A block of 2; 2 + 2·2 behind a kernel of 3; then one more of half the stride."""
    network = nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(4, 4, 3, padding=1), nn.PixelShuffle(2))
    report = inspect_model(network, inputs=["1x1x12x12"])
    assert formulas(report, "0")["receptive field"] == ("1 + 1·(2 − 1)·1", 2)
    assert formulas(report, "1")["receptive field"] == ("2 + 1·(3 − 1)·2", 6)
    assert formulas(report, "2") == {
        "receptive field": ("6 + (2 − 1)·(2/2)", 7),
        "effective stride": ("2/2", 1),
        "effective padding": ("2 + (2 − 1)·(2/2)", 3),
    }


@pytest.mark.parametrize(
    ("function", "channels"),
    [
        (lambda x: torch.cat([x[..., i::2, j::2] for i in (0, 1) for j in (0, 1)], 1), 4),
        (lambda x: x[..., 1:, 1:] - x[..., :-1, :-1], 1),
        (lambda x: F.avg_pool2d(x, 2), 1),
    ],
)
def test_what_a_function_changes_has_no_formula(function: Callable[[Tensor], Tensor], channels: int) -> None:
    """The field is known, but which maps meet in it isn't: no layer gives them."""
    report = inspect_model(Calls(lambda m, x: m.c(function(x)), c=nn.Conv2d(channels, 4, 3)), inputs=["1x1x12x12"])
    (found,) = derive(report, ["c"])
    assert report.layers[1].receptive_field
    assert not formulas(report, "c")
    assert "no formula for its receptive field" in found.remarks[0]
