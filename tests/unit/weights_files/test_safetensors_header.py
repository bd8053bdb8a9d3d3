"""The header of a safetensors file: damaged ones are refused, and a whole one is read without what comes after it."""

import builtins
import json
import struct
from pathlib import Path
from typing import Any

import pytest

from cnninspect.errors import RequestError
from cnninspect.weights_files import safetensors_header, state_files


def safetensors_file(path: Path, header: object, data: bytes = b"", length: int | None = None) -> str:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + data)
    return str(path)


def entry(shape: list[object], begin: int, end: int, dtype: str = "F32") -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


@pytest.mark.parametrize(
    ("header", "length"),
    [
        ({"a": entry([2], 0, 8)}, None),  # 8 bytes where 4 are
        ({"a": entry([1], 0, 8)}, None),
        ({"a": entry([2], 0, 4)}, None),
        ({"a": entry([1], 4, 0)}, None),
        ({"a": entry([1], 0, 4), "b": entry([1], 0, 4)}, None),  # both in the same bytes
        ({"a": entry([-1], 0, 4)}, None),
        ({"a": entry([1.5], 0, 4)}, None),
        ({"a": {"dtype": "F32"}}, None),
        ({"a": 1}, None),
        ([1], None),
        (b"{", None),
        (b"[" * 100_000, None),
        (b'{"a":' * 100_000, None),
        ({"a": entry([1], 0, 4)}, 2**63),
        ({"a": entry([1], 0, 4)}, 2**20),
        ({"a": entry([1], 0, 4)}, 0),
        (b'{"\xff": 1}', None),
    ],
)
def test_damaged_safetensors(tmp_path: Path, header: object, length: int | None) -> None:
    name = safetensors_file(tmp_path / "a.safetensors", header, b"1234", length)
    with pytest.raises(RequestError, match="not a whole safetensors file"):
        safetensors_header.read(name)


def test_header_alone_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sparse file of 1 TiB, as long as its header says; neither torch nor safetensors is asked."""
    size = 2**40
    header = {"__metadata__": {"format": "pt"}, "a": entry([size // 2], 0, size, "BF16")}
    name = safetensors_file(tmp_path / "a.safetensors", header)
    with Path(name).open("r+b") as file:
        try:
            file.truncate(8 + len(json.dumps(header)) + size)
        except OSError:
            pytest.skip("the file system has no sparse files")
    original = builtins.__import__

    def no_torch(package: str, *arguments: Any, **options: Any) -> Any:
        assert package.partition(".")[0] not in {"torch", "safetensors"}
        return original(package, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", no_torch)
    assert state_files.check(name) == "safetensors"
    (tensor,) = safetensors_header.read(name)
    assert (tensor.key, tensor.shape, tensor.dtype, tensor.size) == ("a", (size // 2,), "bfloat16", size)
