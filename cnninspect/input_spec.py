"""An input as the user types it, ``[NAME=]SHAPE[:DTYPE]``, and the dtypes by name; without torch."""

import math
import re
from typing import Final

import msgspec

from cnninspect.errors import RequestError, unknown_name

#: Bytes an element, by dtype name as in ``torch.<name>``.
DTYPES: Final = {
    "bool": 1,
    "uint8": 1,
    "int8": 1,
    "int16": 2,
    "int32": 4,
    "int64": 8,
    "float16": 2,
    "bfloat16": 2,
    "float32": 4,
    "float64": 8,
    "complex64": 8,
    "complex128": 16,
}
_DTYPE_ALIASES: Final = {
    "half": "float16",
    "float": "float32",
    "double": "float64",
    "int": "int32",
    "long": "int64",
}
_LARGEST: Final = 2**63 - 1  # torch keeps sizes and byte counts as signed 64-bit integers


class InputSpec(msgspec.Struct, frozen=True):
    """A tensor to make up: its shape, and its name and dtype where the user gave them."""

    shape: tuple[int, ...]
    name: str | None = None
    dtype: str | None = None

    def __str__(self) -> str:
        """The spelling that parses to this spec again."""
        named = f"{self.name}=" if self.name else ""
        typed = f":{self.dtype}" if self.dtype else ""
        return f"{named}{'x'.join(map(str, self.shape))}{typed}"


def parse_input(text: str) -> InputSpec:
    """Read an input spec such as ``1x3x224x224`` or ``tokens=1x16:int64``.

    Raises:
        RequestError: The spec is malformed, or no machine could hold such a tensor.
    """
    example = "write [NAME=]SHAPE[:DTYPE], for example 1x3x224x224"
    match = re.fullmatch(r"(?:([^\W\d]\w*)=)?([^=:]*)(?::(\w+))?", text.strip())
    if not match:
        raise RequestError(f"malformed input {text!r}", hint=example)
    name, shape_text, dtype = match.groups()
    sides = re.split("[xX×]", shape_text)
    if not all(side.isascii() and side.isdigit() and len(side) < 20 for side in sides):
        raise RequestError(f"malformed shape {shape_text!r} in --input {text!r}", hint=example)
    shape = tuple(map(int, sides))
    if 0 in shape:
        raise RequestError(f"--input {text!r} has a dimension of 0", hint="every dimension is at least 1")
    dtype = parse_dtype(dtype) if dtype else None
    if max(shape) > _LARGEST or math.prod(shape) * DTYPES[dtype or "float32"] > _LARGEST:
        raise RequestError(f"--input {text!r} is larger than any memory", hint=example)
    return InputSpec(shape, name, dtype)


def parse_dtype(text: str, *, floating: bool = False) -> str:
    """Read a dtype as torch names it.

    Args:
        text: ``float16``, ``half``, ``int64`` …
        floating: Only floating and complex ones will do.

    Raises:
        RequestError: There is no such dtype.
    """
    dtype = _DTYPE_ALIASES.get(text, text)
    known = [name for name in DTYPES if not floating or name.startswith(("float", "bfloat", "complex"))]
    if dtype not in known:
        raise unknown_name("dtype", text, known, see=f"the dtypes are {', '.join(known)}")
    return dtype
