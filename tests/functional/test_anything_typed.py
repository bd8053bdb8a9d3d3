"""Whatever is typed, and whatever is in a file, ends in a result or in a message: never in exit code 4, nor in none.

Networks are neither built nor run but where layers of torch.nn are what is tried.
"""

import contextlib
import copy
import io
import json
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from unittest import mock

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cnninspect import subject
from cnninspect.cli import applying
from cnninspect.cli.app import run
from cnninspect.errors import RequestError
from cnninspect.formats import SHARED
from tests.canned import REPORT

LONG: Final = "9" * 5000
DEEP: Final = "[" * 5000
ODD: Final = (
    "", " ", "0", "-1", "1e9", LONG, DEEP, "{" * 3000, "\x00", "\udcff", "\x1b", "\u202e", "é", "٣", "\\", "'", '"',
)  # fmt: skip


def joined(*words: str) -> st.SearchStrategy[str]:
    """Texts of these words and odd ones in any order, with what else may be typed."""
    known = st.sampled_from((*words, *ODD))
    return st.lists(known | st.text(string.printable, max_size=3), max_size=8).map("".join)


SPECS: Final = joined(
    "alexnet", "scratch:", "timm:", "torchvision:", "nn:", "Conv2d(", "ReLU()", "1, 2", ")", ";", ",", "=",
    "num_classes=", "true", "null", "NaN", "*", "?", ".json", ".pth", ".pt2", ".safetensors", ".py", ":Net",
    "/", ".", "..", "~", "-",
    "#", "net",
)  # fmt: skip
SHAPES: Final = joined(
    "1x3x8x8", "x", "×", ",", "(", ")", "1", "8", "=", "x=", ":", ":int64", ":float16", "true", "-", "1e400"
)
MATRICES: Final = joined(
    "1", "2 3", "-4.5", ";", "|", "||", ",", "\n", ":", "1:16", "4x4", "x", "1/3", "1e400", "nan", "1_0", "/", "@",
    ".csv",
)  # fmt: skip
VALUES: Final = st.sampled_from(
    ("1", "-5", "0", '"62M"', '"1x3"', "true", "1e400", "nan", "inf", "1979-05-27", "07:32:00", "[]", "[1, [2]]", "'%'",
     '["a", "b=1"]', "{a = 1}", "{Conv2d = '5'}", '"a\\u0000b"', '"\\U0010ffff"', "''", LONG, DEEP, '"9"', "'net.json'",
     "0x" + "f" * 400)
)  # fmt: skip
KEYS: Final = st.sampled_from(
    ("model", "input", "device", "dtype", "mode", "weights", "source", "seed", "max-params", "min-size", "max-layers",
     "forbid", "require", "output-shape", "baseline", "tolerance", "max-receptive-field", "unknown", "a.b", '"\\u0000"')
)  # fmt: skip
APPLIED: Final = applying.applied  # for where it is not to be another


@pytest.fixture(scope="module", autouse=True)
def _in_a_folder_where_nothing_runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("typed")
    (folder / "net.json").write_text(REPORT.to_json(), encoding="utf-8")
    reached = mock.Mock(side_effect=RequestError("a network would be built"))
    with (
        contextlib.chdir(folder),
        mock.patch("cnninspect.inspection.prepare", reached),
        mock.patch("cnninspect.cli.applying.applied", reached),
        mock.patch("cnninspect.loading.packages.import_packages"),
    ):
        yield


def ends_well(*line: str) -> None:
    """Run a command line, which gives a result or one message."""
    said = io.BytesIO()
    with (
        mock.patch("sys.stdin", io.TextIOWrapper(io.BytesIO())),
        contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO(), encoding="utf-8")),
        contextlib.redirect_stderr(io.TextIOWrapper(said, encoding="utf-8", write_through=True)),
    ):
        code = run(line)
        err = said.getvalue().decode()
    assert code in {0, 1, 2, 3}, err
    assert "Traceback" not in err
    assert code in {0, 1} or "\nerror: " in f"\n{err}"


@given(SPECS)
@example(f"alexnet,x={LONG}")
@example(f"alexnet,x={DEEP}")
@example("a\x00.json")
@example("nn:Conv2d(" + "(" * 150 + ")" * 150 + ")")
@example("nn:Conv2d(" + "-" * 3000 + "1)")
@example("nn:Conv2d('\\d')")
def test_models(spec: str) -> None:
    ends_well("summary", "-i", "1x3", "--", spec)


@given(st.lists(SPECS, min_size=2, max_size=3))
def test_several_models(specs: list[str]) -> None:
    ends_well("compare", "-i", "1x3", "--", *specs)


@given(SHAPES, SHAPES)
def test_inputs(shape: str, budget: str) -> None:
    ends_well("summary", "alexnet", f"--input={shape}")
    ends_well("check", "net.json", f"--max-params={budget}", f"--output-shape={shape}", f"--tolerance={budget}")
    ends_well("explain", "net.json", f"--unit={shape}", "--", budget)


@given(
    st.sampled_from(
        ("--seed", "--depth", "--device", "--dtype", "--mode", "--weights", "--source", "--columns", "-o", "-f")
    ),
    SHAPES,
)
def test_options(option: str, value: str) -> None:
    ends_well("summary", "net.json", option, value)


@given(MATRICES, MATRICES)
@example("1" + " " * 50_000 + "x", "1")
def test_matrices(values: str, weight: str) -> None:
    ends_well("apply", "Conv2d(1, 1, 2)", f"--values={values}", f"--weight={weight}")


@given(
    st.dictionaries(KEYS, VALUES, max_size=5),
    joined("[[tool.cnninspect.check]]", "model='net.json'", "\n", "=", "'", "#"),
)
@example({"model": "'net.json'", "baseline": '"a\\u0000b"'}, "")
@example({"model": "'net.json'", "seed": "18446744073709551616", "max-params": "1"}, "")
@example({"a." * 3000 + "b": "1"}, "")
def test_config(entry: dict[str, str], rest: str) -> None:
    lines = "\n".join(f"{key} = {value}" for key, value in entry.items())
    text = f"[[tool.cnninspect.check]]\n{lines}\n{rest}"
    Path("config.toml").write_text(text, encoding="utf-8", errors="surrogateescape")
    ends_well("check", "--config", "config.toml")


# -- saved reports ---------------------------------------------------------------------------------------------------

SAVED: Final[Any] = json.loads(REPORT.to_json())
NUMBERS: Final = st.sampled_from((0, 1, -1, 2, 7, 2**31, 2**63, 10**30, 10**45, 10**400, 0.5, 1e300, True))
COUNTS: Final = st.sampled_from((0, 1, 2, 3, 8, 112, 2**31, 2**63, 10**30))
WORDS: Final = st.sampled_from(
    ("", "a", "a.b", "Conv2d", "LSTM", "none", "same", "0" * 100, "x" * 3000, "a." * 1500, "\u202e")
)
KINDS: Final = st.sampled_from(
    ("Linear", "LSTM", "Conv2d", "ConvTranspose2d", "MaxPool2d", "AdaptiveAvgPool2d", "Upsample", "PixelShuffle",
     "Fold", "Unfold", "Flatten", "Unflatten", "GLU", "Embedding", "LayerNorm", "PReLU", "MultiheadAttention",
     "ZeroPad2d",
     "ReflectionPad2d")
)  # fmt: skip
NAMES: Final = st.sampled_from(
    ("kernel_size", "stride", "padding", "dilation", "groups", "in_channels", "out_channels", "in_features",
     "out_features", "num_layers", "hidden_size", "input_size", "bidirectional", "bias", "output_size", "scale_factor",
     "shape", "normalized_shape", "embed_dim", "num_features", "padding_mode", "ceil_mode", "upscale_factor",
     "start_dim", "end_dim", "num_parameters")
)  # fmt: skip
PARTS: Final = st.recursive(
    st.none() | NUMBERS | WORDS | KINDS,
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(NAMES | WORDS, inside, max_size=4),
    max_leaves=6,
)
COMMANDS: Final = (
    "summary R",
    "summary R --columns input,output,kernel,stride,padding,share,shape,receptive_field,dtype,calls --depth 99999",
    "compare R net.json", "compare net.json R --all", "compare R R net.json --sort -params",
    "check R --max-params 1 --min-receptive-field 2 --max-layers Conv2d=1 --forbid * --output-shape out=1",
    "check R --baseline net.json",
    "check net.json --baseline R --tolerance 1%", "explain R", "explain R 0", "explain R blocks.0 --unit 3,3",
    "explain R Conv2d",
)  # fmt: skip


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every part of a value: what holds it, and the key or index there."""
    for key in list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from places(value[key])


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A saved report in which a few values are others, mostly of the same type, or are missing, or there twice."""
    saved = copy.deepcopy(SAVED)
    for _ in range(draw(st.integers(1, 6))):
        found = list(places(saved)) or list(places(copy.deepcopy(SAVED)))  # of one that is not kept, if nothing is left
        holder, key = draw(st.sampled_from(found))
        old = holder.get(key) if isinstance(holder, dict) else holder[key]
        match draw(st.integers(0, 9)), old:
            case 0, _:
                del holder[key]
            case 1, _ if isinstance(holder, list):
                holder.insert(key, copy.deepcopy(old))
            case 2, _:
                holder[key] = draw(PARTS)
            case _, dict():
                old[draw(NAMES)] = draw(PARTS)
            case _, str():
                holder[key] = draw(KINDS if key == "type" else WORDS)
            case _:
                holder[key] = draw(st.lists(COUNTS, max_size=4) if isinstance(old, list) else COUNTS | st.none())
    return json.dumps(saved)


@given(mutated(), st.sampled_from(COMMANDS), st.sampled_from(SHARED))
def test_saved_reports(text: str, command: str, form: str) -> None:
    Path("R.json").write_text(text, encoding="utf-8")
    ends_well(*(f"{word}.json" if word == "R" else word for word in command.split()), "-f", form)


# -- layers ----------------------------------------------------------------------------------------------------------

LITERALS: Final = st.recursive(
    st.sampled_from(
        ("0", "1", "2", "3", "-1", "8", "0.5", "1e400", str(2**63), str(2**64), "0x" + "f" * 500, "True", "None",
         "'same'", "'zeros'", "'\\ud800'", "b'a'", "1j", "...")
    ),
    lambda inside: st.lists(inside, min_size=1, max_size=3).map(", ".join).map("({},)".format),
    max_leaves=4,
)  # fmt: skip
LAYERS: Final = st.sampled_from(
    ("Conv1d", "Conv2d", "ConvTranspose2d", "MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d", "LPPool2d",
     "FractionalMaxPool2d", "BatchNorm2d", "InstanceNorm2d", "GroupNorm", "LayerNorm", "LocalResponseNorm", "Linear",
     "Bilinear", "Flatten", "Unflatten", "Identity", "ReLU", "Softmax", "Threshold", "PReLU", "GLU", "Dropout",
     "Embedding", "ZeroPad2d", "ReflectionPad2d", "PixelShuffle", "PixelUnshuffle", "Upsample", "Fold", "Unfold",
     "ChannelShuffle", "CosineSimilarity", "Module", "ModuleList")
)  # fmt: skip
CALLS: Final = st.tuples(LAYERS, st.lists(LITERALS, max_size=4)).map(lambda call: f"{call[0]}({', '.join(call[1])})")


@pytest.fixture
def _layers_run() -> Iterator[None]:
    with (
        mock.patch("cnninspect.inspection.prepare", subject.prepare),
        mock.patch("cnninspect.cli.applying.applied", APPLIED),
    ):
        yield


@pytest.mark.usefixtures("_layers_run")
def test_layers() -> None:
    @example(["MaxPool2d(None)"], "1x3x8x8")
    @example(["MaxPool2d(8)"], "1x3x8")
    @given(st.lists(CALLS, min_size=1, max_size=3), st.sampled_from(("1x3x8x8", "3", "2x3", "1x3x8", "1x2x3:int64")))
    def run_them(layers: list[str], shape: str) -> None:
        ends_well("summary", f"nn:{'; '.join(layers)}", "-i", shape, "--device", "meta", "-f", "json")

    run_them()


@pytest.mark.usefixtures("_layers_run")
def test_layers_on_a_matrix() -> None:
    given_values = st.sampled_from(("1", "1 2; 3 4", "1:16", "1:32:2x4x4", "1e308 -1e308"))

    @given(st.lists(CALLS, min_size=1, max_size=2), given_values, st.sampled_from(SHARED))
    def run_them(layers: list[str], values: str, form: str) -> None:
        ends_well("apply", "; ".join(layers), "--values", values, "-f", form)

    run_them()
