"""``draw_model``: a picture of a network, for Python and notebooks."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cnninspect import inspection, python_api
from cnninspect.draw.draw_view import DrawView
from cnninspect.errors import RequestError
from cnninspect.report import Report
from cnninspect.shown import ShownPicture

if TYPE_CHECKING:
    from typing import Unpack

    from torch import nn


class NetworkPicture(ShownPicture, frozen=True, kw_only=True):
    """A picture to be: a notebook shows it as SVG, ``print`` as lines.

    Attributes:
        report: Of the network, with its graph.
        view: What of it is drawn, and how.
    """

    report: Report
    view: DrawView


def draw_model(
    model: "str | nn.Module | Report",
    *,
    style: str = "graph",
    depth: int | None = None,
    fold: bool = True,
    only: str | Sequence[str] = (),
    color: str | None = None,
    highlight: str | Sequence[str] = (),
    **run: "Unpack[python_api.RunKeywords]",
) -> NetworkPicture:
    """Draw a network: its layers and operators with every skip connection, or its feature maps as blocks.

    >>> picture = draw_model("scratch:alexnet", style="blocks", device="meta")
    >>> picture.svg()[:38]
    '<svg xmlns="http://www.w3.org/2000/svg'

    Args:
        model: As for ``inspect_model``, or a report that has a graph; a module comes back as it was.
        style: ``graph`` or ``blocks``.
        depth: Levels of modules that are opened; ``None``: as many as can be read at a glance.
        fold: Equal neighbouring blocks are one, with their number.
        only: Patterns of the paths or types of the rows that are drawn.
        color: What colours tell: ``macs``, ``params``, ``memory`` (bytes of the outputs) or ``receptive_field``.
        highlight: Patterns of the rows that stand out.
        run: How it is run: ``inputs``, ``args``, ``device``, ``dtype``, ``mode``, ``weights``, ``source`` and ``seed``
            as for ``inspect_model``.

    Returns:
        The picture, with ``svg()``; a notebook shows it.

    Raises:
        RequestError: The request can't be carried out as written, or a pattern matches nothing.
        ModelError: The network can't be built, its forward pass raises, or its graph is unknown.
    """
    view = DrawView(
        style=style, depth=depth, fold=fold, only=_several(only), color=color, highlight=_several(highlight)
    )
    if isinstance(model, Report):
        report = model
        if report.graph is None:
            raise RequestError("the report has no graph", hint="draw the model, or save it with summary --ops")
    else:
        with python_api.prepared_model(model, **run) as subject:
            report = inspection.inspect(subject, with_graph=True)
    return NetworkPicture(report=report, view=view)


def _several(patterns: str | Sequence[str]) -> tuple[str, ...]:
    return (patterns,) if isinstance(patterns, str) else tuple(patterns)
