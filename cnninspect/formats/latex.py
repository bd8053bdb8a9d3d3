"""``tabular``s with booktabs rules, for a report or a paper."""

from collections.abc import Sequence
from typing import Final

from cnninspect.formats import words
from cnninspect.formats.document import Block, Document, Facts, Line, Row, Span, Table, Tiles, Tone, Verbatim, text_of

_ESCAPES: Final = str.maketrans(
    {
        **{char: f"\\{char}" for char in "&%$#_{}"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "×": r"$\times$",
        "·": r"$\cdot$",
        "−": "$-$",
        "≥": r"$\geq$",
        "≤": r"$\leq$",
        "→": r"$\to$",
        **{block: rf"\rule{{{eighths / 8}em}}{{1ex}}" for eighths, block in enumerate("▏▎▍▌▋▊▉█", 1)},
        "✓": r"$\surd$",
        "✗": r"$\times$",
    }
)
_COMMANDS: Final = {Tone.remark: "emph", Tone.bad: "textbf", Tone.changed: "emph", Tone.heavy: "textbf"}
_LEVEL: Final = 3  # characters of a guide


def render(document: Document) -> str:
    """Each table in an environment of its own, with the facts and remarks that follow it below its rows."""
    has_mathematics = any(isinstance(block, Verbatim) and block.latex for block in document.blocks)
    lines = [r"% needs \usepackage{booktabs}" + r" and \usepackage{amsmath}" * has_mathematics]
    caption = document.title
    blocks = document.without_extras().blocks
    for group in _groups([part for each in blocks for part in _in_words(each)]):
        lines += _environment(group, caption)
        caption = ""
    return "\n".join(lines) + "\n"


def _in_words(block: Block) -> list[Block]:
    """Small pictures as shades."""
    if not isinstance(block, Tiles):
        return [block]
    from cnninspect.formats import tile_text

    return tile_text.in_words(block)


def _groups(blocks: Sequence[Block]) -> list[list[Block]]:
    """Each table or drawing, with the facts and remarks that follow it."""
    groups: list[list[Block]] = []
    for block in blocks:
        if isinstance(block, Table | Verbatim) or not groups:
            groups.append([])
        groups[-1].append(block)
    return groups


def _environment(group: list[Block], title: str) -> list[str]:
    first, rest = group[0], group[1:]
    if isinstance(first, Verbatim):
        drawing = [rf"\[ {first.latex} \]"] if first.latex else _verbatim(first)
        heading = [rf"\paragraph{{{escaped(title)}}}"] if title else []
        return [*heading, *drawing, *(rf"{line} \par" for line in _below(rest))]
    table = first if isinstance(first, Table) else None
    below = _below(rest if table else group)
    columns = table.columns if table else ()
    alignment = "".join("r" if column.is_number else "l" for column in columns) or "l"
    caption = ", ".join(text for text in (title, table.caption if table else "") if text)
    return [
        r"\begin{table}",
        *([rf"\caption{{{escaped(caption)}}}"] if caption else []),
        rf"\begin{{tabular}}{{{alignment}}}",
        r"\toprule",
        *(_rows(table) if table else []),
        *([r"\midrule"] if table and below else []),
        *(rf"\multicolumn{{{max(len(columns), 1)}}}{{l}}{{{line}}} \\" for line in below),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]


def _verbatim(block: Verbatim) -> list[str]:
    """Typewriter fonts of LaTeX have ASCII and little else."""
    return [r"\begin{verbatim}", *(words.in_ascii(text_of(line)) for line in block.lines), r"\end{verbatim}"]


def _rows(table: Table) -> list[str]:
    headers = _line([escaped(column.header) for column in table.columns])
    return [headers, r"\midrule", *(_line(_cells(row)) for row in table.rows)]


def _below(blocks: Sequence[Block]) -> list[str]:
    lines: list[str] = []
    for block in blocks:
        if isinstance(block, Facts):
            lines += [
                escaped(f"{fact.name}: {fact.exact}{f' ({fact.short})' * bool(fact.short)}") for fact in block.facts
            ]
        elif not isinstance(block, Table | Tiles):
            lines += ["".join(_span(span, is_marked=False) for span in line) for line in block.lines]
    return lines


def _line(cells: list[str]) -> str:
    r"""A row; ``\\`` would take a bracket or a star behind it for its own."""
    text = " & ".join(cells)
    return rf"{{}}{text} \\" if text.lstrip().startswith(("[", "*")) else rf"{text} \\"


def _cells(row: Row) -> list[str]:
    indent = rf"\hspace*{{{len(row.guide) // _LEVEL}em}}" if row.guide else ""
    first, *others = row.cells
    return [indent + _words(first), *map(_words, others)]


def _words(line: Line) -> str:
    return "".join(_span(span) for span in line)


def _span(span: Span, *, is_marked: bool = True) -> str:
    if span.latex is not None:
        return f"${span.latex}$"
    command = _COMMANDS.get(span.tone) if is_marked else None
    bare = span.text.strip()
    if not (command and bare):
        return escaped(span.text)
    return escaped(span.text).replace(escaped(bare), rf"\{command}{{{escaped(bare)}}}", 1)


def escaped(text: str) -> str:
    """Words that stand for themselves."""
    return words.harmless(text).translate(_ESCAPES)
