"""The measured claims, side by side in one run: ``poe bench [ROUNDS] [OUTPUT.md]``.

Each round runs every command once, in turn, so that a machine whose speed drifts treats them alike; the first round
is a warm-up (it fills the cache, too) and not counted. Figures are medians; a ratio is the median of the ratios within
each round. Nothing is asserted. It takes some minutes, the most of it with torchinfo.
"""

import compileall
import datetime as dt
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.markdown import Markdown
from rich.progress import track

import cnninspect
from tests.benchmarks import goals
from tests.benchmarks.processes import Run, ratio, run

_HEAD = """# Benchmarks

{machine}, {when}.

Repeat it with `poe bench`: every figure below is of that one run, of {rounds} rounds in which all commands take turns.
A ratio is the median of those within each round.
"""
_SCALE = """
Blocks are of a 3×3 convolution, batch normalisation and ReLU, each of the three a module, as the block is. Captured is
`inspect_model(module)`, plain the forward pass under `no_grad`; the first ratio above is for {channels} channels of
{side}×{side}, as in the first stage of a ResNet-18. What recording a layer costs is always the same, so that its
share depends on the work that a layer does. One thread; here and below the C library gives no memory back to the system
in between (`MALLOC_TRIM_THRESHOLD_`): where it does, by chance, either pass takes up to twice as long.
"""
_RECORDING = """One thread; the plain pass, `inspect_model(module)`, torchinfo and torch's flop counter take turns.
"""
_WAYS = ("captured", *goals.PEERS)


class Row(NamedTuple):
    """A line of the table of goals; ``value`` is ``None`` where there is nothing to measure yet."""

    case: str
    against: str
    limit: float
    value: float | None


def main() -> None:
    """Measure, print the tables and write them."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    file = Path(sys.argv[2]) if len(sys.argv) > 2 else Path("examples/benchmarks.md")
    # as pip leaves what it installs: a checkout may have none, where the environment keeps Python from writing it
    compileall.compile_dir(Path(cnninspect.__file__).parent, quiet=1)
    measured = measure_processes(rounds)
    scales = {(blocks, *shape): measure_scale(blocks, *shape, rounds) for blocks, shape in _scales()}
    zoo = {who: worker("zoo", who) for who in ("torchinfo", "cnninspect")}
    recorded = {name: worker("recording", name, str(3 * rounds)) for name in goals.RECORDED}
    rows = [
        *process_rows(measured), *scale_rows(scales), *recording_rows(recorded),
        *drawing_rows(worker("drawing", str(rounds))), zoo_row(zoo),
    ]  # fmt: skip
    text = "\n".join(
        (
            _HEAD.format(machine=machine(), when=dt.datetime.now(dt.UTC).date(), rounds=rounds),
            table(("case", "against", "goal", "measured", ""), map(_goal_cells, rows)),
            "\n## Whole processes\n",
            table(("command", "seconds", "min", "max", "peak MiB"), process_cells(measured)),
            "\n## Many layers",
            _SCALE.format(channels=goals.SHAPES[0][0], side=goals.SHAPES[0][1]),
            table(("blocks", "channels", "side", "plain s", "captured s", "ratio"), scale_cells(scales)),
            "\n## In one process\n",
            _RECORDING,
            table(("network", "plain s", *_WAYS, "µs a layer", "layers"), recording_cells(recorded)),
            "\n## All networks of torchvision\n",
            zoo_text(zoo),
        )
    )
    Console().print(Markdown(text))
    file.write_text(text, encoding="utf-8")


def measure_processes(rounds: int) -> dict[str, list[Run]]:
    """Every command in each of ``rounds`` rounds, after one that is not counted."""
    with tempfile.TemporaryDirectory() as cache:
        commands = goals.commands(cache)
        measured: dict[str, list[Run]] = {name: [] for name in commands}
        for count in track(range(rounds + 1), "processes", console=Console(stderr=True), transient=True):
            for name, command in commands.items():
                result = run(command)
                if count:
                    measured[name].append(result)
    return measured


def _scales() -> Iterable[tuple[int, tuple[int, int]]]:
    return [(blocks, shape) for shape in goals.SHAPES for blocks in (goals.SMALL_BLOCKS, goals.BLOCKS)]


def measure_scale(blocks: int, channels: int, side: int, rounds: int) -> dict[str, float]:
    """Seconds of plain and captured passes, and their ratio."""
    found: dict[str, float] = worker("scale", *map(str, (blocks, channels, side, min(rounds, 3))))
    return found


def worker(name: str, *words: str) -> Any:
    """What another benchmark prints in a process of its own."""
    command = [sys.executable, "-W", "ignore", "-m", f"tests.benchmarks.{name}", *words]
    found = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=os.environ | goals.STEADY)
    return json.loads(found.stdout)


def process_rows(measured: Mapping[str, Sequence[Run]]) -> Iterable[Row]:
    """The goals of whole processes."""
    for goal in goals.PROCESSES:
        runs, others = measured.get(goal.command), measured[goal.against]
        name = f"`{goal.command}`" + (", peak memory" if goal.quantity == "mebibytes" else "")
        yield Row(name, goal.against, goal.limit, ratio(runs, others, goal.quantity) if runs else None)


def scale_rows(scales: Mapping[tuple[int, int, int], Mapping[str, float]]) -> Iterable[Row]:
    """The goals of one large network."""
    large, small = (scales[blocks, *goals.SHAPES[0]] for blocks in (goals.BLOCKS, goals.SMALL_BLOCKS))
    a_layer = [each["captured"] / each["layers"] for each in (large, small)]
    yield Row(f"{goals.BLOCKS:,} blocks, captured", "the plain pass", goals.CAPTURE_LIMIT, large["ratio"])
    against = f"the same with {goals.SMALL_BLOCKS * 4:,} modules"
    yield Row(f"a layer of {goals.BLOCKS * 4:,} modules", against, goals.GROWTH_LIMIT, a_layer[0] / a_layer[1])


def recording_rows(recorded: Mapping[str, Mapping[str, float]]) -> Iterable[Row]:
    """The goals of recording: what it costs beside others that record, and a layer."""
    for name, found in recorded.items():
        mine = found["captured / plain"]
        if (limit := goals.RECORDED[name]) is not None:
            yield Row(f"{name}, captured", "the plain pass", limit, mine)
        for peer in goals.PEERS:
            yield Row(f"{name}, captured", peer, 1.0, mine / found[f"{peer} / plain"])
        yield Row(f"{name}, a recorded layer", "a microsecond", goals.LAYER_LIMIT, found["microseconds a layer"])


def drawing_rows(drawn: Mapping[str, Any]) -> Iterable[Row]:
    """The goals of drawings."""
    many, few = goals.DRAWN_MODULES
    yield Row("resnet50, drawn as SVG", "a millisecond", goals.DRAWN_LIMIT, drawn["milliseconds"])
    yield Row(f"a layer of {many:,} modules, drawn", f"the same with {few:,}", goals.DRAWN_GROWTH, drawn["growth"])
    yield Row("resnet50, captured with the graph", "the same without", goals.GRAPH_LIMIT, drawn["recorded"])
    for name, limit in goals.DRAWN_KILOBYTES.items():
        yield Row(f"{name} as SVG, unfolded", "a kilobyte", limit, drawn["kilobytes"][name])


def recording_cells(recorded: Mapping[str, Mapping[str, float]]) -> Iterable[tuple[str, ...]]:
    """Ratios to the plain pass."""
    for name, found in recorded.items():
        ratios = [f"{found[f'{way} / plain']:.2f}" for way in _WAYS]
        yield name, f"{found['plain']:.3f}", *ratios, f"{found['microseconds a layer']:.0f}", f"{found['layers']:.0f}"


def zoo_row(zoo: Mapping[str, Any]) -> Row:
    """All networks, against those that torchinfo can do."""
    mine, other = (sum(zoo[who]["seconds"].values()) for who in ("cnninspect", "torchinfo"))
    case = f"all {len(zoo['cnninspect']['seconds'])} networks of torchvision"
    return Row(case, f"torchinfo on the {len(zoo['torchinfo']['seconds'])} it can do", goals.ZOO_LIMIT, mine / other)


def _goal_cells(row: Row) -> tuple[str, ...]:
    if row.value is None:
        return row.case, row.against, f"≤ {row.limit}", "—", "nothing to measure"
    return row.case, row.against, f"≤ {row.limit}", f"{row.value:.2f}", "" if row.value <= row.limit else "not reached"


def process_cells(measured: Mapping[str, Sequence[Run]]) -> Iterable[tuple[str, ...]]:
    """Each command's figures."""
    for name, runs in measured.items():
        seconds = [each.seconds for each in runs]
        times = (statistics.median(seconds), min(seconds), max(seconds))
        memory = statistics.median(each.mebibytes for each in runs)
        yield f"`{name}`", *(f"{each:.2f}" for each in times), f"{memory:.0f}"


def scale_cells(scales: Mapping[tuple[int, int, int], Mapping[str, float]]) -> Iterable[tuple[str, ...]]:
    """Each network's figures."""
    for key, found in scales.items():
        yield *(f"{each:,}" for each in key), *(f"{found[name]:.3f}" for name in ("plain", "captured", "ratio"))


def zoo_text(zoo: Mapping[str, Any]) -> str:
    """The sums, in words."""
    other = zoo["torchinfo"]
    done = " and ".join(
        f"{sum(each['seconds'].values()):.0f} s for {len(each['seconds'])} networks ({who})"
        for who, each in zoo.items()
    )
    text = f"One process each, the same inputs, importing not counted: {done}."
    return text + (f" torchinfo can't do {', '.join(other['failed'])}.\n" if other["failed"] else "\n")


def table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [headers, ["---"] * len(headers), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def machine() -> str:
    """What it ran on, in words."""
    cpu = platform.processor() or platform.machine()
    described = Path("/proc/cpuinfo")
    if described.exists():
        names = [line for line in described.read_text().splitlines() if line.startswith("model name")]
        cpu = names[0].partition(":")[2].strip() if names else cpu
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "torchvision", "torchinfo", "typer", "rich"))
    threads = f", OMP_NUM_THREADS={os.environ['OMP_NUM_THREADS']}" if "OMP_NUM_THREADS" in os.environ else ""
    return (
        f"{os.cpu_count()} cores of {cpu}{threads}, {platform.system()}, Python {platform.python_version()}, {packages}"
    )


if __name__ == "__main__":
    main()
