"""The fast part of ``torchvision_zoo``: published figures on the CPU, the same on meta and from the cache."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from torchvision.models import list_models

from cnninspect import Report, inspect_model
from tests.reference.torchvision_zoo import SLOW, check

FAST = [name for name in list_models() if name not in SLOW]
#: What the slow ones are quicker with: shapes alone, or a small image where the pass needs values.
QUICKLY: dict[str, dict[str, Any]] = {
    name: {"inputs": ["3x128x128"]} if "rcnn" in name else {"device": "meta"} for name in SLOW
}


@pytest.fixture
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNINSPECT_CACHE", str(tmp_path))


def assert_same_from_cache(fresh: Report, name: str, **options: Any) -> None:
    """The report that was kept of ``fresh`` is equal to it, field by field, but for saying that it was kept."""
    cached = inspect_model(name, **options)
    assert (fresh.run.cached, cached.run.cached) == (False, True)
    for field in Report.__struct_fields__:
        if field != "run":
            assert getattr(cached, field) == getattr(fresh, field), field
    assert cached.run == msgspec.structs.replace(fresh.run, cached=True)
    assert cached.to_json().replace('"cached": true', '"cached": false', 1) == fresh.to_json()


@pytest.mark.usefixtures("_cache")
@pytest.mark.parametrize("name", FAST)
def test_published_figures_and_the_same_on_meta(name: str) -> None:
    real = inspect_model(name)
    assert_same_from_cache(real, name)
    assert not check(name, real).differences
    shapes = inspect_model(name, device="meta")
    assert shapes.run.device == "meta" or "needs values" in shapes.notes[0]
    assert shapes.totals == real.totals
    assert shapes.layers == real.layers


@pytest.mark.usefixtures("_cache")
@pytest.mark.parametrize("name", SLOW)
def test_the_slow_ones_from_the_cache(name: str) -> None:
    assert_same_from_cache(inspect_model(name, **QUICKLY[name]), name, **QUICKLY[name])


def test_two_stage_detectors_are_told_apart_by_their_class() -> None:
    """The exceptions are two-stage detectors, and nothing else hides among them."""
    from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN

    from cnninspect.loading import torchvision
    from cnninspect.spec import ZooModel
    from tests.reference.torchvision_zoo import BACKBONES

    for name in BACKBONES:
        module = torchvision.build(ZooModel(name, "torchvision", name), None)
        assert isinstance(module, GeneralizedRCNN)
        assert hasattr(module.roi_heads, "box_roi_pool")
