"""Inputs as the user types them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnninspect.errors import RequestError
from cnninspect.spec import input_spec
from cnninspect.spec.input_spec import InputSpec


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
        ("1,3,8,8", InputSpec((1, 3, 8, 8))),
        ("(1, 3, 8, 8):half", InputSpec((1, 3, 8, 8), dtype="float16")),
        ("x=(5,)", InputSpec((5,), "x")),
        ("timestep=:int64", InputSpec((), "timestep", "int64")),
        (":int64", InputSpec((), dtype="int64")),
        ("x=", InputSpec((), "x")),
        ("x=()", InputSpec((), "x")),
        ("lengths=3:int64=9", InputSpec((3,), "lengths", "int64", 9)),
        ("1x3=2", InputSpec((1, 3), value=2)),
        ("x=3", InputSpec((3,), "x")),
        ("x==3", InputSpec((), "x", value=3)),
        ("x==-2.5e1", InputSpec((), "x", value=-25.0)),
        ("mask=1x8=true", InputSpec((1, 8), "mask", "bool", value=True)),
        ("mask=1x8:bool=false", InputSpec((1, 8), "mask", "bool", value=False)),
        (":uint8=255", InputSpec((), None, "uint8", 255)),
        (":int8=-128", InputSpec((), None, "int8", -128)),
        (":float16=65504", InputSpec((), None, "float16", 65504)),
        ("1x4611686018427387903:bool", InputSpec((1, 2**62 - 1), dtype="bool")),
    ],
)
def test_inputs(text: str, expected: InputSpec) -> None:
    assert input_spec.parse_input(text) == expected
    assert input_spec.parse_input(str(expected)) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no name and no dtype either"),
        ("=3", "no name and no dtype either"),
        ("()", "no name and no dtype either"),
        ("1x3,4", "malformed shape"),
        ("(1x3)", "malformed shape"),
        ("(1, 3", "malformed shape"),
        ("1,,3", "malformed shape"),
        ("x=3=nine", "'nine' in --input 'x=3=nine' is not a value"),
        ("x==", "'' in --input 'x==' is not a value"),
        ("x==inf", "is not a value"),
        ("x==1e999", "float64 has no inf"),
        (f"x=={'9' * 401}", "is not a value"),
        (":uint8=256", "uint8 has no 256"),
        (":uint8=-1", "uint8 has no -1"),
        (":int64=0.5", "int64 has no 0.5"),
        (":bool=2", "bool has no 2"),
        (":int64=true", "int64 has no true"),
        (":float16=65520", "float16 has no 65520"),
        (":int64=9223372036854775808", "int64 has no 9223372036854775808"),
    ],
)
def test_what_is_no_input(text: str, says: str) -> None:
    with pytest.raises(RequestError) as caught:
        input_spec.parse_input(text)
    assert says in str(caught.value)


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
