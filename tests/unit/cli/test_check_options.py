"""The options of ``check`` are the fields of an entry, with the few that no entry has."""

from inspect import signature

from cnninspect.budgets.entry import LIMITS, Entry
from cnninspect.cli.check import check

OWN = ["update", "config", "no_cache", "format_name", "output_file", "color", "quiet", "debug"]
RUN = ["inputs", "args", "device", "dtype", "mode", "weights", "source", "seed"]  # as all that run a model
REST = [
    "output_shape", "forbid", "require", "baseline", "tolerance", "max_inference_memory", "max_training_memory",
    "max_latency", "batch", "optimizer", "runs",
]  # fmt: skip


def test_fields_come_in_their_order_between_the_options_of_the_command() -> None:
    budgets = [name.replace("-", "_") for name in LIMITS]
    assert list(Entry.__struct_fields__) == ["model", *RUN, *budgets, *REST]
    assert list(signature(check).parameters) == ["model", *budgets, *REST, *OWN[:2], *RUN, *OWN[2:]]


def test_nothing_typed_is_none_but_for_what_other_commands_have_by_default() -> None:
    defaults = {name: each.default for name, each in signature(check).parameters.items() if name not in OWN}
    assert {name: default for name, default in defaults.items() if default is not None} == {
        "device": "cpu", "mode": "eval", "source": "torchvision", "seed": 0,
    }  # fmt: skip
