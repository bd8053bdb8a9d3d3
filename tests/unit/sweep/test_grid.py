"""What is asked for comes to tasks, each once, and to shards that are the whole together."""

from pathlib import Path

import pytest
import torch
from msgspec.structs import replace
from safetensors.torch import save_file

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


def key_of(spec: str, **more: str) -> tuple[str, str]:
    """The two halves of the only key."""
    (key,) = tasks([spec], replace(IMAGE, **more), Grid())
    asked, _, made_with = key.partition("-")
    return asked, made_with


def test_what_code_imports_is_in_the_key(tmp_path: Path) -> None:
    """As it is now, in the same process, too; what has as many letters as before is something else."""
    (tmp_path / "net.py").write_text("from width import WIDTH\nNet = 1\n")
    (tmp_path / "aside.py").write_text("1")
    keys = []
    for text in ("WIDTH = 1", "WIDTH = 2", "WIDTH = 2"):
        (tmp_path / "width.py").write_text(text)
        keys.append(key_of(f"{tmp_path}/net.py:Net"))
    (tmp_path / "aside.py").write_text("2")
    assert len({asked for asked, _ in keys}) == 1
    assert keys[0] != keys[1] == keys[2] == key_of(f"{tmp_path}/net.py:Net")


def test_every_file_of_weights_is_in_the_key(tmp_path: Path) -> None:
    """Also the shards that an index names, and a file of which one network is meant."""
    index, shard = tmp_path / "model.safetensors.index.json", tmp_path / "a.safetensors"
    index.write_text('{"weight_map": {"x": "a.safetensors"}}')
    for weights, file in ((str(index), shard), (str(tmp_path), shard), (f"{tmp_path}/a.pth#x", tmp_path / "a.pth")):
        keys = []
        for number in (1, 2):
            save_file({"x": torch.full((1,), float(number))}, shard)
            torch.save({"x": torch.full((1,), float(number))}, tmp_path / "a.pth")
            keys.append(key_of("alexnet", weights=weights))
        assert keys[0] != keys[1], file


@pytest.mark.parametrize("sizes", ["224,224", " 224 "])
def test_a_size_counts_once(sizes: str) -> None:
    assert [task.side for task in tasks(["alexnet"], IMAGE, Grid(sizes=sizes)).values()] == [224]
