"""What ``draw`` shows: the graph of a network as rows and rails, or its main path as blocks, in any format."""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from cnninspect.draw.drawing import DrawnGraph, GraphDrawing, drawing_of
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


def of_graph(report: Report, drawing: GraphDrawing, terminal: Terminal) -> Presentation:
    """The rows and rails.

    Args:
        report: With its graph.
        drawing: What of it is drawn.
        terminal: What lines are to fit.
    """
    from cnninspect.formats import graph_languages, graph_svg, graph_text
    from cnninspect.formats.html import drawing_page

    own: Mapping[Format, Callable[[], str]] = {
        Format.table: lambda: graph_text.render(drawing, terminal),
        Format.svg: lambda: graph_svg.render(drawing),
        Format.html: lambda: drawing_page.rendered(graph_svg.render(drawing), words.safe(drawing.title)),
        Format.dot: lambda: graph_languages.dot(drawing),
        Format.mermaid: lambda: graph_languages.mermaid(drawing),
        Format.tikz: lambda: graph_languages.tikz(drawing),
    }
    return Presentation(
        lambda: DrawnGraph(nodes=report.graph.nodes if report.graph else ()), _no_records, _no_document, own
    )


def of_blocks(report: Report) -> Presentation:
    """The main path as blocks.

    Args:
        report: With its graph.

    Raises:
        ModelError: Nothing leads from an input to an output.
    """
    from cnninspect.draw.main_path import stages_of
    from cnninspect.draw.volumes import laid_out
    from cnninspect.formats import blocks
    from cnninspect.formats.html import drawing_page

    text = blocks.render(laid_out(stages_of(report)), report.model.name)
    own: Mapping[Format, Callable[[], str]] = {
        Format.svg: lambda: text, Format.html: lambda: drawing_page.rendered(text, words.safe(report.model.name))
    }  # fmt: skip
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
    return presentation_of(msgspec.structs.replace(picture, style="graph")).own[Format.table]()


def presentation_of(picture: ShownPicture) -> Presentation:
    """What a picture of Python's is, for any format.

    Args:
        picture: A ``NetworkPicture``.

    Raises:
        RequestError: A pattern matches nothing.
        ModelError: Its graph is unknown, or nothing leads from an input to an output.
    """
    if not isinstance(picture, NetworkPicture):
        raise TypeError(f"{type(picture).__name__} is no picture of a network")
    if picture.style == "blocks":
        return of_blocks(picture.report)
    drawing = drawing_of(
        picture.report, depth=picture.depth, is_folded=picture.fold, patterns=picture.only, measure=picture.color,
        highlight=picture.highlight,
    )  # fmt: skip
    return of_graph(picture.report, drawing, Terminal())


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


def _no_document() -> Document:
    raise TypeError("a drawing is no table")


def _no_records() -> Records:
    raise TypeError("a drawing has no records")
