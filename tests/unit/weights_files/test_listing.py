"""Files of weights as reports: figures by hand, one row a key, whatever the key."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from cnninspect.errors import RequestError
from cnninspect.report import Report
from cnninspect.spec import WeightsFile
from cnninspect.weights_files import listing
from tests.unit.weights_files.test_state_files import Packed

#: A convolution of 4·3·9 + 4, a batch normalisation of 4·4 + 1, a linear layer of 5·144 + 5: 854 elements.
STATE = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Linear(144, 5)).state_dict()
ELEMENTS = 112 + 17 + 725
BYTES = 4 * 853 + 8  # float32, and an int64 counter


def listed(text: object) -> Report:
    return listing.listed(WeightsFile(str(text)))


def saved(path: Path, values: object) -> Report:
    torch.save(values, path / "a.pth")
    return listed(path / "a.pth")


def shards(folder: Path, ending: str) -> Path:
    """``STATE`` in two files, and their index."""
    first = dict(list(STATE.items())[:3])
    parts = {f"one.{ending}": first, f"two.{ending}": {key: STATE[key] for key in STATE if key not in first}}
    for name, values in parts.items():
        if ending == "bin":
            torch.save(values, folder / name)
        else:
            save_file(values, folder / name)
    weight_map = {key: name for name, values in parts.items() for key in values}
    index = folder / f"model.{ending}.index.json"
    index.write_text(json.dumps({"metadata": {"total_size": BYTES}, "weight_map": weight_map}))
    return index


@pytest.mark.parametrize("ending", ["safetensors", "bin"])
def test_shards(tmp_path: Path, ending: str) -> None:
    index = shards(tmp_path, ending)
    for text in (index, tmp_path, f"{tmp_path}/"):
        report = listed(text)
        assert (report.totals.params, report.totals.param_bytes) == (ELEMENTS, BYTES)
    assert listed(f"{index}#2").totals.params == listed(f"{tmp_path}#2").totals.params == 725


def test_shards_that_are_not_whole(tmp_path: Path) -> None:
    index = shards(tmp_path, "safetensors")
    text = index.read_text()
    index.write_text(text.replace("one.safetensors", "../one.safetensors", 1))
    with pytest.raises(RequestError, match=r"names '\.\./one.safetensors', which is no file beside it"):
        listed(index)
    index.write_text(text.replace("0.weight", "0.wait"))
    with pytest.raises(RequestError, match=r"'0\.wait' is not in its file"):
        listed(index)
    index.write_text(text)
    (tmp_path / "two.safetensors").unlink()
    with pytest.raises(RequestError, match=r"can't read weights file .*two.safetensors.*No such file"):
        listed(index)
    index.write_text("[1]")
    with pytest.raises(RequestError, match="not an index of weights"):
        listed(index)


def test_folder_without_an_index(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="Is a directory") as raised:
        listed(tmp_path)
    assert "model.safetensors.index.json" in str(raised.value.hint)
    shards(tmp_path, "bin")
    shards(tmp_path, "safetensors")
    with pytest.raises(RequestError, match="several indices"):
        listed(tmp_path)


def test_key_of_a_safetensors_file(tmp_path: Path) -> None:
    save_file({"g.w": torch.ones(2, 3), "d.w": torch.ones(5)}, tmp_path / "a.safetensors")
    report = listed(tmp_path / "a.safetensors#g")
    assert report.totals.params == 6
    assert [layer.path for layer in report.layers] == ["", "w"]
    with pytest.raises(RequestError, match="'e'") as raised:
        listed(tmp_path / "a.safetensors#e")
    assert raised.value.hint == "it has d, g"


def test_every_row_has_a_path_of_its_own(tmp_path: Path) -> None:
    keys = ["[b]a.weight", "b..weight", ".c", "..d.e", "d\ne", "", ".", "f", "f.g", "h."]
    report = saved(tmp_path, {key: torch.ones(2) for key in keys})
    paths = [layer.path for layer in report.layers]
    assert len(set(paths)) == len(paths)
    assert report.totals.params == 2 * len(keys) == sum(layer.own_params or 0 for layer in report.layers)
    # a dot without a name before it is part of a name; `f` is a tensor and a module
    assert {"b", "b..weight", ".c", "..d", "..d.e", "f", "f (2)", "f.g"} <= set(paths)


def test_keys_that_are_no_text(tmp_path: Path) -> None:
    report = saved(tmp_path, {"a\ud800.b": torch.ones(2)})
    assert report.layers[1].path == "a?"
    assert Report.from_json(report.to_json()) == report


@pytest.mark.filterwarnings("ignore")  # of torch.ao, which is on its way out of torch
def test_quantized_state_dicts(tmp_path: Path) -> None:
    """Elements as they are, an int8 weight by its bytes; packed weights are below their key."""
    quantize: Any = torch.ao.quantization.quantize_dynamic
    convolution: Any = torch.ao.nn.quantized.Conv2d
    network = nn.Sequential(nn.Linear(8, 4), nn.LSTM(4, 4))
    quantized = quantize(network, {nn.Linear, nn.LSTM}, dtype=torch.qint8)
    report = saved(tmp_path, quantized.state_dict())
    rows = {layer.path: layer for layer in report.layers}
    linear, recurrent = rows["0._packed_params._packed_params"], rows["1._all_weight_values.0.param"]
    assert (linear.params, linear.param_bytes) == (8 * 4 + 4, 8 * 4 + 4 * 4)
    # two weights of 16·4 int8, and two biases of 16 float32, which are named twice
    assert (recurrent.params, recurrent.param_bytes) == (2 * 64 + 2 * 16, 2 * 64 + 2 * 64)
    # and a scale in float32, a zero point in int64
    assert (report.totals.params, report.totals.param_bytes) == (36 + 160 + 2, 48 + 256 + 12)
    static = convolution(3, 4, 3).state_dict()
    assert saved(tmp_path, static).totals.param_bytes == 4 * 27 + 4 * 4 + 4 + 8


def test_bytes_are_those_that_are_stored(tmp_path: Path) -> None:
    packed = Packed(torch.ones(4, 8, dtype=torch.int8), torch.ones(4, 1))
    report = saved(tmp_path, {"a.b": packed})
    assert (report.totals.params, report.totals.param_bytes) == (4 * 8, 4 * 8 + 4 * 4)
    report = saved(tmp_path, {"a.b": torch.eye(100).to_sparse()})
    assert (report.totals.params, report.totals.param_bytes) == (10_000, 100 * (4 + 2 * 8))
    report = saved(tmp_path, {"a.b": torch.ones(1).expand(10**6)})
    assert (report.totals.params, report.totals.param_bytes) == (10**6, 4)
