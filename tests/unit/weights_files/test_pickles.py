"""Pickles as data: nothing that they name runs or is imported, and nothing that they say takes memory or time."""

import functools
import io
import operator
import os
import pickle
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from cnninspect.errors import RequestError
from cnninspect.weights_files import state_files
from cnninspect.weights_files.pickles import Placeholder, Reader, Refused

TOUCH = "touch ran"


class Call:
    """Is pickled as a call."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.call


def read(content: bytes) -> Any:
    def no_storage(_: object) -> None:
        raise AssertionError("there is none")

    return Reader(io.BytesIO(content), {}, no_storage).load()


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
def test_plain_values_are_themselves(protocol: int) -> None:
    """Against ``pickle`` itself, in every protocol: numbers of every length, text, bytes, containers, shared parts."""
    shared = ["ä", 2**31, -(2**40), 2**3000, 1.5, None, True, False, 255, 65_536]
    value: Any = {"a": shared, 1: (shared, (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)), "long": "x" * 300, (1, 2): {}}
    found = read(pickle.dumps(value, protocol))
    assert found == value
    assert found["a"] is found[1][0]
    if protocol >= 4:
        plain: Any = [b"x" * 300, b"y", {1, 2}, frozenset((3, 4)), "x" * 70_000]
        assert read(pickle.dumps(plain, protocol)) == plain


@pytest.mark.parametrize("protocol", [2, 4])
def test_other_things_are_placeholders(protocol: int) -> None:
    class_of_ours = Path("a/b")
    found = read(pickle.dumps({"path": class_of_ours, "error": KeyError("x")}, protocol))
    assert isinstance(found["path"], Placeholder)
    assert found["path"].name.startswith("pathlib.")
    assert found["path"].content in {("a", "b"), ("a/b",)}  # the latter from Python 3.14
    assert found["error"].name in {"builtins.KeyError", "exceptions.KeyError"}


@pytest.mark.parametrize("is_archive", [True, False])
@pytest.mark.parametrize(
    ("attack", "named"),
    [
        (Call(os.system, TOUCH), "system"),
        (Call(os.mkdir, "ran"), "mkdir"),
        (Call(subprocess.Popen, ["touch", "ran"]), "Popen"),
        (Call(exec, "open('ran', 'w')"), "exec"),
        (Call(eval, "open('ran', 'w')"), "eval"),
        (Call(__import__, "antigravity"), "__import__"),
        (Call(torch.hub.load, "a/b", "c"), "torch.hub.load"),
        (Call(getattr, Path("ran"), "touch"), None),
        (Call(functools.partial, Path.touch, Path("ran")), None),
        (Call(operator.methodcaller, "touch"), None),
        (Call(torch.load, "other.pth"), None),
        (Call(torch.jit.load, "other.pt"), None),
    ],
)
def test_hostile_pickles_leave_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attack: Call, named: str | None, is_archive: bool
) -> None:
    """What only code names is refused and named; whatever else there is beside a state dict is not acted on."""
    monkeypatch.chdir(tmp_path)
    saved = {"state_dict": {"fc.weight": torch.ones(2)}, "epoch": attack}
    torch.save(saved, "a.pth", _use_new_zipfile_serialization=is_archive)
    before = set(sys.modules)
    if named is None:
        assert list(state_files.read("a.pth").values) == ["fc.weight"]
    else:
        with pytest.raises(RequestError, match=f"would run code when loaded .*{named}"):
            state_files.read("a.pth")
    assert not Path("ran").exists()
    assert {name for name in set(sys.modules) - before if not name.startswith(("cnninspect", "torch"))} == set()


def named(module: str, name: str) -> bytes:
    return f"c{module}\n{name}\n".encode()


WEIGHT = b"X\x01\x00\x00\x00w"


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x02(S'touch ran'\nios\nsystem\n.",  # INST
        b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x09touch ran\x85R.",  # STACK_GLOBAL
        b"\x80\x02(" + named("posix", "system") + b"X\x09\x00\x00\x00touch rano.",  # OBJ
    ],
)
def test_every_way_to_name_is_one(content: bytes) -> None:
    with pytest.raises(Refused, match="system"):
        read(content)


def test_dotted_names_lead_nowhere() -> None:
    """``torch._utils`` has ``os`` among its names: a name is looked up whole or not at all."""
    found = read(b"\x80\x04\x8c\x0ctorch._utils\x8c\x09os.system\x93\x8c\x09touch ran\x85R.")
    assert found.name == "torch._utils.os.system"


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x02\x82\x01.",  # an extension code, which the process may have registered
        b"\x80\x02" + named("torch", "Tensor") + b"K\x01K\x01s.",  # an item of a class
        b"\x80\x02K\x01K\x02a.",  # an element of a number
        b"\x80\x02.",
        b"\x80\x02}",
        b"",
        b"\x80\x02t.",  # a tuple without a mark
        b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7fabc.",  # text of 2**63 bytes
        b"\x80\x05\x96\xff\xff\xff\xff\xff\xff\x00\x00abc.",  # a bytearray of 2**48
        b"\x80\x02L" + b"9" * 5000 + b"\n.",
        # a tuple of two of itself, forty times over: its hash would take 2**40 steps
        b"\x80\x02}K\x01" + b"2\x86" * 40 + b"K\x01s.",
    ],
)
def test_nonsense_is_an_error_at_once(content: bytes) -> None:
    with pytest.raises(RequestError, match="damaged"), state_files.explained_reading("a.pth"):
        read(content)


def test_attributes_of_functions_are_not_set() -> None:
    """BUILD on a name that is a function in torch: in ``pickle`` it would change the function for the whole process."""
    read(b"\x80\x02" + named("torch._utils", "_rebuild_tensor") + b"}X\x03\x00\x00\x00fooK\x01sb.")
    assert not hasattr(torch._utils._rebuild_tensor, "foo")


def test_a_place_in_the_memo_takes_no_room() -> None:
    """Place 2**31 - 1: C's unpickler makes a table of 16 GiB for it."""
    assert read(b"\x80\x02}r\xff\xff\xff\x7f.") == {}


def test_deep_pickles() -> None:
    assert isinstance(read(b"\x80\x02" + b"]" * 100_000 + b"a" * 99_999 + b"."), list)


def test_whole_state_dict_in_a_crafted_archive(tmp_path: Path) -> None:
    """Storages that say more than their member has, and those that overlap it, are damage."""
    torch.save({"w": torch.ones(4)}, tmp_path / "a.pth")
    with zipfile.ZipFile(tmp_path / "a.pth") as old, zipfile.ZipFile(tmp_path / "b.pth", "w") as new:
        for member in old.namelist():
            content = old.read(member)
            # K\x04: four elements, of the storage and of the tensor
            new.writestr(member, content.replace(b"K\x04", b"K\x05") if member.endswith("data.pkl") else content)
    with pytest.raises(RequestError, match="damaged"):
        state_files.read(str(tmp_path / "b.pth"))
