"""Every network of torchvision drawn, folded and unfolded: ``python -m tests.reference.draw_zoo [PATTERN]``.

No two boxes overlap, each edge of the graph is a line from its source to its target and leads through no other box, the
SVG is well-formed and the same twice.
"""

import sys
import time
from fnmatch import fnmatch

from torchvision.models import list_models

from cnninspect import inspection
from cnninspect.draw.draw_view import DrawView
from cnninspect.draw.drawing import drawing_of
from cnninspect.formats import graph_svg
from cnninspect.report import Report
from tests.reference.graph_zoo import request
from tests.unit.draw.drawn import faults, lost


def drawn(name: str) -> list[str]:
    """What is wrong with the drawings of a network, in words."""
    report = inspection.report_of(request(name))
    return [
        f"{'folded' if folded else 'unfolded'}: {each}" for folded in (True, False) for each in _wrong(report, folded)
    ]


def _wrong(report: Report, folded: bool) -> list[str]:
    drawing = drawing_of(report, DrawView(depth=99, fold=folded))
    started = time.perf_counter()
    text = graph_svg.render(drawing)
    print(f"{report.model.name} {len(text) / 1000:.0f} kB {1000 * (time.perf_counter() - started):.0f} ms", flush=True)  # noqa: T201
    again = [] if graph_svg.render(drawing) == text else ["it is another the second time"]
    assert report.graph is not None
    return again + faults(drawing, text) + lost(drawing.found, report.graph)


def main() -> int:
    """All of a pattern; 1 if anything is wrong."""
    pattern = sys.argv[1] if len(sys.argv) > 1 else "*"
    found = {name: drawn(name) for name in list_models() if fnmatch(name, pattern)}
    for name, wrong in found.items():
        if wrong:
            print(name, len(wrong), *wrong[:3], sep="\n  ")  # noqa: T201
    good = sum(not wrong for wrong in found.values())
    print(f"{good} of {len(found)} are right")  # noqa: T201
    return int(good < len(found))


if __name__ == "__main__":
    raise SystemExit(main())
