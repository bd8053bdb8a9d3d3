"""``cnninspect profile`` as a user types it."""

import json
from pathlib import Path

import pytest

from tests.conftest import Cli

#: A convolution of 3 to 8 channels, 3×3, on 2 images of 3×8×8, then a ReLU.
NET = ("nn:Conv2d(3, 8, 3); ReLU()", "-i", "2x3x8x8")
PARAMS = 4 * (8 * 3 * 9 + 8)
INPUT = 4 * 2 * 3 * 8 * 8
MAPS = 4 * 2 * 8 * 6 * 6  # the result of either layer


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_a_small_network_by_hand(cli: Cli, device: str) -> None:
    result = cli("profile", *NET, "--device", device, "--optimizer", "sgd", "-f", "json")
    assert result.code == 0, result.err
    (batch,) = json.loads(result.out)["batches"]
    memory = batch["memory"]
    assert (batch["batch"], memory["params"], memory["buffers"], memory["inputs"]) == (2, PARAMS, 0, INPUT)
    assert memory["inference_peak"] == 2 * MAPS  # what the ReLU takes and what it gives
    assert memory["inference_peak_at"] == {"op": "aten::relu", "path": "1"}
    assert memory["needed_inference"] == PARAMS + INPUT + 2 * MAPS
    assert memory["saved"] == MAPS  # the ReLU's result; the input and the weights are counted for themselves
    assert (memory["gradients"], memory["optimizer_state"]) == (PARAMS, 0)
    assert memory["step_peak"] == PARAMS  # the gradients


def test_batches_replace_the_first_side(cli: Cli) -> None:
    found = json.loads(cli("profile", *NET, "--device", "meta", "--batch", "1,4,16", "-f", "json").out)
    assert [each["batch"] for each in found["batches"]] == [1, 4, 16]
    assert [each["inputs"][0]["shape"] for each in found["batches"]] == [[n, 3, 8, 8] for n in (1, 4, 16)]
    assert [each["memory"]["inference_peak"] for each in found["batches"]] == [n * MAPS for n in (1, 4, 16)]
    assert found["run"]["inputs"][0]["shape"][0] == 16  # the layers are of the last one


def test_the_largest_batch_by_hand(cli: Cli) -> None:
    """An image takes its own bytes and both maps: 4·3·8·8 + 2·4·8·6·6."""
    image = INPUT // 2 + MAPS
    room = PARAMS + 100 * image
    for size, batch in ((room, 100), (room - 1, 99), (PARAMS + image, 1), (PARAMS, 0)):
        found = json.loads(cli("profile", *NET, "--device", "meta", "--fits", str(size), "-f", "json").out)
        assert found["fits"] == {"bytes": size, "mode": "inference", "batch": batch, "verified": None}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("nn:ReLU()", "-i", "2x3"), "no output needs a gradient"),
        (("nn:BatchNorm1d(3)", "-i", "1x3"), "wants more than one value for each channel in train mode"),
        (
            ("fasterrcnn_mobilenet_v3_large_320_fpn", "-i", "3x64x64"),
            "targets should not be none when in training mode",
        ),
    ],
    ids=["nothing to train", "one value a channel", "a detector"],
)
def test_where_a_step_cannot_be(cli: Cli, arguments: tuple[str, ...], reason: str) -> None:
    result = cli("profile", *arguments, "-f", "json")
    assert result.code == 0, result.err
    found = json.loads(result.out)
    memory = found["batches"][0]["memory"]
    assert memory["inference_peak"] is not None
    assert [memory[name] for name in ("saved", "gradients", "training_peak", "step_peak", "needed_training")] == [
        None
    ] * 5
    assert any(reason.lower() in note.lower() for note in found["notes"]), found["notes"]


def test_an_lstm_is_told_by_the_cpu_and_unknown_on_meta(cli: Cli) -> None:
    """What oneDNN keeps is its own: nobody outside can tell."""
    line = ("profile", "nn:LSTM(16, 32)", "-i", "4x2x16", "-f", "json")
    real, told = (json.loads(cli(*line, "--device", device).out) for device in ("cpu", "meta"))
    assert real["batches"][0]["memory"]["saved"] > 0
    assert told["batches"][0]["memory"]["saved"] is None
    assert any("LSTM" in note for note in told["notes"])
    assert told["batches"][0]["memory"]["inference_peak"] == real["batches"][0]["memory"]["inference_peak"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--batch", "0"), "'0' is not a batch"),
        (("--batch", "1,x"), "'x' is not a batch"),
        (("--optimizer", "adm"), "unknown optimizer 'adm'"),
        (("--target", "cuda"), "--target cuda goes with --device meta"),
        (("--fits", "24"), ""),
        (("--fits", "a lot"), "'a lot' is not a size"),
        (("--verify",), "--verify"),
        (("--sort", "weight"), "unknown column 'weight'"),
        (("--plot", "x.gif"), "'x.gif'"),
    ],
)
def test_what_cannot_be_carried_out(cli: Cli, arguments: tuple[str, ...], said: str) -> None:
    result = cli("profile", *NET, *arguments)
    if said:
        assert (result.code, result.out) == (2, "")
        assert result.err.startswith("error: ")
        assert said in result.err
    else:
        assert result.code == 0


def test_a_saved_report_has_no_costs(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    assert cli("summary", *NET, "-o", str(file)).code == 0
    result = cli("profile", str(file))
    assert result.code == 2
    assert "only what runs has costs" in result.err


def test_a_picture_of_it(cli: Cli, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    for ending, start in (("png", b"\x89PNG"), ("svg", b"<?xml")):
        file = tmp_path / f"costs.{ending}"
        assert cli("profile", *NET, "--device", "meta", "--plot", str(file)).code == 0
        assert file.read_bytes().startswith(start)


def test_the_users_module_comes_back_as_it_was(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(
        "import torch\nnet = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2))\n"
        "before = {k: v.clone() for k, v in net.state_dict().items()}\n"
        "class Check(torch.nn.Module):\n"
        "    def forward(self, x):\n"
        "        assert all(torch.equal(v, before[k]) for k, v in net.state_dict().items())\n"
        "        assert not any(p.grad is not None for p in net.parameters())\n"
        "        return x\n"
    )
    result = cli("profile", f"{tmp_path}/net.py:net", "-i", "4x2")
    assert result.code == 0, result.err
    assert cli("summary", f"{tmp_path}/net.py:Check", "-i", "4x2").code == 0
