"""What ``apply`` shows: each layer's input, weights and output, every window with its arithmetic, the result."""

import itertools
import textwrap
from typing import Final

from cnninspect.apply.applied import Applied, Rule, Step, Window
from cnninspect.formats import Format, apply_heat, apply_records, matrices
from cnninspect.formats import document as doc
from cnninspect.formats.apply_arithmetic import Said, lines, said
from cnninspect.formats.apply_panels import panels_of
from cnninspect.formats.apply_windows import Bounds, bounds, drawing, spelled
from cnninspect.formats.apply_windows import is_whole as fits
from cnninspect.formats.document import (
    Block,
    Column,
    Document,
    Fact,
    Facts,
    Fit,
    Line,
    Row,
    Span,
    Table,
    Tone,
    Verbatim,
)
from cnninspect.formats.matrices import split
from cnninspect.formats.presentation import Presentation
from cnninspect.formats.raster import Matrix
from cnninspect.units import figure

_WIDTH: Final = 100  # where there is no terminal
_MATRICES: Final = 4  # whose statistics are told without --all
_WINDOWS: Final = 9  # that are shown without --all
_TYPED: Final = 64  # numbers of a result that is repeated in one line
_POINTWISE: Final = frozenset((Rule.pointwise, Rule.normalised, Rule.response))


def presentation(applied: Applied, width: int | None, *, command: str, is_whole: bool = False) -> Presentation:
    """The steps, to be written in any format; JSON and CSV have every window.

    Args:
        applied: What the layers gave.
        width: Of the terminal, in cells; ``None``: there is none.
        command: What the user typed.
        is_whole: Show every row, column and window.
    """

    def document(*, with_heat: bool = False) -> Document:
        return lay_out(applied, width or _WIDTH, command, is_whole=is_whole, with_heat=with_heat)

    def page() -> str:
        from cnninspect.formats import html

        return html.render(document(with_heat=True))

    def drawing() -> str:
        from cnninspect.formats import svg

        return svg.render(document(with_heat=True))

    def pixels() -> bytes:
        from cnninspect.formats import png

        return png.render(apply_heat.picture(applied, _title(applied), command))

    return Presentation(
        data=lambda: apply_records.finite(applied),
        records=lambda: apply_records.records(applied),
        document=document,
        own={Format.html: page, Format.svg: drawing},
        pixels=pixels,
    )


def lay_out(applied: Applied, width: int, command: str, *, is_whole: bool = False, with_heat: bool = False) -> Document:
    """Each layer and its windows, then the result.

    Args:
        applied: What the layers gave.
        width: Characters that there are.
        command: What the user typed.
        is_whole: Show every row, column and window.
        with_heat: Every matrix in colours, too; else those alone of which an excerpt is shown.
    """
    blocks = list[Block]()
    for step in applied.steps:
        matrix, *others = _step(step, width, is_whole=is_whole)
        tiles = apply_heat.heat_maps(step, None if with_heat else width) if with_heat or not is_whole else ()
        blocks += [matrix, *tiles, *others]
    last, title = applied.steps[-1], _title(applied)
    size = sum(len(row) for matrix in last.output for row in matrix)
    if is_whole and size > _TYPED:
        return Document(title, (*blocks, _in_rows(last.output, width)), command)
    result = matrices.typed(last.output) if size <= _TYPED else f"{_sides(last.output)}: --all shows them"
    return Document(title, (*blocks, Facts((Fact("Result", result),))), command)


def _title(applied: Applied) -> str:
    return f"{'; '.join(step.layer for step in applied.steps)} on {_sides(applied.steps[0].input)}"


def _in_rows(result: tuple[Matrix, ...], width: int) -> Verbatim:
    """The result as ``--values`` takes it, a row a line; one that is too long goes on below."""
    rows = [f"{matrices.typed([[row]])};" for matrix in result for row in matrix]
    ends = itertools.accumulate(len(matrix) for matrix in result)
    for end in ends:
        rows[end - 1] = f"{rows[end - 1].removesuffix(';')} |"
    rows[-1] = rows[-1].removesuffix(" |")
    lines = [line for row in rows for line in textwrap.wrap(row, width, subsequent_indent="  ")]
    return Verbatim((doc.words("Result", Tone.dim), *map(doc.words, lines)))


def _sides(maps: tuple[Matrix, ...]) -> str:
    sides = f"{len(maps[0])}×{len(maps[0][0])}"
    return sides if len(maps) == 1 else f"{len(maps)} channels of {sides}"


def _step(step: Step, width: int, *, is_whole: bool) -> list[Block]:
    shapes = " → ".join("×".join(map(str, shape)) for shape in (step.input_shape, step.output_shape))
    panels = panels_of(step, width, is_whole=is_whole)
    heading: Line = (Span(step.layer, Tone.strong), Span(f": {shapes}"))
    before = " \\quad ".join(matrices.bmatrix(panel.cells) for panel in panels if panel.label.startswith("Input"))
    after = " \\quad ".join(matrices.bmatrix(panel.cells) for panel in panels if panel.label.startswith("Output"))
    latex = rf"{before} \xrightarrow{{\texttt{{{step.layer.replace('_', chr(92) + '_')}}}}} {after}"
    drawn = [part for panel in panels for part in split(panel, width)] if is_whole else panels
    blocks: list[Block] = [Verbatim((heading, (), *matrices.flow(drawn, width)), latex)]
    if step.windows:
        shown = step.windows if is_whole else step.windows[:_WINDOWS]
        around = bounds(step)
        is_drawn = step.rule not in _POINTWISE and fits(step, shown[0], around, width)
        if is_drawn:  # in LaTeX a page holds so many
            parts = (shown[start : start + _WINDOWS] for start in range(0, len(shown), _WINDOWS))
            blocks += (_drawn(step, part, around, width, is_whole=is_whole) for part in parts)
        else:
            blocks.append(_tabled(step, shown, width, is_whole=is_whole))
        if left := len(step.windows) - len(shown):
            blocks.append(doc.Remarks((doc.words(f"… and {left:,} more: --all shows them", Tone.dim),)))
    blocks += doc.remarks(_about(step, is_whole=is_whole))
    return blocks


def _drawn(step: Step, shown: tuple[Window, ...], around: Bounds, width: int, *, is_whole: bool) -> Verbatim:
    drawn: list[Line] = []
    for window in shown:
        drawn += [*frame(step, window, around, width, is_whole=is_whole), ()]
    rows = [rf"y_{{{_at(step, window)}}} &= {_equation(step, window, width, is_whole=is_whole)}" for window in shown]
    aligned = r" \\ ".join(rows)
    return Verbatim(tuple(drawn[:-1]), rf"\begin{{aligned}} {aligned} \end{{aligned}}")


def frame(step: Step, window: Window, around: Bounds, width: int, *, is_whole: bool = False) -> list[Line]:
    """One window: where it is, the matrix with the window on it, and what that gives.

    Args:
        step: The layer.
        window: One of its windows.
        around: What is drawn of the matrix, as far as it fits.
        width: Characters that there are.
        is_whole: Show every operand, in several lines where it takes them.
    """
    where = ", ".join(
        f"{name}{'s' * (len(places) != 1)} {spelled(places)}"
        for name, places in (("row", window.rows), ("column", window.columns))
    )
    *before, last = _arithmetic(step, window, width - len(figure(window.result)) - 5, is_whole=is_whole)
    return [
        (Span(f"[{_at(step, window)}] ", Tone.strong), Span(where, Tone.dim)),
        *drawing(step, window, around, width),
        *(doc.words(each.text) for each in before),
        (Span(f"{last.text} = "), Span(figure(window.result), Tone.strong)),
    ]


def _arithmetic(step: Step, window: Window, room: int, *, is_whole: bool) -> list[Said]:
    """That of one window: one line, or as many as all of it takes."""
    return lines(step, window, room) if is_whole else [said(step, window, room)]


def _at(step: Step, window: Window) -> str:
    """Row and column of the output, before them the channel if there are several."""
    return ", ".join(map(str, window.at if len(step.output) > 1 else window.at[1:]))


def _equation(step: Step, window: Window, width: int, *, is_whole: bool) -> str:
    broken = r" \\ &\quad ".join(each.latex for each in _arithmetic(step, window, width, is_whole=is_whole))
    return f"{broken} = {matrices.latex(figure(window.result))}"


def _tabled(step: Step, shown: tuple[Window, ...], width: int, *, is_whole: bool) -> Table:
    """A row a window; what doesn't fit into one goes on below."""
    headers = ("Output", "Rows", "Columns")
    columns = (*map(Column, headers), Column("Arithmetic", fit=Fit.wrap), Column("Result", is_number=True))
    rows = []
    for window in shown:
        first, *more = _arithmetic(step, window, max(width - 40, 30), is_whole=is_whole)
        rows.append(
            Row((
                (Span(f"[{_at(step, window)}]", latex=f"[{_at(step, window)}]"),),
                doc.words(spelled(window.rows)),
                doc.words(spelled(window.columns)),
                (Span(first.text, latex=first.latex),),
                (Span(figure(window.result), latex=matrices.latex(figure(window.result))),),
            ))
        )  # fmt: skip
        rows += [Row(((), (), (), (Span(each.text, latex=each.latex),), ())) for each in more]
    return Table(columns, tuple(rows))


def _about(step: Step, *, is_whole: bool) -> list[str]:
    """What the numbers don't say."""
    if step.rule is Rule.whole:
        return [f"no windows are shown for {step.layer.partition('(')[0]}"]
    if step.rule is Rule.pointwise and step.formula:
        has_slopes = any(each.weight is not None for window in step.windows[:1] for each in window.operands)
        slopes = ", a the slope of its channel" if has_slopes else ""
        return [f"each element x becomes {step.formula}{slopes}"]
    if step.rule is Rule.normalised:
        shown = step.statistics if is_whole else step.statistics[:_MATRICES]
        known = [f"{figure(each.mean)} and {figure(each.variance)}" for each in shown]
        more = f" and {len(step.statistics) - len(shown)} more" if len(step.statistics) > len(shown) else ""
        return [f"mean and variance: {', '.join(known)}{more}"]
    return []
