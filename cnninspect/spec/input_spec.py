"""An input as the user types it, ``[NAME=]SHAPE[:DTYPE][=VALUE]``, and the dtypes by name; without torch."""

import math
import re
import sys
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


_SIDES: Final = re.compile(r"(?:\d{1,19}(?:[xX×]\d{1,19})*)?", re.ASCII)
#: As Python writes a shape, with or without its brackets; that of one side has a comma behind it.
_SIDES_IN_PYTHON: Final = re.compile(r"\d{1,19}(?:\s*,\s*\d{1,19})*\s*,?|", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_WIDEST: Final = "float64"
_LONGEST_NUMBER: Final = 400  # characters; the largest float has 309 digits
_TRUTHS: Final = {"true": True, "false": False}
#: The largest magnitudes of floating dtypes, of complex ones in each part.
_LARGEST_FLOATS: Final = {
    "float16": 65504.0,
    "bfloat16": (2 - 2**-7) * 2.0**127,
    "float32": (2 - 2**-23) * 2.0**127,
    "complex64": (2 - 2**-23) * 2.0**127,
}


class InputSpec(msgspec.Struct, frozen=True):
    """A tensor to make up: its shape, and its name, its dtype and the value that fills it where the user gave them."""

    shape: tuple[int, ...]
    name: str | None = None
    dtype: str | None = None
    value: bool | int | float | None = None

    def __str__(self) -> str:
        """The spelling that parses to this spec again."""
        named = f"{self.name}=" if self.name else ""
        typed = f":{self.dtype}" if self.dtype else ""
        filled = "" if self.value is None else f"={str(self.value).lower()}"
        return f"{named}{'x'.join(map(str, self.shape))}{typed}{filled}"


def parse_input(text: str) -> InputSpec:
    """Read an input spec such as ``1x3x224x224``, ``tokens=1x16:int64`` or ``timestep=:int64=9``.

    Raises:
        RequestError: The spec is malformed, no machine could hold such a tensor, or its dtype has no such value.
    """
    example = "write [NAME=]SHAPE[:DTYPE][=VALUE], for example 1x3x224x224"
    match = re.fullmatch(r"(?:([^\W\d]\w*)=)?([^=:]*)(?::(\w+))?(?:=([^=:]*))?", text.strip())
    if not match:
        raise RequestError(f"malformed input {text!r}", hint=example)
    name, shape_text, dtype, filled = match.groups()
    shape = _shape(shape_text.strip())
    if shape is None:
        raise RequestError(f"malformed shape {shape_text!r} in --input {text!r}", hint=example)
    if not (shape or name or dtype):
        hint = "a single number is written NAME= or :DTYPE, for example timestep=:int64"
        raise RequestError(
            f"malformed shape {shape_text!r} in --input {text!r}: no name and no dtype either", hint=hint
        )
    if 0 in shape:
        raise RequestError(f"--input {text!r} has a dimension of 0", hint="every dimension is at least 1")
    value = None if filled is None else _value(filled.strip(), text)
    dtype = parse_dtype(dtype) if dtype else "bool" if isinstance(value, bool) else None
    if max(shape, default=1) > _LARGEST or math.prod(shape) * DTYPES[dtype or "float32"] > _LARGEST:
        raise RequestError(f"--input {text!r} is larger than any memory", hint=example)
    spec = InputSpec(shape, name, dtype, value)
    check_value(spec, dtype or _WIDEST)
    return spec


def _shape(text: str) -> tuple[int, ...] | None:
    """The sides in ``1x3x8x8``, ``1,3,8,8`` or ``(1, 3, 8, 8)``; ``None`` if it is malformed."""
    bare = text[1:-1].strip() if text.startswith("(") and text.endswith(")") else text
    is_known = _SIDES_IN_PYTHON.fullmatch(bare) or (bare is text and _SIDES.fullmatch(text))
    return tuple(map(int, re.findall(r"\d+", bare))) if is_known else None


def _value(text: str, spec_text: str) -> bool | int | float:
    if text in _TRUTHS:
        return _TRUTHS[text]
    if len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        raise RequestError(
            f"{text!r} in --input {spec_text!r} is not a value",
            hint="a value is a number, true or false: lengths=3:int64=9",
        )
    return int(text) if text.lstrip("+-").isdigit() else float(text)


def check_value(spec: InputSpec, dtype: str) -> None:
    """See that a tensor of a dtype can be filled as an input asks for.

    Args:
        spec: As parsed.
        dtype: That the tensor is to have.

    Raises:
        RequestError: It can't hold the value.
    """
    if spec.value is not None and not _holds(dtype, spec.value):
        raise RequestError(
            f"--input '{spec}': {dtype} has no {str(spec.value).lower()}",
            hint="name a dtype that has it: true and false are bool, the widest of numbers int64 and float64",
        )


def _holds(dtype: str, value: float) -> bool:
    if dtype == "bool" or isinstance(value, bool):
        return dtype == "bool" and value in {0, 1}
    if dtype.startswith(("int", "uint")):
        bits = DTYPES[dtype] * 8
        least, beyond = (0, 2**bits) if dtype.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1))
        return isinstance(value, int) and least <= value < beyond
    return abs(value) <= _LARGEST_FLOATS.get(dtype, sys.float_info.max)


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
