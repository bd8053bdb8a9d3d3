"""What a forward takes beside tensors, as it is typed."""

import pytest

from cnninspect import spec
from cnninspect.errors import RequestError
from cnninspect.spec.plain_argument import Argument, parse_argument
from cnninspect.spec.run_options import RunOptions


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("use_cache=false", False), ("scale=2", 2), ("scale=0.5", 0.5), ("kind=mean", "mean"), ('kind="2"', "2"),
        ("mask=null", None), ("expression=a=b", "a=b"), ("empty=", ""),
    ],
)  # fmt: skip
def test_json_scalars_and_bare_words(text: str, expected: object) -> None:
    found = parse_argument(text)
    assert (found.name, found.value) == (text.partition("=")[0], expected)
    assert type(found.value) is type(expected)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("use_cache", "malformed --arg 'use_cache'"),
        ("a.b=1", "'a.b' is no name"),
        ("=1", "'' is no name"),
        ("sizes=[1, 2]", "not a JSON scalar"),
        ("x=" + "[" * 100_000, "not a JSON scalar"),
        ("x=" + "9" * 5000, "not a JSON scalar"),
        ("x=9223372036854775808", "beyond 64 bits"),
        ("x=1e999", "larger than any number"),
    ],
)
def test_what_is_no_argument(text: str, says: str) -> None:
    with pytest.raises(RequestError) as caught:
        parse_argument(text)
    assert says in str(caught.value)


def test_a_table_says_the_same_as_words() -> None:
    """In TOML a fraction comes as text, so that no digit of it is lost."""
    model = spec.InlineModel("nn:ReLU()", ())
    words = spec.request(model, RunOptions(args=("scale=0.5", "flip=true", "n=3")))
    table = spec.request(model, RunOptions(args={"scale": "0.5", "flip": True, "n": 3}))
    assert words.args == table.args == (Argument("scale", 0.5), Argument("flip", True), Argument("n", 3))


@pytest.mark.parametrize("typed", [{"inputs": ("x=1", "x=2")}, {"inputs": ("x=1",), "args": ("x=2",)}])
def test_one_name_is_given_once(typed: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(RequestError, match="'x' is given twice"):
        spec.request(spec.InlineModel("nn:ReLU()", ()), RunOptions(**typed))  # type: ignore[arg-type]
