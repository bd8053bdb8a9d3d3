"""Stages as volumes in perspective, from left to right: heights and widths of maps, and features along the way.

Stages of the same sides stand close together and share the words below them. A side or a number of features is drawn
by its square root, so that the largest does not hide the least; a group of very many stages is one volume.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import groupby, pairwise
from math import sqrt
from typing import Final, NamedTuple

from cnninspect.draw.main_path import FeatureVolume, MainPath, MapStage

_HIGHEST, _THICKEST, _LEAST = 170.0, 44.0, 6.0  # pixels
_VECTOR: Final = 8.0  # the thickness of a vector
_ACROSS, _UP = 0.42, 0.3  # pixels to the right and upwards for each in depth
_GAP, _CLOSE, _EDGE = 34.0, 5.0, 20.0
_LETTER, _LINE = 6.7, 16.0
_ARCS: Final = 60.0  # above the volumes
#: Stages of a group that are drawn each, and lines below it.
_MOST, _LINES = 8, 4


class VolumeKind(StrEnum):
    """What makes a volume."""

    input = "input"
    product = "product"
    other = "other"


class Volume(NamedTuple):
    """A cuboid: its front face is features × height, its depth the width of the map. Pixels.

    Attributes:
        x: Of the front face's left edge.
        y: Of its upper edge.
        across: How far the back face is moved to the right.
        up: How far upwards.
        about: What it is, in words.
        stages: The numbers of the first and the last stage that it stands for.
    """

    x: float
    y: float
    width: float
    height: float
    across: float
    up: float
    kind: VolumeKind
    about: str
    stages: tuple[int, int]

    @property
    def top(self) -> tuple[float, float]:
        """The middle of its upper face."""
        return self.x + (self.width + self.across) / 2, self.y - self.up / 2


class Kernel(NamedTuple):
    """A window on the right face of a volume, as four corners, and where it leads to."""

    corners: tuple[tuple[float, float], ...]
    to: tuple[float, float]


class Caption(NamedTuple):
    """Words below a group, its middle and its lines; the first says the shape."""

    x: float
    y: float
    lines: tuple[str, ...]


class Blocks(NamedTuple):
    """The picture, in the order in which it is drawn."""

    width: float
    height: float
    volumes: tuple[Volume, ...]
    kernels: tuple[Kernel, ...]
    captions: tuple[Caption, ...]
    skips: tuple[tuple[tuple[float, float], tuple[float, float]], ...]


class _VolumeGroup(NamedTuple):
    """Volumes of the same sides, as numbers of stages: a range each."""

    ranges: tuple[tuple[int, int], ...]
    lines: tuple[str, ...]


def laid_out(found: MainPath) -> Blocks:
    """Where everything stands.

    Args:
        found: The stages of a network.
    """
    stages = found.stages
    scale = _Scale.of(stages)
    groups = list(_groups(stages))
    homes_of = {stage: each for group in groups for each in group.ranges for stage in range(each[0], each[1] + 1)}
    has_arcs = any(homes_of[a] != homes_of[b] for a, b in found.skips)
    middle = _EDGE + _ARCS * has_arcs + scale.highest / 2
    x, volumes, captions = _EDGE, list[Volume](), list[Caption]()
    for group in groups:
        words = max(len(line) for line in group.lines) * _LETTER
        drawn = list(_drawn(group, stages, scale, middle))
        wide = drawn[-1].x + drawn[-1].width + drawn[-1].across
        start = x + max((words - wide) / 2, 0)
        volumes += [each._replace(x=each.x + start) for each in drawn]
        captions.append(Caption(x + max(words, wide) / 2, middle + scale.highest / 2 + 1.5 * _LINE, group.lines))
        x += max(words, wide) + _GAP
    lines = max(len(group.lines) for group in groups)
    height = middle + scale.highest / 2 + (lines + 3) * _LINE
    homes = {stage: each for each in volumes for stage in range(each.stages[0], each.stages[1] + 1)}
    arcs = dict.fromkeys((homes[a].top, homes[b].top) for a, b in found.skips if homes[a] != homes[b])
    kernels = tuple(_kernels(stages, volumes))
    return Blocks(x - _GAP + _EDGE, height, tuple(volumes), kernels, tuple(captions), tuple(arcs))


class _Scale(NamedTuple):
    """The largest side, number of features of a map, and length of a vector."""

    side: int
    features: int
    vector: int

    @classmethod
    def of(cls, stages: Sequence[MapStage]) -> "_Scale":
        maps = [each.volume for each in stages if each.volume.sides]
        vectors = [each.volume.features for each in stages if not each.volume.sides]
        return cls(
            max((max(each.sides[-2:]) for each in maps), default=1) or 1,
            max((each.features for each in maps), default=1) or 1,
            max(vectors, default=1) or 1,
        )

    @property
    def highest(self) -> float:
        """Pixels from the lowest point to the highest."""
        return _HIGHEST * (1 + _UP)

    def cuboid(self, volume: FeatureVolume) -> tuple[float, float, float]:
        """Width, height and depth, in pixels."""
        if not volume.sides:
            return _VECTOR, max(_HIGHEST * sqrt(volume.features / self.vector), _LEAST), _VECTOR
        height, width = (volume.sides * 2)[-2:] if len(volume.sides) == 1 else volume.sides[-2:]
        deep = _VECTOR if len(volume.sides) == 1 else max(_HIGHEST * sqrt(width / self.side), _LEAST)
        thick = max(_THICKEST * sqrt(volume.features / self.features), 2)
        return thick, max(_HIGHEST * sqrt(height / self.side), _LEAST), deep


def _groups(stages: Sequence[MapStage]) -> Iterator[_VolumeGroup]:
    numbered = list(enumerate(stages))
    for (sides, _), members in groupby(numbered, key=lambda each: (each[1].volume.sides, _alone(*each))):
        numbers = [number for number, _ in members]
        own = [stages[number] for number in numbers]
        ranges = [(number, number) for number in numbers]
        if len(numbers) > _MOST:
            ranges = [(numbers[0], numbers[-1])]
        lines = [f"{count} × {step}" if count > 1 else step for step, count in _counted(own)]
        if len(lines) >= _LINES:
            products = [each.step for each in own if each.is_product]
            what = "convolutions" if all(each.startswith("conv ") for each in products) else "products"
            lines = [f"{len(products)} {what}" if products else f"{len(own)} steps"]
        yield _VolumeGroup(tuple(ranges), (own[-1].volume.words if sides else f"{own[-1].volume.features:,}", *lines))


def _alone(number: int, stage: MapStage) -> int:
    """The input, and each vector, is a group of its own."""
    return number if not number or not stage.volume.sides else -1


def _counted(stages: Sequence[MapStage]) -> Iterator[tuple[str, int]]:
    for step, same in groupby(stages, key=lambda each: each.step):
        yield step, len(list(same))


def _drawn(group: _VolumeGroup, stages: Sequence[MapStage], scale: _Scale, middle: float) -> Iterator[Volume]:
    x = 0.0
    for first, last in group.ranges:
        stage = stages[last]
        thick, high, deep = scale.cuboid(stage.volume)
        thick = min(thick + (last - first), 2 * _THICKEST)
        across, up = deep * _ACROSS, deep * _UP
        is_product = any(each.is_product for each in stages[first : last + 1])
        kind = VolumeKind.input if not first else VolumeKind.product if is_product else VolumeKind.other
        count = f"{last - first + 1} stages, the last of them " if last > first else ""
        about = f"{count}{stage.step}: {stage.volume.words}"
        yield Volume(x, middle - (high - up) / 2, thick, high, across, up, kind, about, (first, last))
        x += thick + _CLOSE


def _kernels(stages: Sequence[MapStage], volumes: Sequence[Volume]) -> Iterator[Kernel]:
    """A window for the first stage of each group that has one, on the map that it slides over."""
    for before, after in pairwise(volumes):
        kernel, given = stages[after.stages[0]].kernel, stages[before.stages[1]].volume.sides
        if len(kernel) != 2 or len(given) != 2 or after.x - before.x - before.width < before.across:
            continue
        high, wide = (min(size / side, 1) for size, side in zip(kernel, given, strict=True))
        x, y = before.x + before.width, before.y
        corners = tuple(
            (x + before.across * (0.5 + wide * w), y - before.up * (0.5 + wide * w) + before.height * (0.5 + high * h))
            for w, h in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5))
        )
        yield Kernel(corners, (after.x, after.y + after.height / 2))
