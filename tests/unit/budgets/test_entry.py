"""An entry as it is written in a file; what a whole file comes to is in tests/functional."""

import msgspec
import pytest

from cnninspect.budgets import limits
from cnninspect.budgets.entry import LIMITS, Entry
from cnninspect.spec.run_options import several


def entry(**keys: object) -> Entry:
    return msgspec.convert({"model": "net.py:Net"} | {key.replace("_", "-"): keys[key] for key in keys}, Entry)


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        (None, ()),
        ((), ()),
        (62, ("62",)),
        ("62M", ("62M",)),
        (("Conv2d=5", 20), ("Conv2d=5", "20")),
        ({"Conv2d": 5, "BatchNorm*": "0"}, ("Conv2d=5", "BatchNorm*=0")),
    ],
)
def test_one_or_several(value: str | int | None, texts: tuple[str, ...]) -> None:
    assert several(value) == texts


@pytest.mark.parametrize("name", LIMITS)
def test_every_budget_is_a_key_with_its_own_limit(name: str) -> None:
    (budget,) = limits.of(entry(**{name: 3}))
    assert isinstance(budget, limits.Budget)
    assert (budget.name, budget.limit, budget.is_upper) == (name, 3, name.startswith("max-"))
    assert budget.figure is LIMITS[name].figure
    assert budget.unit == {"size": "bytes", "receptive-field": "pixels"}.get(name.partition("-")[2], "")


def test_only_layers_may_have_several_budgets() -> None:
    found = list(limits.of(entry(max_layers={"Conv2d": 1, "Linear": 2}, min_layers=[3, "ReLU=1"])))
    assert [budget.name for budget in found if isinstance(budget, limits.Budget)] == [
        "max-layers Conv2d", "max-layers Linear", "min-layers", "min-layers ReLU",
    ]  # fmt: skip
    for name in LIMITS:
        if not name.endswith("-layers"):
            with pytest.raises(msgspec.ValidationError, match=rf"Expected `int \| str \| null`.*\$\.{name}"):
                entry(**{name: [1, 2]})


def test_budgets_are_judged_in_the_order_of_the_fields() -> None:
    typed = {"require": "ReLU", "forbid": "GELU", "output_shape": "1x2", **dict.fromkeys(reversed(LIMITS), 1)}
    found = list(limits.of(entry(**typed)))
    names = [budget.name for budget in found]
    assert names == [*LIMITS, None, "forbid GELU", "require ReLU"]  # the outputs in order have no name


@pytest.mark.parametrize("key", ["max_params", "maxparams", "max-convolutions", "limits", "update"])
def test_unknown_key(key: str) -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        msgspec.convert({"model": "net.py:Net", key: 1}, Entry)
