"""A page with real tables, readable on light and dark backgrounds and by a screen reader."""

from html import escape
from typing import Final

from cnninspect.formats import words
from cnninspect.formats.document import Block, Document, Facts, Line, Row, Span, Table, Tone, Verbatim

_STYLE: Final = """
.cnninspect { font: 14px/1.4 system-ui, sans-serif; color-scheme: light dark; }
.cnninspect h1 { font-size: 1em; margin: 0 0 .5em; }
.cnninspect table { border-collapse: collapse; margin: 0 0 1em; }
.cnninspect caption { text-align: left; font-weight: bold; padding: 0 0 .5em; }
.cnninspect th, .cnninspect td { text-align: left; padding: .1em .8em .1em 0; font-variant-numeric: tabular-nums; }
.cnninspect thead th { border-bottom: 1px solid; }
.cnninspect tbody th { font-weight: normal; white-space: pre; font-family: ui-monospace, monospace; }
.cnninspect td { white-space: pre-wrap; }
.cnninspect .number { text-align: right; }
.cnninspect small, .cnninspect .dim { opacity: .7; }
.cnninspect .good { color: light-dark(#1a7f37, #4ac26b); }
.cnninspect .bad { color: light-dark(#cf222e, #ff7b72); font-weight: bold; }
.cnninspect .changed { color: light-dark(#8250df, #c297ff); }
"""
_TAGS: Final = {
    **dict.fromkeys((Tone.strong, Tone.heavy), ("<b>", "</b>")),
    Tone.remark: ("<small>", "</small>"),
    **{tone: (f'<span class="{tone}">', "</span>") for tone in (Tone.dim, Tone.good, Tone.bad, Tone.changed)},
}


def render(document: Document) -> str:
    """A whole page, UTF-8, without scripts and without anything from elsewhere."""
    title = _escaped(document.title or document.command)
    head = f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n</head>\n'
    return f"{head}<body>\n{_content(document)}</body>\n</html>\n"


def fragment(document: Document) -> str:
    """The document alone, to stand in somebody else's page, where there is little room."""
    return _content(document.without_extras())


def _content(document: Document) -> str:
    blocks = "".join(map(_block, document.blocks))
    title = f"<h1>{_escaped(document.title)}</h1>\n" if document.title else ""
    return f'<div class="cnninspect">\n<style>{_STYLE}</style>\n{title}{blocks}</div>\n'


def _block(block: Block) -> str:
    match block:
        case Table():
            return _table(block)
        case Facts():
            facts = "".join(
                f"<tr><th>{_escaped(fact.name)}</th>"
                f"<td>{_escaped(fact.exact)}"
                f"{f' <small>{_escaped(fact.short)}</small>' if fact.short else ''}</td></tr>\n"
                for fact in block.facts
            )
            return f"<table>\n<tbody>\n{facts}</tbody>\n</table>\n"
        case Verbatim():
            drawing = "\n".join(map(_words, block.lines))
            return f"<pre>{drawing}</pre>\n"
        case _:
            return "".join(f"<p>{''.join(_escaped(span.text) for span in line)}</p>\n" for line in block.lines)


def _table(table: Table) -> str:
    caption = f"<caption>{_escaped(table.caption)}</caption>\n" if table.caption else ""
    classes = [' class="number"' if column.is_number else "" for column in table.columns]
    headers = "".join(
        f'<th scope="col"{css}>{_escaped(column.header)}</th>'
        for column, css in zip(table.columns, classes, strict=True)
    )
    rows = "".join(_row(row, classes) for row in table.rows)
    return f"<table>\n{caption}<thead>\n<tr>{headers}</tr>\n</thead>\n<tbody>\n{rows}</tbody>\n</table>\n"


def _row(row: Row, classes: list[str]) -> str:
    first, *others = row.cells
    cells = "".join(f"<td{css}>{_words(cell)}</td>" for css, cell in zip(classes[1:], others, strict=True))
    return f'<tr><th scope="row">{row.guide}{_words(first)}</th>{cells}</tr>\n'


def _words(line: Line) -> str:
    return "".join(map(_span, line))


def _span(span: Span) -> str:
    opening, closing = _TAGS.get(span.tone, ("", ""))
    return f"{opening}{_escaped(span.text)}{closing}"


def _escaped(text: str) -> str:
    return escape(words.harmless(text))
