"""Inputs as the user types them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnninspect import input_spec
from cnninspect.errors import RequestError
from cnninspect.input_spec import InputSpec


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1x3x224x224", InputSpec((1, 3, 224, 224))),
        ("16", InputSpec((16,))),
        ("1×3×8×8", InputSpec((1, 3, 8, 8))),
        ("1x16:int64", InputSpec((1, 16), dtype="int64")),
        ("1x16:long", InputSpec((1, 16), dtype="int64")),
        ("tokens=1x16:int64", InputSpec((1, 16), "tokens", "int64")),
        ("x=1x3", InputSpec((1, 3), "x")),
        ("1x4611686018427387903:bool", InputSpec((1, 2**62 - 1), dtype="bool")),
    ],
)
def test_inputs(text: str, expected: InputSpec) -> None:
    assert input_spec.parse_input(text) == expected
    assert input_spec.parse_input(str(expected)) == expected


def test_largest_input_depends_on_its_dtype() -> None:
    input_spec.parse_input(f"{2**62}:bool")  # 2**62 bytes
    with pytest.raises(RequestError, match="larger than any memory"):
        input_spec.parse_input(f"{2**62}:float16")  # 2**63 bytes, one more than torch can count


#: At most 10¹⁵ elements of 16 bytes, which is less than 2⁶³.
SHAPES = st.lists(st.integers(1, 1000), min_size=1, max_size=5).map(tuple)
NAMES = st.from_regex(r"[^\W\d]\w*", fullmatch=True)


@given(st.builds(InputSpec, SHAPES, st.none() | NAMES, st.none() | st.sampled_from(list(input_spec.DTYPES))))
def test_printed_and_parsed_again(spec: InputSpec) -> None:
    assert input_spec.parse_input(str(spec)) == spec
    sides = "×".join(map(str, spec.shape))
    assert input_spec.parse_input(f" {str(spec).replace(str(InputSpec(spec.shape)), sides)}\n") == spec
