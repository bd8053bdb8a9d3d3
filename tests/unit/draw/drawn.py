"""What is wrong with a drawing as SVG, read from its text alone: where boxes stand, and what its lines connect."""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from xml.etree import ElementTree as ET

from cnninspect.draw.drawing import GraphDrawing
from cnninspect.draw.placing import PlacedBox
from cnninspect.draw.rows import GraphRows, frames_of
from cnninspect.report import Graph

SVG = "{http://www.w3.org/2000/svg}"
Point = tuple[int, int]


class Segment(NamedTuple):
    """A horizontal or vertical line; the first end is that above, or on the left."""

    first: Point
    last: Point

    def has(self, point: Point) -> bool:
        (left, top), (right, bottom) = self
        return left <= point[0] <= right and top <= point[1] <= bottom

    def is_through(self, box: PlacedBox) -> bool:
        (left, top), (right, bottom) = self
        return box.x < right and left < box.x + box.width and box.y < bottom and top < box.y + box.height


def faults(drawing: GraphDrawing, text: str) -> list[str]:
    """In words; none: it is right."""
    root = ET.fromstring(text)  # noqa: S314 - our own
    boxes = [
        PlacedBox(*(int(each.get(side, "0")) for side in ("x", "y", "width", "height")))
        for group in root.iter(f"{SVG}g")
        for each in group.iter(f"{SVG}rect")
    ]
    if len(boxes) != len(drawing.found.rows):
        return [f"{len(boxes)} boxes for {len(drawing.found.rows)} rows"]
    page = PlacedBox(0, 0, int(root.get("width", "0")), int(root.get("height", "0")))
    paths = {each.get("class", ""): each.get("d", "") for each in root.iter(f"{SVG}path")}
    straight, beside = (list(segments(paths[kind])) for kind in ("l", "r"))
    nets = [*nets_of(straight), *rails_among(beside)]
    return [
        *(f"{box} is not on the page" for box in boxes if not is_within(box, page)),
        *overlapping(drawing, boxes),
        *crossed(drawing, boxes, straight + beside),
        *unconnected(drawing, boxes, nets, set(points(paths["a"]))),
    ]


def lost(found: GraphRows, graph: Graph) -> list[str]:
    """What takes from what with no line that says so, but for one copy of a block and the next; in words."""
    homes = {node: place for place, row in enumerate(found.rows) for node in row.nodes}
    frames = frames_of(found.rows)

    def around(place: int) -> Iterator[int]:
        while place >= 0:
            yield place
            place = frames[place]

    wrong = [f"node {node.id} stands nowhere" for node in graph.nodes if node.id not in homes]
    for node in graph.nodes:
        for source in node.inputs:
            home, place = homes.get(source, -1), homes.get(node.id, -1)
            is_told = any(found.rows[each].copies > 1 for each in {*around(home)} & {*around(place)})
            if home != place and home not in found.taken[place] and not is_told:
                wrong.append(f"row {place} takes from row {home}")
    return wrong


def is_within(inner: PlacedBox, outer: PlacedBox) -> bool:
    return (
        outer.x <= inner.x
        and outer.y <= inner.y
        and inner.x + inner.width <= outer.x + outer.width
        and inner.y + inner.height <= outer.y + outer.height
    )


def overlaps(one: PlacedBox, other: PlacedBox) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


def overlapping(drawing: GraphDrawing, boxes: Sequence[PlacedBox]) -> Iterator[str]:
    """Two overlap only where the one is a frame around the other, and then the other is wholly in it."""
    frames = frames_of(drawing.found.rows)
    above = sorted(range(len(boxes)), key=lambda place: boxes[place].y)
    for number, one in enumerate(above):
        for other in above[number + 1 :]:
            if boxes[other].y >= boxes[one].y + boxes[one].height:
                break
            if not overlaps(boxes[one], boxes[other]):
                continue
            inner, outer = max(one, other), min(one, other)
            around = frames[inner]
            while around >= 0 and around != outer:
                around = frames[around]
            if around != outer:
                yield f"{boxes[one]} and {boxes[other]} overlap"
    for place, around in enumerate(frames):
        if around >= 0 and not is_within(boxes[place], boxes[around]):
            yield f"{boxes[place]} sticks out of {boxes[around]}"


def crossed(drawing: GraphDrawing, boxes: Sequence[PlacedBox], lines: Iterable[Segment]) -> Iterator[str]:
    """No line leads through a box that is no frame."""
    single = sorted(
        (box for row, box in zip(drawing.found.rows, boxes, strict=True) if not row.is_frame), key=lambda box: box.y
    )
    tops, left = [box.y for box in single], min(box.x for box in single)
    for line in lines:
        if line.last[0] <= left:
            continue  # it is a rail beside all of them
        start = bisect_left(tops, line.first[1] - single[0].height)
        for box in single[start : bisect_left(tops, line.last[1])]:
            if line.is_through(box):
                yield f"{line} leads through {box}"


def segments(path: str) -> Iterator[Segment]:
    """Of a path of ``M``, ``H`` and ``V``."""
    x = y = 0
    for letter, numbers in re.findall(r"([MHV])([\d,]+)", path):
        before = (x, y)
        if letter == "M":
            x, y = map(int, numbers.split(","))
            continue
        x, y = (int(numbers), y) if letter == "H" else (x, int(numbers))
        yield Segment(*sorted((before, (x, y))))


def points(path: str) -> Iterator[Point]:
    """Of the heads of arrows."""
    for x, y in re.findall(r"M(\d+),(\d+)l", path):
        yield int(x), int(y)


def nets_of(lines: Sequence[Segment]) -> list[list[Segment]]:
    """Lines that touch: an end of the one is on the other. Those that merely cross don't."""
    by_x, by_y = defaultdict[int, list[int]](list), defaultdict[int, list[int]](list)
    for number, ((x, y), (end, _)) in enumerate(lines):
        (by_x[x] if x == end else by_y[y]).append(number)
    roots = list(range(len(lines)))

    def root(number: int) -> int:
        while roots[number] != number:
            roots[number] = number = roots[roots[number]]
        return number

    for number, line in enumerate(lines):
        for point in line:
            for other in (*by_x[point[0]], *by_y[point[1]]):
                if lines[other].has(point):
                    roots[root(number)] = root(other)
    found = defaultdict[int, list[Segment]](list)
    for number, line in enumerate(lines):
        found[root(number)].append(line)
    return list(found.values())


def rails_among(lines: Sequence[Segment]) -> Iterator[list[Segment]]:
    """Each vertical line with the horizontal ones that begin on it: where they pass others, they aren't connected."""
    flat = defaultdict[int, list[Segment]](list)
    for line in lines:
        if line.first[1] == line.last[1]:
            flat[line.first[0]].append(line)
    for line in lines:
        if line.first[0] == line.last[0]:
            yield [line, *(each for each in flat[line.first[0]] if line.has(each.first))]


def unconnected(
    drawing: GraphDrawing, boxes: Sequence[PlacedBox], nets: Sequence[Sequence[Segment]], heads: set[Point]
) -> Iterator[str]:
    """Each edge is a way along lines from its source to an arrow at its target; nothing else is connected."""
    edges = {(source, target) for target, taken in enumerate(drawing.found.taken) for source in taken}
    owners = defaultdict[Point, list[int]](list)  # by the points of the edges where lines may begin and end
    for place, (row, box) in enumerate(zip(drawing.found.rows, boxes, strict=True)):
        if not row.is_frame:
            for y in range(box.y + 1, box.y + box.height):
                owners[box.x, y].append(place)
            for x in range(box.x, box.x + box.width + 1):
                owners[x, box.y].append(place)
                owners[x, box.y + box.height].append(place)
    seen: set[tuple[int, int]] = set()
    for net in nets:
        ends = {(point, place) for line in net for point in line for place in owners.get(point, ())}
        sources = {place for point, place in ends if point not in heads}
        targets = {place for point, place in ends if point in heads}
        seen |= {(source, target) for source in sources for target in targets}
        if not sources or not targets:
            yield f"a line from {net[0].first} leads from nothing, or to nothing"
    yield from (f"no line leads from row {source} to row {target}" for source, target in sorted(edges - seen))
    yield from (f"a line leads from row {source} to row {target}" for source, target in sorted(seen - edges))
