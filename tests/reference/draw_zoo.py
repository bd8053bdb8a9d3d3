"""Every network of torchvision drawn, folded and unfolded: ``python -m tests.reference.draw_zoo [PATTERN]``.

No two boxes overlap, every line ends at the boxes that it connects, the SVG is well-formed and the same twice.
"""

import re
import sys
import time
from fnmatch import fnmatch
from itertools import pairwise
from xml.etree import ElementTree as ET

from torchvision.models import list_models

from cnninspect import inspection
from cnninspect.draw.drawing import GraphDrawing, drawing_of
from cnninspect.draw.placing import BOX, PlacedBox
from cnninspect.formats import graph_svg
from cnninspect.report import Report
from tests.reference.graph_zoo import request

SVG = "{http://www.w3.org/2000/svg}"


def drawn(name: str) -> list[str]:
    """What is wrong with the drawings of a network, in words."""
    report = inspection.report_of(request(name))
    return [
        f"{'folded' if folded else 'unfolded'}: {each}" for folded in (True, False) for each in _wrong(report, folded)
    ]


def _wrong(report: Report, folded: bool) -> list[str]:
    drawing = drawing_of(report, depth=99, is_folded=folded)
    started = time.perf_counter()
    text = graph_svg.render(drawing)
    print(f"{report.model.name} {len(text) / 1000:.0f} kB {1000 * (time.perf_counter() - started):.0f} ms", flush=True)  # noqa: T201
    found = [] if graph_svg.render(drawing) == text else ["it is another the second time"]
    root = ET.fromstring(text)  # noqa: S314 - our own
    boxes = [
        PlacedBox(*(int(each.get(side, "0")) for side in ("x", "y", "width", "height")))
        for each in root.iter(f"{SVG}rect")
        if (each.get("class") or "").startswith(("b", "f"))
    ]
    return [*found, *_overlaps(drawing, boxes), *_ends(drawing, boxes, root)]


def _overlaps(drawing: GraphDrawing, boxes: list[PlacedBox]) -> list[str]:
    """Rows stand below each other: it is enough to look at neighbours, and at each frame with what is in it."""
    rows = drawing.found.rows
    single = [box for row, box in zip(rows, boxes, strict=True) if not row.is_frame]
    below = [f"{b} in {a}" for a, b in pairwise(single) if b.y < a.y + a.height]
    opened: list[int] = []
    for place, (row, box) in enumerate(zip(rows, boxes, strict=True)):
        while opened and rows[opened[-1]].level >= row.level:
            frame = boxes[opened.pop()]
            below += [f"{box} begins in {frame}"] if box.y < frame.y + frame.height else []
        for each in opened:
            frame = boxes[each]
            is_in = frame.x < box.x and box.y + box.height < frame.y + frame.height + 1
            below += [] if is_in and box.x + box.width < frame.x + frame.width else [f"{box} is not in {frame}"]
        if row.is_frame:
            opened.append(place)
    return below


def _ends(drawing: GraphDrawing, boxes: list[PlacedBox], root: ET.Element) -> list[str]:
    """The heads of all arrows, against the boxes of all targets."""
    (heads,) = (each.get("d", "") for each in root.iter(f"{SVG}path") if each.get("class") == "a")
    points = {(int(x), int(y)) for x, y in re.findall(r"M(\d+),(\d+)l", heads)}
    missing = []
    for target, taken in enumerate(drawing.found.taken):
        box = boxes[target]
        on_edge = {(x, y) for x, y in points if y == box.y or (x == box.x and box.y < y < box.y + BOX)}
        if taken and not on_edge:
            missing.append(f"nothing leads to {drawing.found.rows[target].path}")
    edges = sum(map(len, drawing.found.taken))
    arrows = len(drawing.rails.straight) + sum(len(each.targets) for each in drawing.rails.rails)
    return missing + ([] if edges == arrows else [f"{arrows} arrows for {edges} edges"])


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
