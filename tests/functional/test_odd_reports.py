"""Saved reports whose figures no network has: they cost no more than their size, and end in a result or a message."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from cnninspect.formats import SHARED
from cnninspect.report import Layer, ReceptiveField, Report, TensorSpec
from tests.canned import REPORT
from tests.conftest import Cli

WHOLE, CONVOLUTION = REPORT.layers[0], REPORT.layers[2]


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("plain.json").write_text(REPORT.to_json(), encoding="utf-8")


def save(report: Report) -> None:
    Path("odd.json").write_text(report.to_json(), encoding="utf-8")


def of_layers(*layers: Layer) -> Report:
    return replace(REPORT, layers=(WHOLE, *layers))


def test_a_part_that_is_more_than_the_whole_has_no_share(cli: Cli) -> None:
    """One layer says that it holds 2**31 of the 125 parameters: a bar of them would have 10**8 cells."""
    save(of_layers(replace(CONVOLUTION, path="0", depth=1, own_params=2**31)))
    for form in SHARED:
        result = cli("compare", "odd.json", "plain.json", "-f", form)
        assert result.code == 0
        assert len(result.out) < 100_000
    row = next(line for line in cli("compare", "odd.json", "plain.json").out.splitlines() if "2,147,483,648" in line)
    assert row.split() == ["0", "Conv2d", "2,147,483,648", "≥", "6,912", "50.0", "%", "███"]  # 6912 of 13,824 MACs


@pytest.mark.parametrize("form", SHARED)
def test_a_thousand_levels(cli: Cli, form: str) -> None:
    """As many as a report may have, deeper than Python calls its functions."""
    paths = [".".join("m" * level) for level in range(1001)]
    layers = [replace(WHOLE, path=path, name="m", depth=level) for level, path in enumerate(paths)]
    save(replace(REPORT, layers=tuple(layers)))
    depth = [] if form in {"json", "csv"} else ["--depth", "99999"]
    result = cli("summary", "odd.json", "-f", form, *depth)
    assert (result.code, result.err) == (0, "")
    if form == "table":
        assert sum("m: Net" in line for line in result.out.splitlines()) == 1001


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("LSTM", {"input_size": 2, "hidden_size": 3, "num_layers": 10**12, "bidirectional": False, "bias": True}),
        ("LayerNorm", {"normalized_shape": [1] * 20_000, "elementwise_affine": True, "bias": True}),
        ("Conv2d", {"kernel_size": "11", "in_channels": "$x$", "out_channels": [1], "stride": None}),
    ],
)
def test_settings_of_which_nobody_would_read_a_formula(cli: Cli, kind: str, settings: dict[str, object]) -> None:
    save(of_layers(replace(CONVOLUTION, path="0", name="0", depth=1, type=kind, settings=settings)))
    result = cli("explain", "odd.json", "0")
    assert result.code == 0
    assert "no formula for its 112 parameters" in result.out


def test_windows_that_are_larger_than_any_memory(cli: Cli) -> None:
    """Each unit sees 10**9 rows: what it sees is told by the field, not element by element."""
    image, kernel = 10**10, 10**9
    made = (TensorSpec("x", (1, 3, image, image), "float32"),)
    gives = (TensorSpec("", (1, 4, image - kernel + 1, image - kernel + 1), "float32"),)
    field = ReceptiveField((kernel, kernel), (1, 1), (0, 0))
    settings = CONVOLUTION.settings | {"kernel_size": [kernel, kernel], "padding": [0, 0]}
    layer = replace(
        CONVOLUTION, path="0", depth=1, settings=settings, inputs=made, outputs=gives, receptive_field=field
    )
    save(replace(of_layers(layer), run=replace(REPORT.run, inputs=made)))
    result = cli("explain", "odd.json", "0", "--unit", "5,6")
    assert result.code == 0
    assert "5 to 1000000004" in result.out
    assert "6 to 1000000005" in result.out


def test_a_name_that_is_long_is_compared_with_none(cli: Cli) -> None:
    """The time of that grows with the square of their length."""
    save(of_layers(replace(CONVOLUTION, path="x" * 100_000, depth=1, type="y" * 100_000)))
    assert cli("explain", "odd.json", "z" * 100_000).code == 2
    assert cli("check", "odd.json", "--max-layers", f"{'z' * 100_000}=1").code in {0, 2}
