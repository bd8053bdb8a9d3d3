"""Where volumes stand: one behind another, as large as their sides and features say."""

from itertools import pairwise
from math import sqrt

import pytest

from cnninspect.draw.main_path import FeatureVolume, MainPath, MapStage, stages_of
from cnninspect.draw.volumes import VolumeKind, laid_out
from tests.unit.draw.graphs import RESIDUAL

BLOCKS = laid_out(stages_of(RESIDUAL))


def test_each_stands_behind_the_one_before() -> None:
    assert len(BLOCKS.volumes) == 6
    assert all(one.x + one.width < other.x for one, other in pairwise(BLOCKS.volumes))
    assert all(each.y - each.up >= 0 and each.y + each.height < BLOCKS.height for each in BLOCKS.volumes)
    assert BLOCKS.volumes[-1].x + BLOCKS.volumes[-1].width < BLOCKS.width


def test_sides_and_features_by_their_square_roots() -> None:
    image, first, _, pooled, flat, last = BLOCKS.volumes
    assert pooled.height / first.height == pytest.approx(sqrt(4 / 8))
    assert image.width / first.width == pytest.approx(sqrt(3 / 4))
    assert last.height / flat.height == pytest.approx(sqrt(10 / 64))


def test_kinds() -> None:
    kinds = [VolumeKind.input, *[VolumeKind.product] * 2, *[VolumeKind.other] * 2, VolumeKind.product]
    assert [each.kind for each in BLOCKS.volumes] == kinds


def test_a_window_for_each_first_layer_that_slides() -> None:
    """On the image, and on the last map of its size; the second convolution's maps stand close to those before."""
    assert len(BLOCKS.kernels) == 2


def test_words_below_do_not_run_into_each_other() -> None:
    ends = [(each.x, max(map(len, each.lines)) * 6.7 / 2) for each in BLOCKS.captions]
    assert all(x + half <= other - its for (x, half), (other, its) in pairwise(ends))
    assert BLOCKS.captions[1].lines == ("8×8×4", "2 × conv 3×3")


def test_very_many_stages_of_the_same_sides_are_one_volume() -> None:
    stages = [MapStage(FeatureVolume(3, (8, 8)), "x", (), False, (0,))]
    stages += [MapStage(FeatureVolume(4, (8, 8)), "conv 3×3", (3, 3), True, (each,)) for each in range(1, 31)]
    blocks = laid_out(MainPath(tuple(stages), ((1, 3), (0, 30))))
    assert [each.stages for each in blocks.volumes] == [(0, 0), (1, 30)]
    assert len(blocks.skips) == 1
    assert blocks.captions[1].lines == ("8×8×4", "30 × conv 3×3")
