"""What ``draw`` shows: the graph of a network as rows and rails, or its main path as blocks, in any format."""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from cnninspect.draw.draw_view import DrawView
from cnninspect.draw.drawing import DrawnGraph, drawing_of
from cnninspect.draw.network_picture import NetworkPicture
from cnninspect.errors import RequestError
from cnninspect.formats import Format, Terminal, words
from cnninspect.formats.document import Document
from cnninspect.formats.presentation import Presentation
from cnninspect.formats.records import Records
from cnninspect.report import Report
from cnninspect.shown import ShownPicture

#: Of ``draw``; the default first.
FORMATS: Final = (
    Format.table, Format.svg, Format.png, Format.html, Format.dot, Format.mermaid, Format.tikz, Format.json,
)  # fmt: skip
#: In which blocks can be drawn.
OF_BLOCKS: Final = (Format.svg, Format.png, Format.html)


def _of_graph(report: Report, view: DrawView, terminal: Terminal) -> Presentation:
    """The rows and rails."""
    from cnninspect.formats import graph_languages, graph_page, graph_svg, graph_text

    drawing = drawing_of(report, view)
    own: Mapping[Format, Callable[[], str]] = {
        Format.table: lambda: graph_text.render(drawing, terminal),
        Format.svg: lambda: graph_svg.render(drawing),
        Format.html: lambda: graph_page.rendered(report, view),
        Format.dot: lambda: graph_languages.dot(drawing),
        Format.mermaid: lambda: graph_languages.mermaid(drawing),
        Format.tikz: lambda: graph_languages.tikz(drawing),
    }
    return Presentation(
        lambda: DrawnGraph(nodes=report.graph.nodes if report.graph else ()), _no_records, _no_document, own
    )


def _of_blocks(report: Report) -> Presentation:
    """The main path as blocks.

    Raises:
        ModelError: Nothing leads from an input to an output.
    """
    from cnninspect.draw.main_path import stages_of
    from cnninspect.draw.volumes import laid_out
    from cnninspect.formats import blocks
    from cnninspect.formats.html import drawing_page
    from cnninspect.formats.html.drawing_page import DrawnPicture

    text = blocks.render(laid_out(stages_of(report)), report.model.name)
    own: Mapping[Format, Callable[[], str]] = {
        Format.svg: lambda: text,
        Format.html: lambda: drawing_page.rendered([DrawnPicture("", text)], words.safe(report.model.name)),
    }
    return Presentation(lambda: report, _no_records, _no_document, own)


def svg_of(picture: ShownPicture) -> str:
    """A picture of Python's as SVG.

    Args:
        picture: A ``NetworkPicture``.

    Raises:
        RequestError: A pattern matches nothing.
        ModelError: Its graph is unknown, or nothing leads from an input to an output.
    """
    return presentation_of(picture).own[Format.svg]()


def text_of(picture: ShownPicture) -> str:
    """Likewise in lines; of blocks, which have none, those of the graph."""
    picture = _network(picture)
    as_graph = msgspec.structs.replace(picture.view, style="graph")
    return presentation_of(msgspec.structs.replace(picture, view=as_graph)).own[Format.table]()


def presentation_of(picture: ShownPicture, terminal: Terminal = Terminal()) -> Presentation:  # noqa: B008 - it is frozen
    """What a picture is, for any format.

    Args:
        picture: A ``NetworkPicture``.
        terminal: What lines are to fit.

    Raises:
        RequestError: A pattern matches nothing.
        ModelError: Its graph is unknown, or nothing leads from an input to an output.
    """
    picture = _network(picture)
    if picture.view.style == "blocks":
        return _of_blocks(picture.report)
    return _of_graph(picture.report, picture.view, terminal)


def pixels(svg: str, scale: float) -> bytes:
    """The picture as PNG.

    Args:
        svg: A whole document.
        scale: Pixels for each of its own.

    Raises:
        RequestError: The library that draws it isn't installed, or refuses so many pixels.
    """
    try:
        import resvg_py
    except ImportError as error:
        raise RequestError("PNG needs resvg-py", hint="pip install 'cnninspect[png]', or draw an SVG") from error
    try:
        return bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=scale))
    except Exception as error:
        raise RequestError(f"a PNG at --scale {scale:g} can't be drawn: {error}", hint="a smaller --scale") from error


def _network(picture: ShownPicture) -> NetworkPicture:
    if not isinstance(picture, NetworkPicture):
        raise TypeError(f"{type(picture).__name__} is no picture of a network")
    return picture


def _no_document() -> Document:
    raise TypeError("a drawing is no table")


def _no_records() -> Records:
    raise TypeError("a drawing has no records")
