"""The picture of a profile in its page: memory over the course of a step, stacked by kind, and the costliest calls.

Steps are thinned to a column every other pixel, of which the highest is drawn: no peak is lost. Text is in the colour
of the page, on light and dark.
"""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final, NamedTuple

from cnninspect.formats import words
from cnninspect.formats.outline import Drawing
from cnninspect.formats.profile_plot import COLORS, call_figure, stacked
from cnninspect.profile.profiled import Costs, Course, costliest
from cnninspect.units import binary

_WIDTH, _HEIGHT, _LEFT, _TOP = 960, 260, 80, 40
_STEPS: Final = (_WIDTH - _LEFT) // 2
_BAR, _NAMES, _MOST = 16, 260, 15


class _Moment(NamedTuple):
    """The highest of some neighbouring operators: bytes by kind."""

    sizes: tuple[int, ...]


def drawings(costs: Costs) -> list[Drawing]:
    """Both panels; nothing of what is unknown."""
    found = []
    if costs.course is not None and costs.course.kinds:
        about = "Memory over the course of a training step" if len(costs.course.phases) > 1 else "Memory over a pass"
        found.append(Drawing(_memory(costs.course), about))
    calls = "".join(_calls(costs))
    if calls:
        found.append(Drawing(calls, call_figure(costs.layers).about))
    return found


def _memory(course: Course) -> str:
    layers = stacked(course)
    columns = list(_thinned(list(zip(*layers.values(), strict=True))))
    top = max((sum(column.sizes) for column in columns), default=0) or 1
    step = (_WIDTH - _LEFT) / max(len(columns), 1)
    parts = [_axis(top)]
    below = [0] * len(columns)
    for place, name in enumerate(layers):
        above = [low + column.sizes[place] for low, column in zip(below, columns, strict=True)]
        parts.append(f'<path fill="{COLORS[name]}" d="{_area(below, above, top, step)}"><title>{name}</title></path>')
        below = above
    count = max(map(len, layers.values()), default=1)
    parts += _phases(course, count)
    parts += _peak(course, count, top)
    parts += _legend(list(layers))
    label = f"Memory: at most {binary(top)}"
    return f'<svg viewBox="0 0 {_WIDTH} {_TOP + _HEIGHT + 24}" role="img" aria-label="{label}">{"".join(parts)}</svg>'


def _thinned(sizes: Sequence[tuple[int, ...]]) -> Iterator[_Moment]:
    width = max(-(-len(sizes) // _STEPS), 1)
    for start in range(0, len(sizes), width):
        yield _Moment(max(sizes[start : start + width], key=sum))


def _y(size: int, top: int) -> float:
    return _TOP + _HEIGHT * (1 - size / top)


def _area(below: Sequence[int], above: Sequence[int], top: int, step: float) -> str:
    """Steps along the upper edge, and back along the lower one."""
    there = [
        f"{_LEFT + step * at:.4g},{_y(size, top):.4g}H{_LEFT + step * (at + 1):.4g}" for at, size in enumerate(above)
    ]
    back = [
        f"{_LEFT + step * (at + 1):.4g},{_y(below[at], top):.4g}H{_LEFT + step * at:.4g}"
        for at in range(len(below) - 1, -1, -1)
    ]
    return "M" + "L".join([*there, *back]) + "Z"


def _axis(top: int) -> str:
    lines = []
    for part in (0.0, 0.5, 1.0):
        y, size = _y(int(top * part), top), binary(int(top * part))
        lines.append(
            f'<path stroke="currentColor" opacity=".3" d="M{_LEFT},{y:.4g}H{_WIDTH}"/>'
            f'<text x="{_LEFT - 6}" y="{y + 4:.4g}" text-anchor="end" fill="currentColor">{size}</text>'
        )
    return "".join(lines)


def _phases(course: Course, count: int) -> Iterator[str]:
    for phase in course.phases:
        x = _LEFT + (_WIDTH - _LEFT) * phase.start / max(count, 1)
        yield (
            f'<path stroke="currentColor" d="M{x:.4g},{_TOP}V{_TOP + _HEIGHT}"/>'
            f'<text x="{x + 4:.4g}" y="{_TOP + _HEIGHT + 16}" fill="currentColor">{phase.name}</text>'
        )


def _peak(course: Course, count: int, top: int) -> Iterator[str]:
    """Where the most is alive, and how much that is."""
    x = _LEFT + (_WIDTH - _LEFT) * (course.peak + 0.5) / max(count, 1)
    anchor = "end" if x > _WIDTH / 2 else "start"
    yield f'<circle cx="{x:.4g}" cy="{_TOP}" r="3" fill="currentColor"/>'
    yield f'<text x="{x:.4g}" y="{_TOP - 8}" text-anchor="{anchor}" fill="currentColor">peak: {binary(top)}</text>'


def _legend(names: Sequence[str]) -> Iterator[str]:
    x = _LEFT
    for name in names:
        yield f'<rect x="{x}" y="2" width="12" height="12" fill="{COLORS[name]}"/>'
        yield f'<text x="{x + 16}" y="13" fill="currentColor">{name}</text>'
        x += 40 + 8 * len(name)


def _calls(costs: Costs) -> Iterator[str]:
    """A bar a call, in the order of execution."""
    found = call_figure(costs.layers)
    kept = list(filter(found.of, costliest(costs.layers, found.of, _MOST)))
    if not kept:
        return
    largest = max(map(found.of, kept))
    yield f'<svg viewBox="0 0 {_WIDTH} {len(kept) * (_BAR + 4)}" role="img" aria-label="{found.about}">'
    for place, each in enumerate(kept):
        y, width = place * (_BAR + 4), (_WIDTH - _NAMES - 100) * found.of(each) / largest
        name = escape(words.harmless(words.safe(each.path or each.type)))
        yield f'<text x="{_NAMES - 6}" y="{y + 12}" text-anchor="end" fill="currentColor">{name}</text>'
        yield f'<rect x="{_NAMES}" y="{y}" width="{width:.4g}" height="{_BAR}" fill="{COLORS["weights"]}"/>'
        said = found.spelled(found.of(each))
        yield f'<text x="{_NAMES + width + 6:.4g}" y="{y + 12}" fill="currentColor">{said}</text>'
    yield "</svg>"
