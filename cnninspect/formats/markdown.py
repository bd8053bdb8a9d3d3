"""GitHub-flavoured Markdown, for a pull request."""

import re
from typing import Final

from cnninspect.formats import words
from cnninspect.formats.document import Block, Document, Facts, Line, Row, Span, Table, Tiles, Tone, Verbatim, text_of

#: Marks, and what makes an address a link.
_ACTING: Final = re.compile(r"([\\`*_{}\[\]<>#|~$&]|:(?=//)|(?<=www)\.)", re.IGNORECASE)
#: What makes a paragraph a list, a heading or code.
_LEADING: Final = re.compile(r"(\d*)([-+=.)])")
_MARKS: Final = {Tone.remark: "*", Tone.bad: "**", Tone.changed: "*", Tone.heavy: "**"}


def render(document: Document) -> str:
    """The title, then each block: tables, facts as a list, remarks as paragraphs, drawings as code."""
    title = [f"**{_escaped(document.title)}**"] if document.title else []
    parts = [*title, *map(_block, document.without_extras().blocks)]
    return "\n\n".join(parts) + "\n"


def _block(block: Block) -> str:
    match block:
        case Table():
            caption = f"**{_escaped(block.caption)}**\n\n" if block.caption else ""
            return caption + _table(block)
        case Facts():
            return "\n".join(
                f"- {fact.name}: {_escaped(fact.exact)}{f' ({_escaped(fact.short)})' if fact.short else ''}"
                for fact in block.facts
            )
        case Tiles():
            from cnninspect.formats import tile_text

            return "\n\n".join(map(_block, tile_text.in_words(block)))
        case Verbatim():
            return "\n".join(["```", *(words.harmless(text_of(line)) for line in block.lines), "```"])
        case _:
            return "\n\n".join(map(_paragraph, block.lines))


def _paragraph(line: Line) -> str:
    text = "".join(_span(span, is_marked=False) for span in line).lstrip()
    return _LEADING.sub(r"\1\\\2", text, count=1) if _LEADING.match(text) else text


def _table(table: Table) -> str:
    lines = [
        _line([_escaped(column.header) for column in table.columns]),
        _line(["--:" if column.is_number else ":--" for column in table.columns]),
        *(_line(_cells(row)) for row in table.rows),
    ]
    return "\n".join(lines)


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(row: Row) -> list[str]:
    guide = row.guide.replace(" ", "\N{NO-BREAK SPACE}")  # Markdown drops spaces at the start of a cell
    first, *others = row.cells
    return [guide + _words(first), *map(_words, others)]


def _words(line: Line) -> str:
    return "".join(_span(span) for span in line)


def _span(span: Span, *, is_marked: bool = True) -> str:
    if span.latex is not None:
        return f"${span.latex}$".replace("|", r"\vert ")  # a bar would end the cell
    mark = _MARKS.get(span.tone, "") if is_marked else ""
    bare = span.text.strip()
    if not (mark and bare):
        return _escaped(span.text)
    return _escaped(span.text).replace(_escaped(bare), f"{mark}{_escaped(bare)}{mark}", 1)


def _escaped(text: str) -> str:
    return _ACTING.sub(r"\\\1", words.harmless(text))
