"""A network explained in Python: of a spec, of a module, of a report."""

from typing import Any

import pytest
from torch import nn

from cnninspect import Report, explain_model, inspect_model
from cnninspect.errors import RequestError
from cnninspect.explain.explaining import explained
from cnninspect.explain.explanation import Explanation
from cnninspect.python_api import prepared_model

NET = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.MaxPool2d(2))
INPUT = (1, 3, 8, 8)


def _figures(explanation: Explanation) -> dict[str, int]:
    return {each.quantity: each.value for each in explanation.layers[0].formulas}


@pytest.mark.parametrize("layer", ["0", 0, "Conv2d"])
@pytest.mark.parametrize("model", [NET, "nn:Conv2d(3, 4, 3); ReLU(); MaxPool2d(2)"])
def test_a_model(model: Any, layer: Any) -> None:
    """(8 − 3)/1 + 1 = 6; 4·(3·3·3 + 1) = 112 parameters; a window of 3 and one of 2 on it need 4 pixels."""
    explanation = explain_model(model, layer, inputs=INPUT)
    figures = _figures(explanation)
    assert (figures["output height"], figures["parameters"]) == (6, 112)
    assert explanation.smallest.side == 4
    assert str(explanation).startswith(explanation.model.name)


def test_a_module_comes_back_as_it_was() -> None:
    NET.train()
    explain_model(NET, inputs=INPUT)
    assert NET.training
    assert not NET[0]._forward_hooks


def test_a_report_has_nothing_to_try() -> None:
    report: Report = inspect_model(NET, inputs=INPUT)
    explanation = explain_model(report, 0)
    assert _figures(explanation)["parameters"] == 112
    assert explanation.smallest.side is None


@pytest.mark.parametrize("unit", [(1, 2), [1, 2], "1,2"])
def test_a_unit(unit: Any) -> None:
    seen = explain_model(NET, 0, unit=unit, inputs=INPUT).seen[0]
    assert (seen.rows, seen.columns) == ((1, 3), (2, 4))


@pytest.mark.parametrize(
    ("layer", "unit", "says"),
    [
        ("Conv3d", None, "unknown layer 'Conv3d'"), (None, (1, 1), "a unit needs a layer"), (0, 3, "'3' is not a unit"),
        (0, (1, 2, 3), "'1,2,3' is not a unit"), (0, (9, 9), "has no unit 9,9"),
    ],
)  # fmt: skip
def test_what_can_not_be_explained(layer: Any, unit: Any, says: str) -> None:
    with pytest.raises(RequestError, match=says):
        explain_model(NET, layer, unit=unit, inputs=INPUT)


def test_a_side_is_tried_once_on_meta_and_once_in_earnest() -> None:
    """Of a network that takes any: at its own size, at 1, at those beside them and at twice its size."""
    said: list[str] = []
    with prepared_model(nn.Sequential(nn.Conv2d(3, 4, 3, padding=1)), inputs=INPUT) as subject:
        assert explained(subject, say=said.append).smallest.side == 1
    tried = [each for each in said if each.startswith("trying ")]
    assert sorted(tried) == sorted(f"trying {side}×{side}" for side in (8, 1, 16, 2, 3, 7, 9, 1))
