"""Layers on a matrix in one call, as the tests want it."""

from typing import Any

from cnninspect.apply import running
from cnninspect.apply.applied import Applied
from cnninspect.apply.given import parse_given
from cnninspect.apply.values import parse_maps
from cnninspect.loading import inline
from cnninspect.spec import InlineModel, parse_model


def applied(
    layers: str, values: str, weight: tuple[str, ...] = (), bias: tuple[str, ...] = (), **options: Any
) -> Applied:
    model = parse_model(f"nn:{layers}")
    assert isinstance(model, InlineModel)
    types = [layer.name for layer in model.layers]
    return running.apply(
        inline.build(model, None),
        types,
        parse_maps(values),
        weights=parse_given(weight, "--weight", types),
        biases=parse_given(bias, "--bias", types),
        **options,
    )
