"""What is said of how a sweep is carried out is checked alike, wherever it is said."""

from typing import Any

import pytest

from cnninspect.errors import RequestError
from cnninspect.sweep import slot
from cnninspect.sweep.manner import parse_manner
from cnninspect.sweep.model_sweep import sweep_models
from cnninspect.sweep.slot import Limits


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"timeout": "x"}, "--timeout: 'x' is not a number of seconds"),
        ({"timeout": 0}, "--timeout: '0' is not a number of seconds"),
        ({"timeout": float("nan")}, "--timeout: 'nan' is not a number of seconds"),
        ({"timeout": True}, "--timeout: 'True' is not a number of seconds"),
        ({"jobs": 0}, "--jobs: '0' is not a whole number from 1 up"),
        ({"jobs": 1.5}, "--jobs: '1.5' is not a whole number from 1 up"),
        ({"max_memory": 0}, "--max-memory 0: a process that has imported torch takes more than 128 MiB"),
        ({"max_memory": "1MiB"}, "--max-memory 1MiB: a process that has imported torch takes more than 128 MiB"),
        ({"max_memory": "4G"}, "'4G' is not a size"),
        ({"resume": True}, "--resume needs the file that is to be gone on with"),
        ({"output": "a.jsonl", "retry": True}, "--retry goes with --resume"),
        ({"cluster": "tcp://x:1", "jobs": 2}, "--jobs is of this machine, and --cluster of others"),
    ],
)
def test_refused_on_the_command_line_and_in_python(said: dict[str, Any], message: str) -> None:
    for tell in (parse_manner, lambda **each: sweep_models("scratch:vgg11", **each)):
        with pytest.raises(RequestError) as raised:
            tell(**said)
        assert raised.value.message == message


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"source": "x"}, "unknown source 'x'"), ({"sizes": "8x8"}, "--sizes 8x8: '8x8' is not a size"),
        ({"batch": []}, "'' is not a batch"), ({"mode": "x"}, "unknown mode 'x'"),
        ({"sizes": 2.5}, "'2.5' is not a size"), ({"shard": 3}, "--shard 3: there is no such part"),
        ({"args": {"a": object()}}, "'a' is of type object, not a scalar"),
        ({"cluster": 5}, "--cluster '5' is no address"),
    ],
)  # fmt: skip
def test_refused_of_how_networks_run(said: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestError, match=r".") as raised:
        sweep_models("scratch:vgg11", **said)
    assert message in raised.value.message


@pytest.mark.parametrize("patterns", [3, None, ["alexnet", 3]])
def test_what_names_no_networks(patterns: Any) -> None:
    with pytest.raises(RequestError, match="names no networks"):
        sweep_models(patterns)


def test_numbers_are_written_as_on_the_command_line() -> None:
    found = sweep_models("nn:Conv2d(1, 4, 3)", inputs=(1, 1, 8, 8), sizes="8,9", batch=[1, 2], jobs=1, timeout=100)
    assert [line.inputs[0].shape for line in found.lines] == [(1, 1, 8, 8), (2, 1, 8, 8), (1, 1, 9, 9), (2, 1, 9, 9)]
    assert {line.device for line in found.lines} == {"meta"}


def test_a_limit_that_nobody_can_keep_to_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system doesn't tell what a process takes, there is none by default."""
    monkeypatch.setattr(slot, "resident", lambda _: None)
    assert slot.shared_out(Limits(), 2) == Limits()
    with pytest.raises(RequestError, match="this system doesn't tell what a process takes"):
        slot.shared_out(Limits(max_memory=2**30), 2)


def test_each_has_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnninspect.loading.memory.free", lambda: 12 * 2**30)
    assert slot.shared_out(Limits(timeout=5), 3) == Limits(timeout=5, max_memory=4 * 2**30)
