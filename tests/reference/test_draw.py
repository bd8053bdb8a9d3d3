"""Drawings of torchvision's networks; all of them: ``python -m tests.reference.draw_zoo``.

The limits are those that a page has: 1,600 pixels are read at a glance, 60 and 400 kB are sent in an instant.
"""

import re

import pytest

from cnninspect import inspection
from cnninspect.draw.draw_view import DrawView
from cnninspect.draw.drawing import drawing_of
from cnninspect.formats import graph_svg
from tests.reference.graph_zoo import request
from tests.unit.draw.drawn import faults, lost


@pytest.mark.parametrize("name", ["resnet18", "squeezenet1_0", "inception_v3", "densenet121", "vit_b_16"])
@pytest.mark.parametrize("is_folded", [True, False])
def test_each_edge_is_a_line_and_no_two_boxes_overlap(name: str, is_folded: bool) -> None:
    report = inspection.report_of(request(name))
    drawing = drawing_of(report, DrawView(depth=99, fold=is_folded))
    text = graph_svg.render(drawing)
    assert faults(drawing, text) == []
    assert report.graph is not None
    assert lost(drawing.found, report.graph) == []
    assert graph_svg.render(drawing) == text


@pytest.mark.parametrize(
    ("name", "groups"),
    [("googlenet", 1 + 9), ("inception_v3", 1 + 11 + 2 * 2), ("squeezenet1_0", 8), ("resnet50", 4), ("vgg11", 0)],
)
def test_branches_of_papers_stand_side_by_side(name: str, groups: int) -> None:
    """Szegedy et al. (2014), table 1: 9 inception modules, besides the channels that torchvision scales one by one;
    Szegedy et al. (2015), table 1: 3 + 1 + 4 + 1 + 2, the last two with two branches that branch (figure 7);
    Iandola et al. (2016), table 1: 8 fire modules; He et al. (2015), section 3.3: a projection at the head of each
    stage where the width changes, in ResNet-50 of all 4."""
    drawing = drawing_of(inspection.report_of(request(name)), DrawView(depth=99, fold=False))
    assert len(drawing.groups) == groups


@pytest.mark.parametrize(("name", "most"), [("resnet50", 60_000), ("densenet201", 400_000)])
def test_pictures_are_small(name: str, most: int) -> None:
    drawing = drawing_of(inspection.report_of(request(name)), DrawView(depth=99, fold=False))
    assert len(graph_svg.render(drawing).encode()) <= most


@pytest.mark.parametrize("name", ["resnet50", "vit_b_16", "inception_v3"])
def test_a_page_is_read_at_a_glance(name: str) -> None:
    text = graph_svg.render(drawing_of(inspection.report_of(request(name)), DrawView()))
    found = re.search(r'<svg [^>]*height="(\d+)"', text)
    assert found is not None
    assert int(found[1]) <= 1600
