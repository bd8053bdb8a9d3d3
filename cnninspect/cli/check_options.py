"""The options of ``check``: the fields of an ``Entry``, and the few that no entry has."""

from collections.abc import Callable
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, Final, get_args

import msgspec
import typer
from msgspec.structs import FieldInfo

from cnninspect.budgets.entry import Entry, RunEntry
from cnninspect.cli import completion, options
from cnninspect.cli.help_groups import HelpGroup
from cnninspect.profile.asked import Optimizer
from cnninspect.spec.run_options import RunOptions


def _complete_type(incomplete: str) -> list[str]:
    from cnninspect.loading.inline import layer_names

    return [name for name in layer_names() if name.startswith(incomplete)]


def _complete_layers(incomplete: str) -> list[str]:
    return [f"{name}=" for name in _complete_type(incomplete)]


def _complete_tolerance(incomplete: str) -> list[str]:
    from cnninspect.budgets.tolerances import COMPARED, LAYERS

    return [f"{name}=" for name in (*COMPARED, LAYERS) if name.startswith(incomplete)]


#: By what stands for the value in the help, or by the name of the option.
_COMPLETIONS: Final = {
    "TYPE": _complete_type, "[TYPE=]COUNT": _complete_layers, "[NAME=]LIMIT": _complete_tolerance,
    "optimizer": completion.among(Optimizer),
}  # fmt: skip
#: Fields of an entry beside those of all that run a model that say how it is run.
_RUNS: Final = ("batch", "optimizer", "runs")

_ModelArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="MODEL",
        help="As for summary; a saved report needs no forward pass. Default: every [[tool.cnninspect.check]] of the "
        "nearest pyproject.toml.",
        autocompletion=completion.model,
        show_default=False,
    ),
]
Update = Annotated[
    bool,
    options.optional("--update", group=HelpGroup.held, about="Write the baseline anew, instead of comparing with it."),
]
Config = Annotated[
    str | None,
    options.optional(
        "--config", metavar="FILE", group=HelpGroup.held,
        about="Where the checks are, if not in the nearest pyproject.toml.",
    ),
]  # fmt: skip


def of_entry(command: Callable[..., int]) -> Callable[..., int]:
    """``command`` with the fields of an ``Entry`` as options, which it takes together as ``**typed``.

    The model and what is held against it come first, how it is run just before ``--no-cache``, as everywhere.
    """
    own = [each for each in signature(command).parameters.values() if each.kind is Parameter.KEYWORD_ONLY]
    fields = msgspec.structs.fields(Entry)
    model = Parameter("model", Parameter.KEYWORD_ONLY, default=None, annotation=_ModelArgument)
    run = [options.option_of(field) for field in fields if field.name in RunOptions.__struct_fields__]
    held = [_held(field) for field in fields if field.name not in RunEntry.__struct_fields__]
    place = [each.name for each in own].index(options.NO_CACHE.name)
    in_order = [model, *held, *own[:place], *run, options.NO_CACHE, *own[place + 1 :]]
    described: Any = command
    described.__signature__ = Signature(in_order, return_annotation=int)
    return command


def _held(field: FieldInfo) -> Parameter:
    _, meta = get_args(field.type)
    group = HelpGroup.runs if field.name in _RUNS else HelpGroup.held
    complete = _COMPLETIONS.get(field.encode_name) or _COMPLETIONS.get(meta.extra["metavar"])
    return options.option_of(field, group=group, autocompletion=complete)
