"""From a request to an explanation: the one forward pass, and trials with other sizes of image."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from cnninspect import inspection, python_api
from cnninspect.errors import ModelError, RequestError
from cnninspect.explain import neurons
from cnninspect.explain.explanation import Explanation, explain
from cnninspect.explain.smallest import Smallest, search
from cnninspect.report import Report
from cnninspect.spec import Request
from cnninspect.subject import Subject

if TYPE_CHECKING:
    from typing import Unpack

    from torch import nn

    from cnninspect.capture.trials import Trials


def explain_model(
    model: "str | nn.Module | Report",
    layer: str | int | None = None,
    *,
    unit: tuple[int, int] | str | None = None,
    **run: "Unpack[python_api.RunKeywords]",
) -> Explanation:
    """Where the numbers of a network come from: the formulas of its layers with their own numbers put in.

    >>> explanation = explain_model("scratch:alexnet", "features.0", device="meta")
    >>> height = explanation.layers[0].formulas[1]
    >>> print(height.expression.text, "=", height.value)
    ⌊(224 + 2·2 − 1·(11 − 1) − 1)/4⌋ + 1 = 55
    >>> explanation.smallest.side  # its 9216 features are 6·6·256, which 223 to 254 pixels give
    223

    Args:
        model: As for ``inspect_model``; a module comes back as it was. Or a report, of which the formulas alone are
            told: the smallest input is found by running.
        layer: A path (``features.0``), a type (``Conv2d``: all of them) or a number (0: the first). By default every
            layer.
        unit: Row and column, from 0, in the output of ``layer``: which pixels of the input it sees is told, too.
        run: How it is run: ``inputs``, ``args``, ``device``, ``dtype``, ``mode``, ``weights``, ``source`` and ``seed``
            as for ``inspect_model``.

    Returns:
        A derivation a layer, with figures in elements, multiply-accumulates and pixels; the side in pixels of the
        smallest square image that the network takes; what the unit sees. ``print`` shows it all.

    Raises:
        RequestError: The request can't be carried out as written, or there is no such layer or unit.
        ModelError: The network can't be built, or its forward pass raises.
    """
    chosen = None if layer is None else str(layer)
    typed = ",".join(map(str, unit)) if isinstance(unit, list | tuple) else unit
    at = None if typed is None else neurons.parse(str(typed))
    if at and chosen is None:
        raise RequestError("a unit needs a layer", hint=f"name one: layer='Conv2d', unit={at}")
    if isinstance(model, Report):
        return explain(model, layer=chosen, unit=at)
    with python_api.prepared_model(model, **run) as subject:
        return explained(subject, layer=chosen, unit=at)


def explanation_of(
    request: Request,
    *,
    layer: str | None = None,
    unit: tuple[int, int] | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Explanation:
    """Run what a checked request names, and explain it.

    Args:
        request: Has been checked.
        layer: A path, a type or a number; ``None``: every layer.
        unit: Row and column in the output of the chosen layers.
        say: Is told what is being done: importing, building, the path of each layer, the side that is tried.

    Raises:
        RequestError: There is no such layer or unit.
        ModelError: The network can't be built, or its forward pass raises.
    """
    with inspection.prepared(request, on_step=say) as subject:
        return explained(subject, layer=layer, unit=unit, say=say)


def explained(
    subject: Subject,
    *,
    layer: str | None = None,
    unit: tuple[int, int] | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Explanation:
    """Run a network, and explain it.

    Args:
        subject: A network and its inputs, placed.
        layer: A path, a type or a number; ``None``: every layer.
        unit: Row and column in the output of the chosen layers.
        say: Is told what is being done.

    Raises:
        RequestError: There is no such layer or unit.
        ModelError: The forward pass raises.
    """
    report = inspection.inspect(subject, on_call=say)
    known = explain(report, layer=layer, unit=unit)  # what can't be carried out is said before the trials
    return msgspec.structs.replace(known, smallest=smallest_input(subject, say))


def smallest_input(subject: Subject, say: Callable[[str], None] = lambda _: None) -> Smallest:
    """The smallest square image that a network takes, tried on the meta device and held against its own device.

    Args:
        subject: The network, with an image that it takes.
        say: Is told which side is tried.
    """
    from cnninspect.capture.trials import image_sides

    sides = image_sides(subject.args, subject.kwargs)
    if sides is None:
        return Smallest(None, ("the smallest square input is unknown: the input is not an image, or of several sizes",))
    side = max(sides)
    trials = _trials(subject, say, is_shared=subject.is_shared and subject.placed is subject.original)
    quick = trials if subject.device.type == "meta" else _on_meta(subject, say)
    if quick is not None and quick.runs(side):
        found = search(quick, side, is_cheap=True)
        if quick is trials or found.side is None or _is_so(trials, found.side, known=sides):
            return found
    return search(trials, side, is_cheap=False)


def _is_so(trials: "Trials", side: int, *, known: tuple[int, int]) -> bool:
    """Does the network run at ``side`` and fail at the next smaller one where it really runs?"""
    runs = known == (side, side) or trials.runs(side)
    return runs and (side == 1 or not trials.runs(side - 1))


def _on_meta(subject: Subject, say: Callable[[str], None]) -> "Trials | None":
    """The same on a copy that has no values; ``None`` if it can't be copied."""
    from cnninspect.loading import placement

    device = placement.find_device("meta")
    try:
        copied = placement.place(subject.placed, device, None)
    except ModelError:
        return None
    moved = subject._replace(placed=copied, device=device)
    return _trials(moved, say, is_shared=copied is subject.placed)


def _trials(subject: Subject, say: Callable[[str], None], *, is_shared: bool) -> "Trials":
    from cnninspect.capture.trials import Trials

    return Trials(
        subject.placed, subject.args, subject.kwargs, device=subject.device, mode=subject.mode, seed=subject.seed,
        keep=is_shared, on_trial=lambda side: say(f"trying {side}×{side}"),
    )  # fmt: skip
