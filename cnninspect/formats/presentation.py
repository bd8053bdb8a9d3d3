"""What a command has to show, the formats that there are, and the one function that writes it in any of them."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple, Self, assert_never

import msgspec

from cnninspect import json_text
from cnninspect.formats import words

if TYPE_CHECKING:
    from cnninspect.formats.document import Document
    from cnninspect.formats.records import Records


class Format(StrEnum):
    """A way to write a result, with the endings of the files that mean it; ``written`` writes each."""

    table = "table", ".txt"
    json = "json", ".json"
    csv = "csv", ".csv"
    markdown = "markdown", ".md"
    html = "html", ".html", ".htm"
    svg = "svg", ".svg"
    latex = "latex", ".tex"
    junit = "junit", ".xml"
    github = "github"
    torchinfo = "torchinfo"
    dot = "dot", ".dot", ".gv"
    mermaid = "mermaid", ".mmd"
    tikz = "tikz", ".tex"
    png = "png", ".png"
    jsonl = "jsonl", ".jsonl"
    parquet = "parquet", ".parquet"

    endings: tuple[str, ...]

    def __new__(cls, name: str, *endings: str) -> Self:
        """A member: what is typed after ``--format``, and the endings."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.endings = endings
        return member


#: The formats that a command has if nothing else is said of it.
SHARED: Final = (Format.table, Format.json, Format.csv, Format.markdown, Format.html, Format.svg, Format.latex)
#: Those of data, which always have every field.
DATA: Final = (Format.json, Format.csv)


class Terminal(msgspec.Struct, frozen=True):
    """What a table is shown on.

    Attributes:
        width: In cells; ``None``: as wide as the table is.
        color: With ANSI colours.
        ascii: Without characters outside ASCII.
        deep: Colours may be any of 2**24, not of 256 alone.
    """

    width: int | None = None
    color: bool = False
    ascii: bool = False
    deep: bool = False


class Presentation(NamedTuple):
    """What there is to show, each part of it made only for a format that shows it.

    Attributes:
        data: For JSON.
        records: For CSV.
        document: For the formats that people read.
        own: What writes the formats that this command alone has, and a page that is more than the document.
        pixels: The content of a PNG, which is no text.
    """

    data: Callable[[], msgspec.Struct]
    records: "Callable[[], Records]"
    document: "Callable[[], Document]"
    own: Mapping[Format, Callable[[], str]] = MappingProxyType({})
    pixels: Callable[[], bytes] | None = None


#: How a colon is written that would begin a line together with another, where it is not as in a terminal.
_COLONS: Final = {
    Format.markdown: r"\:", Format.latex: "{:}",
    **dict.fromkeys((Format.html, Format.svg, Format.junit), "&#58;"),
}  # fmt: skip


def written(shown: Presentation, form: Format, terminal: Terminal) -> str:
    """What is shown as text, with a newline at its end; only the module of the format that is asked for is imported.

    Args:
        shown: What there is to show.
        form: One that its command has.
        terminal: What a table is to fit.
    """
    text = _written(shown, form, terminal)
    # of GitHub's commands the lines are ours, and those of data begin otherwise
    return text if form in {Format.github, *DATA} else words.unobeyed(text, _COLONS.get(form, r"\x3a"))


def _written(shown: Presentation, form: Format, terminal: Terminal) -> str:
    if form in shown.own:
        text = shown.own[form]()
        # another's table, with the names as they are
        return "\n".join(map(words.harmless, text.split("\n"))) if form is Format.torchinfo else text
    match form:
        case Format.table:
            from cnninspect.formats import console

            return console.render(shown.document(), terminal)
        case Format.json:
            return json_text.to_json(shown.data(), is_ascii=terminal.ascii)
        case Format.csv:
            from cnninspect.formats import records

            return records.render(shown.records())
        case Format.markdown:
            from cnninspect.formats import markdown

            return markdown.render(shown.document())
        case Format.html:
            from cnninspect.formats import html

            return html.render(shown.document())
        case Format.svg:
            from cnninspect.formats import svg

            return svg.render(shown.document())
        case Format.latex:
            from cnninspect.formats import latex

            return latex.render(shown.document())
        case (
            Format.junit | Format.github | Format.torchinfo | Format.dot | Format.mermaid | Format.tikz | Format.png
            | Format.jsonl | Format.parquet
        ):  # fmt: skip
            raise TypeError(f"{form} is written by the commands that have it")
        case _:
            assert_never(form)
