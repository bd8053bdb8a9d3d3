"""The fast part of ``torchvision_zoo``: published figures on the CPU, on meta and from the cache; all explained."""

from functools import cache
from pathlib import Path

import msgspec
import pytest
import torchvision
from torchvision.models import list_models

from cnninspect import Report, inspect_model
from tests.reference import explained
from tests.reference.torchvision_zoo import SLOW, check

FAST = [name for name in list_models() if name not in SLOW]
#: What the slow ones are quicker with: small images and few boxes where the pass needs values, else shapes alone.
FEW = ",min_size=128,max_size=128,rpn_post_nms_top_n_test=20"
QUICKLY = [(name + FEW, "cpu") if "rcnn" in name else (name, "meta") for name in SLOW]


@cache
def on_meta(name: str) -> Report:
    """The shapes of one network, which two tests look at."""
    return inspect_model(name, device="meta")


@pytest.fixture
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNINSPECT_CACHE", str(tmp_path))


def assert_same_from_cache(fresh: Report, name: str, device: str = "cpu") -> None:
    """The report that was kept of ``fresh`` is equal to it, field by field, but for saying that it was kept."""
    cached = inspect_model(name, device=device, cache=True)
    assert (fresh.run.cached, cached.run.cached) == (False, True)
    for field in Report.__struct_fields__:
        if field != "run":
            assert getattr(cached, field) == getattr(fresh, field), field
    assert cached.run == msgspec.structs.replace(fresh.run, cached=True)
    assert cached.to_json().replace('"cached": true', '"cached": false', 1) == fresh.to_json()


@pytest.mark.usefixtures("_cache")
@pytest.mark.parametrize("name", FAST)
def test_published_figures_and_the_same_on_meta(name: str) -> None:
    real = inspect_model(name, cache=True)
    assert_same_from_cache(real, name)
    assert not check(name, real).differences
    shapes = on_meta(name)
    assert shapes.run.device == "meta" or "needs values" in shapes.notes[0]
    assert shapes.totals == real.totals
    assert shapes.layers == real.layers


@pytest.mark.parametrize("name", list_models(torchvision.models))
def test_every_explained_figure_is_the_traced_one(name: str) -> None:
    explained.check(name, on_meta(name))


@pytest.mark.usefixtures("_cache")
@pytest.mark.parametrize(("name", "device"), QUICKLY)
def test_the_slow_ones_from_the_cache(name: str, device: str) -> None:
    assert_same_from_cache(inspect_model(name, device=device, cache=True), name, device=device)


def test_two_stage_detectors_are_told_apart_by_their_class() -> None:
    """The exceptions are two-stage detectors, and nothing else hides among them."""
    from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN

    from cnninspect.loading import torchvision
    from cnninspect.spec import ZooModel
    from cnninspect.spec.sources import Source
    from tests.reference.torchvision_zoo import BACKBONES

    for name in BACKBONES:
        module = torchvision.build(ZooModel(name, Source.torchvision, name), None)
        assert isinstance(module, GeneralizedRCNN)
        assert hasattr(module.roi_heads, "box_roi_pool")
