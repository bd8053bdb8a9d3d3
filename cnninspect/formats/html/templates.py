"""The templates of the pages, which are files beside this one, and what they are filled with.

Whatever a template writes goes through ``words.harmless`` and is escaped, wherever it came from, but for what is made
here: there are no odd characters in attributes, since no text from outside is in one.
"""

from base64 import b64encode
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from html import escape
from importlib import resources
from itertools import pairwise
from typing import Any, Final, NamedTuple

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from cnninspect.formats import graph_style, words
from cnninspect.formats.document import Document, Facts, Fit, Line, Remarks, Span, Table, Tone, Verbatim, text_of
from cnninspect.formats.outline import Drawing, DrawnOutline, Outline, OutlineRow, Page

_TAGS: Final = {
    **dict.fromkeys((Tone.strong, Tone.heavy), ("<b>", "</b>")),
    Tone.remark: ("<small>", "</small>"),
    **{tone: (f'<span class="{tone}">', "</span>") for tone in (Tone.dim, Tone.good, Tone.bad, Tone.changed)},
}
_BLOCKS: Final = {
    "table": Table,
    "facts": Facts,
    "verbatim": Verbatim,
    "remarks": Remarks,
    "outline": Outline,
    "drawing": Drawing,
    "drawn_outline": DrawnOutline,
}
_BAR: Final = 48  # pixels of a whole
#: How many digits wide the columns of an outline are: at least a name; figures and headers with some room, in which
#: they may be bold; percentages with their bars; words, and those that a short header says are short.
_NAME, _ROOM, _SHARE, _WORDS, _SHORT = 24, 2, 14, 13, 6
_SENTENCES: Final = "clamp(15ch, 33vw, 30rem)"


def rendered(template: str, document: Document | Page, style: str = "") -> str:
    """A document in a template.

    Args:
        template: The name of its file.
        document: What is to be shown.
        style: More rules than those of every document.
    """
    look, script = file_text("look.css") + style, file_text("page.js")
    policy = f"default-src 'none'; style-src '{hash_of(look)}'; script-src '{hash_of(script)}'; base-uri 'none'"
    inlined = {"style": Markup(look), "script": Markup(script)}  # noqa: S704 - our own
    filled = (
        environment()
        .get_template(template)
        .render(document=document, policy=f"{policy}; form-action 'none'", **inlined)
    )
    return f"{filled}\n"


def page_style(document: Document | Page) -> str:
    """What a page has beyond a fragment, with the columns of its outline, which are as wide in each of the rows."""
    drawn = [block.outline for block in document.blocks if isinstance(block, DrawnOutline)]
    outlines = [block for block in document.blocks if isinstance(block, Outline)] + drawn
    graph = file_text("graph.css") + graph_style.of_page(".graph", has_shades=False) if drawn else ""
    return file_text("page.css") + graph + "".join(map(_columns, outlines))


def _columns(outline: Outline) -> str:
    """How wide they are. Of words that depends on none of them, so that names from outside move nothing."""
    widths = []
    for number, (column, kind) in enumerate(zip(outline.columns, _kinds(outline), strict=True)):
        figures = max((len(text_of(row.cells[number])) for row in outline.rows), default=0)
        least = {"number": figures, "share": _SHARE - _ROOM}.get(kind, _SHORT if column.short else _WORDS)
        widths.append(_SENTENCES if column.fit is Fit.wrap else f"{max(len(column.header), least) + _ROOM}ch")
    of_all = f"--columns: {' '.join(widths[1:])}; --width: calc({_NAME}ch + {' + 1rem + '.join(widths[1:])})"
    return f".cnninspect .outline {{ {of_all}; }}\n"


def _kinds(rows: Table | Outline) -> list[str]:
    """For each column what is in it: numbers, shares with bars, or words."""
    kinds = []
    for number, column in enumerate(rows.columns):
        has_bars = any(span.bar is not None for row in rows.rows for span in row.cells[number])
        kinds.append("number" if column.is_number else "share" if has_bars else "")
    return kinds


@cache
def file_text(name: str) -> str:
    """What a file beside this one has in it."""
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def hash_of(text: str) -> str:
    """By which a policy knows what is inlined."""
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


@cache
def environment() -> Environment:
    """In which every text from outside is escaped and harmless."""
    made = Environment(
        loader=FunctionLoader(file_text), autoescape=True, undefined=StrictUndefined, finalize=_harmless,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.filters |= {"line": _line, "kinds": _kinds, "nested": _nested, "drawn": Markup}
    made.tests |= {name: lambda block, kind=kind: isinstance(block, kind) for name, kind in _BLOCKS.items()}
    return made


def _harmless(value: Any) -> Any:
    return value if isinstance(value, Markup) else words.harmless(str(value))


def _line(line: Line) -> Markup:
    """Words with their tones."""
    return Markup("".join(map(_span, line)))  # noqa: S704 - escaped below


def _span(span: Span) -> str:
    if span.bar is not None:
        drawn = f'<rect width="{span.bar * _BAR:.3g}" height="8"/>'
        return f'<svg class="bar" width="{_BAR}" height="8" aria-hidden="true">{drawn}</svg>'
    opening, closing = _TAGS.get(span.tone, ("", ""))
    return f"{opening}{escape(words.harmless(span.text))}{closing}"


class _Nested(NamedTuple):
    """A row of an outline with how many levels begin and end behind it."""

    row: OutlineRow
    is_parent: bool
    ends: int


def _nested(outline: Outline) -> Iterator[_Nested]:
    levels = [*(row.level for row in outline.rows), 0]
    for row, (level, below) in zip(outline.rows, pairwise(levels), strict=True):
        yield _Nested(row, below > level, max(level - below, 0))
