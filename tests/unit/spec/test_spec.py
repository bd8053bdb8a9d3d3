"""What the user types, parsed."""

import json
import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnninspect import spec
from cnninspect.errors import RequestError
from cnninspect.spec import InlineModel, PythonModel, SavedReport, ZooModel
from cnninspect.spec.inline_layers import LayerCall
from cnninspect.spec.plain_argument import Scalar
from cnninspect.spec.sources import Source


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("alexnet", ZooModel("alexnet", Source.torchvision, "alexnet")),
        ("scratch:vgg16", ZooModel("scratch:vgg16", Source.scratch, "vgg16")),
        ("a,n=10", ZooModel("a,n=10", Source.torchvision, "a", {"n": 10})),
        (
            "a,x=0.5,y=true,z=null",
            ZooModel("a,x=0.5,y=true,z=null", Source.torchvision, "a", {"x": 0.5, "y": True, "z": None}),
        ),
        ("a,mode=word", ZooModel("a,mode=word", Source.torchvision, "a", {"mode": "word"})),
        ('a,mode="1"', ZooModel('a,mode="1"', Source.torchvision, "a", {"mode": "1"})),
        ("report.json", SavedReport("report.json")),
        ("-", SavedReport("-")),
        ("nn:ReLU", InlineModel("nn:ReLU", (LayerCall("ReLU"),))),
        (
            "nn: Conv2d(3, 7, kernel_size=(5, 3), padding_mode='reflect'); ReLU()",
            InlineModel(
                "nn: Conv2d(3, 7, kernel_size=(5, 3), padding_mode='reflect'); ReLU()",
                (LayerCall("Conv2d", (3, 7), {"kernel_size": (5, 3), "padding_mode": "reflect"}), LayerCall("ReLU")),
            ),
        ),
        ("nn:Dropout(-0.5)", InlineModel("nn:Dropout(-0.5)", (LayerCall("Dropout", (-0.5,)),))),
    ],
)
def test_models(text: str, expected: spec.ModelSpec) -> None:
    assert spec.parse_model(text) == expected


def test_default_source() -> None:
    parsed = spec.parse_model("alexnet", "scratch")
    assert isinstance(parsed, ZooModel)
    assert parsed.source == "scratch"


@pytest.mark.parametrize("text", ["cpu", "cuda", "cuda:0", "cuda:12", "mps", "meta", "auto"])
def test_devices(text: str) -> None:
    assert spec.check_device(text) == text


@pytest.mark.parametrize("text", ["", "CPU", "cuda:", "cuda:-1", "cuda:x", "cpu:0", "xla"])
def test_no_devices(text: str) -> None:
    with pytest.raises(RequestError, match="unknown device"):
        spec.check_device(text)


NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]*", fullmatch=True).filter(lambda name: not keyword.iskeyword(name))
FIGURES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
NOT_WORDS = ("true", "false", "null", "NaN", "Infinity")  # JSON's, and Python's for numbers that JSON has not
#: A comma is where the next argument begins.
ARGUMENTS = st.dictionaries(NAMES, FIGURES | st.text().filter(lambda text: "," not in text), max_size=4)


def typed(arguments: dict[str, object]) -> str:
    """Constructor arguments as one types them, each value in JSON."""
    return "".join(f",{key}={json.dumps(value)}" for key, value in arguments.items())


def same(found: object, expected: object) -> bool:
    """Equal, and told apart are what Python takes for equal: 1, 1.0 and True."""
    return found == expected and repr(found) == repr(expected)


@given(st.sampled_from(list(map(str, Source))), NAMES, ARGUMENTS)
def test_arguments_come_out_as_they_went_in(source: str, name: str, arguments: dict[str, Scalar]) -> None:
    text = f"{name}{typed(dict(arguments))}"
    for found in (spec.parse_model(f"{source}:{text}"), spec.parse_model(text, source)):
        assert isinstance(found, ZooModel)
        assert (found.source, found.name) == (source, name)
        assert same(found.arguments, arguments)


@given(st.sampled_from(["net.py", "a folder/net.py", "package.module"]), NAMES, ARGUMENTS)
def test_ones_own_code_has_arguments_too(place: str, name: str, arguments: dict[str, Scalar]) -> None:
    text = f"{place}:{name}{typed(dict(arguments))}"
    assert same(spec.parse_model(text), PythonModel(text, place, name, arguments))


@given(NAMES, st.from_regex(r"[A-Za-z]\w*", fullmatch=True).filter(lambda word: word not in NOT_WORDS))
def test_a_bare_word_is_a_string(key: str, word: str) -> None:
    assert spec.parse_model(f"a,{key}={word}") == ZooModel(f"a,{key}={word}", Source.torchvision, "a", {key: word})


LITERALS = st.recursive(
    FIGURES | st.text(max_size=5), lambda each: st.lists(each, max_size=3) | st.lists(each, max_size=3).map(tuple)
)
LAYERS = st.builds(
    LayerCall, NAMES, st.lists(LITERALS, max_size=3).map(tuple), st.dictionaries(NAMES, LITERALS, max_size=3)
)


def printed(layer: LayerCall) -> str:
    """``Conv2d(3, 7, kernel_size=(5, 3))``, each value as Python prints it."""
    arguments = [*map(repr, layer.args), *(f"{key}={value!r}" for key, value in layer.kwargs.items())]
    return f"{layer.name}({', '.join(arguments)})"


@given(st.lists(LAYERS, min_size=1, max_size=3))
def test_layers_printed_and_parsed_again(layers: list[LayerCall]) -> None:
    text = f"nn:{'; '.join(map(printed, layers))}"
    assert same(spec.parse_model(text), InlineModel(text, tuple(layers)))
