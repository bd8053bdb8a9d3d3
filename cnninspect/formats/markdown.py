"""GitHub-flavoured Markdown, for a pull request."""

import re
from typing import Final

from cnninspect.formats.document import Block, Document, Facts, Line, Row, Span, Table, Tone, Verbatim, text_of

_MARKS: Final = {Tone.remark: "*", Tone.bad: "**", Tone.changed: "*"}


def render(document: Document) -> str:
    """The title, then each block: tables, facts as a list, remarks as paragraphs, drawings as code."""
    title = [f"**{_escaped(document.title)}**"] if document.title else []
    parts = [*title, *map(_block, document.blocks)]
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
        case Verbatim():
            return "\n".join(["```", *map(text_of, block.lines), "```"])
        case _:
            return "\n\n".join("".join(_span(span, is_marked=False) for span in line) for line in block.lines)


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
    return re.sub(r"([\\`*_{}\[\]<>#|~$&])", r"\\\1", text)
