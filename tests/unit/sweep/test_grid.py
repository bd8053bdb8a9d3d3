"""What is asked for comes to tasks, each once, and to shards that are the whole together."""

from pathlib import Path

import pytest

from cnninspect.spec.run_options import RunOptions
from cnninspect.spec.sources import Source
from cnninspect.sweep.grid import Grid, tasks
from cnninspect.sweep.line_key import asked_of

IMAGE = RunOptions(inputs="1x3x64x64", device="meta")


def test_each_once_and_with_its_source() -> None:
    found = tasks(["scratch:vgg13*", "scratch:vgg*", "vgg11"], IMAGE, Grid())
    assert [task.spec for task in found.values()][:2] == ["scratch:vgg13", "scratch:vgg13_bn"]
    assert len(found) == 8 + 1
    bare = tasks(["alexnet", "scratch:alexnet"], RunOptions(source=Source.scratch), Grid())
    assert [task.spec for task in bare.values()] == ["scratch:alexnet"]


def test_every_shard_has_its_own() -> None:
    whole = tasks(["torchvision:*"], IMAGE, Grid(sizes="32,64"))
    parts = [tasks(["torchvision:*"], IMAGE, Grid(sizes="32,64", shard=f"{number}/5")) for number in range(1, 6)]
    assert sorted(key for part in parts for key in part) == sorted(whole)
    assert len(whole) == 2 * 121
    assert all(parts)


def test_the_first_half_of_a_key_is_what_is_asked(tmp_path: Path) -> None:
    """However a name is spelled; the input, the batch and what is measured are in it, the code's text in the second."""
    spellings = [[*tasks([spec], IMAGE, Grid())] for spec in ("alexnet", "torchvision:alexnet")]
    assert spellings[0] == spellings[1]
    others = [Grid(batch="2"), Grid(sizes="65"), Grid(with_costs=True)]
    assert len({asked_of(key) for grid in [Grid(), *others] for key in tasks(["alexnet"], IMAGE, grid)}) == 4
    keys = []
    for number, name in ((1, "a"), (2, "b")):
        file = tmp_path / name / "net.py"
        file.parent.mkdir()
        file.write_text(f"Net = {number}\n")
        (key,) = tasks([f"{file}:Net"], IMAGE, Grid())
        keys.append(key)
    assert keys[0].partition("-")[2] != keys[1].partition("-")[2]


@pytest.mark.parametrize("sizes", ["224,224", " 224 "])
def test_a_size_counts_once(sizes: str) -> None:
    assert [task.side for task in tasks(["alexnet"], IMAGE, Grid(sizes=sizes)).values()] == [224]
