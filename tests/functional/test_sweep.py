"""``cnninspect sweep`` as a user runs it: lines, files that grow, networks that misbehave, interrupts."""

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.conftest import Cli
from tests.functional.sweeps import (
    BAD,
    assert_is_gone,
    has_begun,
    lines,
    number_in,
    started,
    untimed,
    wait_until,
)  # fmt: skip

SMALL: Final = "nn:Conv2d(1, 4, 3); ReLU()"
LINEAR: Final = "nn:Linear(8, 2)"
IMAGE: Final = ("-i", "1x1x8x8", "--jobs", "1")
#: Of section 5 of what is promised of files.
PROMISED: Final = {
    "schema_version", "key", "spec", "inputs", "status", "seconds", "totals", "accuracy", "outputs", "layers",
    "receptive_field", "uncounted_ops", "notes", "error",
}  # fmt: skip
SCRATCH: Final = 10  # names: alexnet, alexnet_2012, vgg11 … vgg19, each also _bn
MISBEHAVING: Final = {
    "Loops": "timeout", "Allocates": "memory", "Exits": "crash", "Crashes": "crash", "Prints": "output",
}  # fmt: skip
#: By hand more: SWEEP_KILLS=20 pytest …
KILLS: Final = int(os.environ.get("SWEEP_KILLS", "4"))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.py").write_text(BAD, encoding="utf-8")
    return tmp_path


def test_a_line(cli: Cli, folder: Path) -> None:
    result = cli("sweep", SMALL, *IMAGE, "-o", "a.jsonl")
    assert (result.code, result.out) == (0, "")
    assert "on meta, shapes alone" in result.err
    assert "note: 1 network and input, done in" in result.err
    (line,) = lines(folder / "a.jsonl")
    assert line.keys() >= PROMISED
    assert (line["status"], line["spec"], line["error"], line["schema_version"]) == ("done", SMALL, None, 1)
    # by hand: 4·9 + 4 parameters, 8 − 3 + 1 = 6, 4·36·9 multiply-accumulates
    assert (line["totals"]["params"], line["totals"]["macs"]) == (40, 1296)
    assert line["outputs"][0]["shape"] == [1, 4, 6, 6]
    assert line["layers"] == {"Conv2d": 1, "ReLU": 1, "Sequential": 1}
    assert line["receptive_field"] == {"size": [3, 3], "stride": [1, 1], "padding": [0, 0]}


def test_figures_and_failures_are_those_of_summary(cli: Cli, folder: Path) -> None:
    specs = ("scratch:alexnet", "mobilenet_v2")
    image = ("-i", "1x3x64x64")
    cli("sweep", *specs, *image, "--jobs", "1", "-o", "a.jsonl")
    failed, line = lines(folder / "a.jsonl")
    shown = cli("summary", specs[0], *image, "--device", "meta", "-q")
    assert shown.code == 3
    assert shown.err == f"error: {failed['error']['message']}\n  hint: {failed['error']['hint']}\n"
    report = json.loads(cli("summary", specs[1], *image, "--device", "meta", "-f", "json").out)
    assert {key: line[key] for key in ("totals", "uncounted_ops", "notes")} == {
        key: report[key] for key in ("totals", "uncounted_ops", "notes")
    }
    assert line["accuracy"] == {"ImageNet-1K": {"acc@1": 72.154, "acc@5": 90.822}}  # MobileNet_V2_Weights.DEFAULT


def test_a_file_that_is_there(cli: Cli, folder: Path) -> None:
    assert cli("sweep", SMALL, *IMAGE, "-o", "a.jsonl").code == 0
    before = (folder / "a.jsonl").read_bytes()
    refused = cli("sweep", SMALL, LINEAR, *IMAGE, "-o", "a.jsonl")
    assert refused.code == 2
    assert "'a.jsonl' is there already\n  hint: --resume" in refused.err
    assert cli("sweep", SMALL, LINEAR, *IMAGE, "-o", "a.jsonl", "--resume").code == 0
    assert (folder / "a.jsonl").read_bytes().startswith(before)
    assert [line["spec"] for line in lines(folder / "a.jsonl")] == [SMALL, LINEAR]
    assert cli("sweep", SMALL, LINEAR, *IMAGE, "-o", "a.jsonl", "--resume").code == 0
    assert number_in(folder / "a.jsonl") == 2


def test_code_that_imports_something_else_by_now_is_run_again(cli: Cli, folder: Path) -> None:
    """Of 3·2 + 2 parameters, then of 3·5 + 5."""
    (folder / "net.py").write_text(
        "from torch import nn\nfrom width import W\ndef net():\n    return nn.Linear(3, W)\n"
    )
    for width in (2, 5, 5):
        (folder / "width.py").write_text(f"W = {width}\n")
        assert cli("sweep", "net.py:net", "-i", "1x3", "-q", "-o", "a.jsonl", "--resume").code == 0
    assert [line["totals"]["params"] for line in lines(folder / "a.jsonl")] == [8, 20]


def test_what_failed_is_run_again_if_asked(cli: Cli, folder: Path) -> None:
    line = ("sweep", "nn:Linear(9, 2)", SMALL, *IMAGE, "-o", "a.jsonl")
    failing = cli(*line, "--strict")
    assert failing.code == 1
    assert "the forward pass fails" in failing.err
    assert "2 networks and inputs, 1 of them failed" in failing.err
    assert cli(*line, "--resume", "--strict").code == 1
    assert number_in(folder / "a.jsonl") == 2
    assert cli(*line, "--resume", "--retry").code == 0
    assert [each["status"] for each in lines(folder / "a.jsonl")] == ["failed", "done", "failed"]


def test_a_torn_last_line_is_cut_off_and_run_again(cli: Cli, folder: Path) -> None:
    cli("sweep", SMALL, *IMAGE, "-o", "a.jsonl")
    with (folder / "a.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"schema_version":1,"key":"ab')
    assert cli("sweep", SMALL, LINEAR, *IMAGE, "-o", "a.jsonl", "--resume").code == 0
    assert [line["spec"] for line in lines(folder / "a.jsonl")] == [SMALL, LINEAR]


def test_a_torn_line_in_the_middle_is_taken_out_and_run_again(cli: Cli, folder: Path) -> None:
    """Readers are told of it, and what is whole stays as it is; a blank line is none."""
    file = folder / "a.jsonl"
    cli("sweep", SMALL, LINEAR, *IMAGE, "-o", "a.jsonl")
    first, second = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(first[:90] + b"\n\n" + second)
    refused = cli("compare", "a.jsonl")
    assert (refused.code, refused.out) == (2, "")
    assert "error: line 1 of 'a.jsonl' was torn\n  hint: the sweep that has written it" in refused.err
    result = cli("sweep", SMALL, LINEAR, *IMAGE, "-o", "a.jsonl", "--resume")
    assert result.code == 0
    assert result.err.startswith("note: line 1 was torn and is blank now: its network runs again")
    assert file.read_bytes().startswith(b" " * 90 + b"\n\n" + second)
    assert cli("compare", "a.jsonl", "-q").code == 0


def test_sizes_and_batches(cli: Cli, folder: Path) -> None:
    assert cli("sweep", SMALL, *IMAGE, "--sizes", "8,16", "--batch", "1,2", "-o", "a.jsonl").code == 0
    found = {tuple(line["inputs"][0]["shape"]): line["totals"]["macs"] for line in lines(folder / "a.jsonl")}
    assert found == {  # 4·9 for each of 6·6 or 14·14, of one image or two
        (1, 1, 8, 8): 1296, (2, 1, 8, 8): 2592, (1, 1, 16, 16): 7056, (2, 1, 16, 16): 14_112,
    }  # fmt: skip


def test_costs(cli: Cli, folder: Path) -> None:
    assert cli("sweep", SMALL, *IMAGE, "--profile", "-o", "a.jsonl").code == 0
    (line,) = lines(folder / "a.jsonl")
    memory = line["costs"]["memory"]
    assert (memory["params"], memory["inputs"]) == (4 * 40, 4 * 64)
    assert line["costs"]["time"] is None


def test_lines_on_standard_output(cli: Cli) -> None:
    shown = cli("sweep", SMALL, LINEAR, *IMAGE, "-q")
    assert shown.err == ""
    assert [json.loads(line)["spec"] for line in shown.out.splitlines()] == [SMALL, LINEAR]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (["alexnet", "--resume"], "--resume needs the file"),
        (["alexnet", "-o", "a.jsonl", "--retry"], "--retry goes with --resume"),
        (["alexnet", "--sizes", "8x8"], "--sizes 8x8: '8x8' is not a size"),
        (["nn:Linear(3, 2)", "-i", "1x3", "--sizes", "8"], "--sizes 8: no input is an image"),
        (["alexnet", "--shard", "0/2"], "--shard 0/2: there is no such part"),
        (["alexnet", "--batch", "0"], "'0' is not a batch"),
        (["alexnt"], "unknown model 'alexnt'"),
        (["scratch:resnet*"], "no model matches"),
        (["a.json"], "there is nothing to run"),
        (["a.jsonl"], "'a.jsonl' is a file of many networks"),
        (["alexnet", "--max-memory", "4G"], "'4G' is not a size"),
        (["alexnet", "--max-memory", "0"], "--max-memory 0: a process that has imported torch takes more"),
        (["alexnet", "--timeout", "0"], "--timeout: '0' is not a whole number from 1 up"),
        (["alexnet", "--jobs", "0"], "--jobs: '0' is not a whole number from 1 up"),
        (["alexnet", "--cluster", "tcp://x:1", "--jobs", "2"], "--jobs is of this machine"),
    ],
)
def test_refused(cli: Cli, line: list[str], says: str) -> None:
    shown = cli("sweep", *line)
    assert (shown.code, shown.out) == (2, "")
    assert says in shown.err
    assert "note:" not in shown.err


def test_networks_that_misbehave_cost_themselves_alone(folder: Path) -> None:
    loops, *others = (f"bad.py:{name}" for name in (*MISBEHAVING, "Chats", "Fine"))
    line = ("-i", "1x3", "--max-memory", "2GiB", "--jobs", "2", "-o", "a.jsonl")
    started(folder, loops, *line, "--timeout", "1").communicate(timeout=60)
    process = started(folder, loops, *others, *line, "--resume")  # the others have time
    out, errors = process.communicate(timeout=240)
    assert (process.returncode, out) == (0, "")
    found = {line["spec"].partition(":")[2]: line for line in lines(folder / "a.jsonl")}
    assert {name: line["error"] and line["error"]["reason"] for name, line in found.items()} == {
        **MISBEHAVING,
        "Chats": None,
        "Fine": None,
    }
    assert found["Loops"]["error"]["message"] == "it took longer than 1 s"
    assert found["Exits"]["error"]["message"] == "its process ended with exit code 7"
    assert found["Crashes"]["error"]["message"] == "its process was ended by signal 11 (SIGSEGV)"
    assert found["Prints"]["error"]["message"] == "it printed more than 512 KiB"
    assert {found[name]["totals"]["macs"] for name in ("Chats", "Fine")} == {6}
    assert "7 networks and inputs, 5 of them failed" in errors
    assert "line 1" not in errors


def test_interrupted_it_says_how_to_go_on(folder: Path) -> None:
    process = started(folder, "scratch:*", "bad.py:Loops", "-i", "1x3x224x224", "--jobs", "1", "-o", "a.jsonl")
    wait_until(lambda: has_begun(folder))
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "'a.jsonl': the same command with --resume goes on" in errors
    assert "Traceback" not in errors
    assert len(lines(folder / "a.jsonl")) == SCRATCH
    assert_is_gone(folder)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_nothing_of_a_run_that_is_ended_goes_on(folder: Path, number: signal.Signals) -> None:
    process = started(folder, "bad.py:Starts", "-i", "1x3", "-o", "a.jsonl")
    wait_until(lambda: has_begun(folder))
    process.send_signal(number)
    process.communicate()
    assert_is_gone(folder)
    assert_is_gone(folder, "started.pid")


@pytest.mark.parametrize(("name", "seconds", "status"), [("Starts", "1", "failed"), ("Leaves", "300", "done")])
def test_what_a_network_has_started_ends_with_it(cli: Cli, folder: Path, name: str, seconds: str, status: str) -> None:
    assert cli("sweep", f"bad.py:{name}", "-i", "1x3", "-o", "a.jsonl", "--timeout", seconds).code == 0
    assert [line["status"] for line in lines(folder / "a.jsonl")] == [status]
    assert_is_gone(folder, "started.pid")


def test_killed_at_any_moment_it_can_be_gone_on_with(folder: Path) -> None:
    """The file is complete in the end, no line twice, none torn; moments are drawn from a run's whole course."""
    draw, file, killed = random.Random(17), folder / "a.jsonl", 0
    sizes = ",".join(str(224 + number) for number in range(4 * KILLS))  # so that one run is not enough
    line = ("scratch:vgg*", "--sizes", sizes, "--jobs", "1", "-o", "a.jsonl", "--resume")
    for _ in range(KILLS):
        process = started(folder, *line)
        try:
            process.communicate(timeout=draw.uniform(0.5, 4))
        except subprocess.TimeoutExpired:
            killed += 1
            process.kill()
            process.communicate()
    process = started(folder, *line)
    process.communicate(timeout=120)
    assert process.returncode == 0
    assert killed > KILLS / 2
    found = [(each["spec"], each["side"]) for each in lines(file)]
    assert len(set(found)) == len(found) == 8 * 4 * KILLS  # vgg11 to vgg19, each also _bn


def test_one_process_and_two_write_the_same(cli: Cli, folder: Path) -> None:
    for jobs in ("1", "2"):
        assert cli("sweep", "scratch:*", "-i", "1x3x64x64", "--jobs", jobs, "-q", "-o", f"{jobs}.jsonl").code == 0
    assert untimed(folder / "1.jsonl") == untimed(folder / "2.jsonl")


@pytest.mark.parametrize("text", ["my thesis, in a line without an end", '{"schema_version":1,"tool":{}}'])
def test_a_file_of_somebody_elses_stays_as_it_is(cli: Cli, folder: Path, text: str) -> None:
    file = folder / "notes.txt"
    file.write_text(text, encoding="utf-8")
    result = cli("sweep", SMALL, *IMAGE, "-o", "notes.txt", "--resume")
    assert result.code == 2
    assert "the end of 'notes.txt' is not of a sweep" in result.err
    assert file.read_text(encoding="utf-8") == text


def test_what_is_no_file_is_refused(cli: Cli) -> None:
    result = cli("sweep", SMALL, *IMAGE, "-o", os.devnull, "--resume")
    assert result.code == 2
    assert "is not a file that holds lines" in result.err


def test_a_start_that_fails_leaves_nothing_behind(cli: Cli, folder: Path) -> None:
    result = cli("sweep", SMALL, "-i", "1x1x8x8", "-o", "a.jsonl", "--cluster", "scheduler")
    assert (result.code, "--cluster 'scheduler' is no address" in result.err) == (2, True)
    assert not (folder / "a.jsonl").exists()


def test_lines_of_one_network_are_told_apart_and_of_those_alike_the_last_counts(cli: Cli) -> None:
    """40 parameters of four bytes, or of two; another seed is another line, with the same figures."""
    for more in ((), ("--dtype", "float16", "--resume"), ("--seed", "3", "--resume")):
        assert cli("sweep", SMALL, *IMAGE, "-q", "-o", "a.jsonl", *more).code == 0
    compared = cli("compare", "a.jsonl", "-f", "csv").out
    assert compared.count(",size,160,") == compared.count(",size,80,") == 1
    found = json.loads(cli("check", "a.jsonl", "--max-size", "100", "-f", "json").out)["checks"]
    assert sorted(each["actual"] for each in found) == [80, 160]


@pytest.mark.parametrize("raised", ["KeyboardInterrupt", "SystemExit(3)"])
def test_a_network_that_raises_what_ends_a_process_has_failed(cli: Cli, folder: Path, raised: str) -> None:
    (folder / "net.py").write_text(
        f"from torch import nn\nclass Net(nn.Module):\n    def forward(self, x):\n        raise {raised}\n"
    )
    assert cli("sweep", "net.py:Net", *IMAGE, "-q", "-o", "a.jsonl").code == 0
    (line,) = lines(folder / "a.jsonl")
    assert (line["status"], line["error"]["reason"]) == ("failed", "forward")
    assert cli("check", "a.jsonl", "--max-params", "1M").code == 3


def test_nobody_reads_any_more() -> None:
    line = f"{sys.executable} -m cnninspect sweep 'scratch:vgg1*' -q -j1 | head -c 1; exit ${{PIPESTATUS[0]}}"
    result = subprocess.run(
        ["bash", "-c", line],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (result.returncode, result.stderr) == (0, "")
