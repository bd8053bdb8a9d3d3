"""A picture of networks: published accuracy against MACs, each as large as its parameters. Drawn by matplotlib."""

import io
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, NamedTuple

from cnninspect.compare.comparison import Comparison
from cnninspect.errors import RequestError
from cnninspect.formats import side_by_side, words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LARGEST: Final = 1500  # of a bubble, in square points
_INCHES: Final = (8, 5)


class Picture(NamedTuple):
    """An image file's content, the networks that are not in it, and those whose MACs are lower bounds."""

    content: bytes
    left_out: list[str]
    bounds: list[str]


class _Bubble(NamedTuple):
    name: str
    giga_macs: float
    accuracy: float
    params: int
    is_on_front: bool = False


def check_installed() -> None:
    """Find out whether matplotlib is there, without importing it.

    Raises:
        RequestError: It isn't.
    """
    if find_spec("matplotlib") is None:
        raise RequestError("--plot needs matplotlib", hint="pip install 'cnninspect[plot]'")


def scatter(comparison: Comparison, file_format: str) -> Picture:
    """The picture, ``svg`` or ``png``, the same each time it is drawn.

    Raises:
        RequestError: Of no network is an accuracy published.
    """
    metrics = [side_by_side.first_metric(each)[0] for each in comparison.accuracy]
    metric = next((each for each in metrics if each), "")
    bubbles: list[_Bubble] = []
    left_out: list[str] = []
    bounds: list[str] = []
    front = comparison.front.indices if comparison.front else ()
    named = zip(comparison.names, comparison.reports, comparison.accuracy, strict=True)
    for index, (name, report, accuracy) in enumerate(named):
        (measured, value), held = side_by_side.first_metric(accuracy), report.totals
        if value is None or measured != metric or held.macs is None or held.params is None:
            left_out.append(words.safe(name))
        else:
            bubbles.append(_Bubble(words.safe(name), held.macs / 10**9, value, held.params, index in front))
            bounds += [words.safe(name)] if report.uncounted_ops else []
    if not bubbles:
        raise RequestError("nothing to plot: no accuracy is published for these models")
    return Picture(_drawn(bubbles, metric, file_format), left_out, bounds)


def _drawn(bubbles: list[_Bubble], metric: str, file_format: str) -> bytes:
    largest = max(bubble.params for bubble in bubbles) or 1

    def draw(figure: "Figure") -> None:
        axes = figure.add_subplot()
        for bubble in sorted(bubbles, key=lambda each: -each.params):  # small ones on top
            size = max(_LARGEST * bubble.params / largest, 12)
            edge, width = ("red", 2.0) if bubble.is_on_front else ("black", 0.5)
            axes.scatter(bubble.giga_macs, bubble.accuracy, s=size, alpha=0.6, edgecolors=edge, linewidths=width)
            place, above = (bubble.giga_macs, bubble.accuracy), (0, size**0.5 / 2 + 2)
            name = bubble.name.replace("$", r"\$")  # two would begin and end mathematics
            axes.annotate(name, place, above, textcoords="offset points", ha="center", fontsize=8)
        axes.set(xlabel="MACs of one forward pass (10⁹)", ylabel=metric, title="The area is the number of parameters")
        axes.margins(0.15)
        axes.grid(alpha=0.3)

    return saved(draw, _INCHES, file_format)


def saved(draw: "Callable[[Figure], None]", inches: tuple[float, float], file_format: str) -> bytes:
    """An image file's content, the same each time.

    Args:
        draw: Draws it.
        inches: Its width and height.
        file_format: ``svg`` or ``png``.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with (
        warnings.catch_warnings(action="ignore"),  # of letters that the font has not
        mpl.rc_context({"svg.hashsalt": "cnninspect", "svg.fonttype": "none", "font.family": "sans-serif"}),
    ):
        figure = Figure(figsize=inches, layout="constrained")
        FigureCanvasAgg(figure)
        draw(figure)
        out = io.BytesIO()
        figure.savefig(out, format=file_format, dpi=150, metadata={"Date": None} if file_format == "svg" else None)
    return words.in_xml(out.getvalue().decode()).encode() if file_format == "svg" else out.getvalue()
