"""``cnninspect profile`` as a user types it."""

import json
from pathlib import Path

import pytest
import torch

from cnninspect.profile.machine import name_of_device
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
        (("--fits", "a lot"), "--fits: 'a lot' is not a size"),
        (("--top", "3", "-f", "csv"), "'--top 3' does not go with --format csv"),
        (("--sort", "macs", "-f", "json"), "'--sort macs' does not go with --format json"),
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


def test_a_gate_on_memory_by_hand(cli: Cli) -> None:
    """A pass needs its weights, its input and both maps; equal passes."""
    for device, batch in (("cpu", 2), ("meta", 5)):
        needed = PARAMS + batch * (INPUT + 2 * MAPS) // 2
        line = ("check", *NET, "--device", device, "--batch", str(batch), "-f", "json", "--max-inference-memory")
        assert cli(*line, str(needed)).code == 0
        result = cli(*line, str(needed - 1))
        assert result.code == 1
        (check,) = json.loads(result.out)["checks"]
        assert (check["budget"], check["actual"], check["margin"]) == ("max-inference-memory", needed, -1)


def test_a_gate_on_training_and_on_time(cli: Cli) -> None:
    line = ("check", *NET, "--optimizer", "sgd", "--runs", "3", "-f", "json")
    found = json.loads(cli(*line, "--max-training-memory", "1GiB", "--max-latency", "100s").out)
    assert [(each["budget"], each["passed"]) for each in found["checks"]] == [
        ("max-training-memory", True), ("max-latency", True),
    ]  # fmt: skip
    told = cli("check", *NET, "--runs", "3", "--max-latency", "1ns")
    assert told.code == 1
    assert "median of 3 passes on" in told.out


@pytest.mark.parametrize("form", ["json", "csv", "junit", "github"])
def test_a_time_that_is_within_its_budget_says_the_machine(cli: Cli, form: str) -> None:
    result = cli("check", *NET, "--runs", "3", "--max-latency", "100s", "-f", form)
    assert result.code == 0
    assert f"median of 3 passes on {name_of_device('cpu')}" in result.out


def test_a_page_says_what_gives_the_same_and_where_the_peak_is(cli: Cli) -> None:
    """In the ReLU's backward pass: weights, the input, what Adam keeps (two averages of each parameter, a count of four
    bytes for either), the ReLU's result and the gradient of its input, the loss and its gradient.
    """
    page = cli("profile", *NET, "--device", "meta", "--fits", "1MiB", "-f", "html").out
    assert "cnninspect profile nn:Conv2d(3, 8, 3); ReLU() --device meta --batch 2 --fits 1048576" in page
    peak = PARAMS + INPUT + (2 * PARAMS + 2 * 4) + 2 * MAPS + 2 * 4
    assert f">peak: {peak / 1024:.2f} KiB</text>" in page


def test_which_batch_fits_is_unknown_where_values_decide(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    file.write_text("import torch\nclass Net(torch.nn.Module):\n    def forward(self, x):\n"
                    "        return x * x.sum().item()\n")  # fmt: skip
    found = json.loads(cli("profile", f"{file}:Net", "-i", "2x4", "--runs", "1", "--fits", "1MiB", "-f", "json").out)
    assert found["fits"]["batch"] is None
    assert "which batch fits is unknown: it is told on meta, and the network needs values" in found["notes"]


def test_where_nothing_is_timed_those_that_keep_most_are_shown(cli: Cli) -> None:
    """The ReLU keeps its result, and the convolution nothing beside what is counted for itself."""
    table = cli("profile", *NET, "--device", "meta", "--top", "1").out
    calls = [line.split()[0] for line in table.splitlines() if line.startswith(("0:", "1:"))]
    assert calls == ["1:"]


def test_a_gate_on_a_saved_report_is_unknown_and_fails(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    assert cli("summary", *NET, "-o", str(file)).code == 0
    result = cli("check", str(file), "--max-inference-memory", "1TiB")
    assert result.code == 1
    assert "of a saved report nothing is measured" in result.out
    assert cli("check", str(file), "--max-params", "1k", "--batch", "3").code == 2


def test_a_batch_is_of_the_whole_check(cli: Cli) -> None:
    macs = 8 * 6 * 6 * 27  # of one image
    assert cli("check", *NET, "--batch", "7", "--max-macs", str(7 * macs), "--min-macs", str(7 * macs)).code == 0


def test_a_program_of_a_fixed_batch_takes_no_other(cli: Cli, tmp_path: Path) -> None:
    module = torch.nn.Sequential(torch.nn.Linear(3, 2))
    fixed, free = tmp_path / "fixed.pt2", tmp_path / "free.pt2"
    image = (torch.rand(2, 3),)
    torch.export.save(torch.export.export(module, image), fixed)
    torch.export.save(torch.export.export(module, image, dynamic_shapes=({0: torch.export.Dim("n")},)), free)
    assert cli("profile", str(free), "--batch", "5", "--runs", "1").code == 0
    result = cli("profile", str(fixed), "--batch", "5")
    assert result.code == 2
    assert "was exported with a fixed batch of 2" in result.err
    assert cli("profile", str(fixed), "--batch", "2", "--runs", "1").code == 0


def test_times_of_a_pass_of_layers_and_of_a_step(cli: Cli) -> None:
    found = json.loads(cli("profile", *NET, "--train", "--runs", "3", "-f", "json").out)
    (batch,) = found["batches"]
    assert [batch["time"]["runs"], batch["training"]["backward"]["runs"]] == [3, 3]
    assert batch["memory"]["workspace"] is not None
    assert batch["memory"]["training_workspace"] is not None
    assert [(each["path"], each["call"]) for each in found["layers"]] == [("", 1), ("0", 1), ("1", 1)]
    assert sum(each["share"] for each in found["layers"]) == pytest.approx(1)
    assert found["layers"][1]["macs"] == 2 * 8 * 6 * 6 * 27
    assert found["layers"][1]["backward_macs"] == 2 * 8 * 6 * 6 * 27  # the input needs no gradient
    assert found["layers"][1]["bytes_moved"] == INPUT + PARAMS + MAPS
    assert {each["bound"] for each in found["layers"]} <= {"arithmetic", "memory", None}
    assert found["roofline"]["bytes_per_second"] > 0


def test_images_in_a_list_are_as_many_as_asked_for(cli: Cli) -> None:
    """A detector takes them one by one."""
    line = ("profile", "ssdlite320_mobilenet_v3_large", "-i", "3x64x64", "--batch", "1,3", "--runs", "1", "-f", "json")
    result = cli(*line)
    assert result.code == 0, result.err
    inputs = [each["inputs"] for each in json.loads(result.out)["batches"]]
    assert [[spec["shape"] for spec in each] for each in inputs] == [[[3, 64, 64]], [[3, 64, 64]] * 3]


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
