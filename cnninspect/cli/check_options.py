"""The options of ``check``: the fields of an ``Entry``, and the few that no entry has."""

from collections.abc import Callable
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, Final, get_args

import msgspec
import typer
from msgspec.structs import FieldInfo

from cnninspect.budgets.entry import Entry, RunEntry
from cnninspect.cli import options


def _complete_type(incomplete: str) -> list[str]:
    from cnninspect.loading.inline import layer_names

    return [name for name in layer_names() if name.startswith(incomplete)]


def _complete_layers(incomplete: str) -> list[str]:
    return [f"{name}=" for name in _complete_type(incomplete)]


def _complete_tolerance(incomplete: str) -> list[str]:
    from cnninspect.budgets.tolerances import COMPARED, LAYERS

    return [f"{name}=" for name in (*COMPARED, LAYERS) if name.startswith(incomplete)]


#: By what stands for the value in the help.
_COMPLETIONS: Final = {
    "TYPE": _complete_type, "[TYPE=]COUNT": _complete_layers, "[NAME=]LIMIT": _complete_tolerance
}  # fmt: skip

_ModelArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="MODEL",
        help="As for summary; a saved report needs no forward pass. Default: every [[tool.cnninspect.check]] of the "
        "nearest pyproject.toml.",
        autocompletion=options.complete_model,
        show_default=False,
    ),
]
#: The fields of a ``RunEntry``, as every command has them.
_SHARED: Final[dict[str, Any]] = {
    "model": _ModelArgument, "inputs": options.InputOption, "device": options.DeviceOption,
    "dtype": options.DtypeOption, "mode": options.ModeOption, "weights": options.WeightsOption,
    "source": options.SourceOption, "seed": options.SeedOption,
}  # fmt: skip
Update = Annotated[bool, typer.Option("--update", help="Write the baseline anew, instead of comparing with it.")]
Config = Annotated[
    str | None,
    typer.Option(
        "--config", metavar="FILE", help="Where the checks are, if not in the nearest pyproject.toml.",
        show_default=False,
    ),
]  # fmt: skip


def of_entry(command: Callable[..., int]) -> Callable[..., int]:
    """``command`` with the fields of an ``Entry`` as options, which it takes together as ``**typed``.

    The model and what is held against it come first, how it is run just before ``--no-cache``, as everywhere.
    """
    own = [each for each in signature(command).parameters.values() if each.kind is Parameter.KEYWORD_ONLY]
    fields = msgspec.structs.fields(Entry)
    model, *run = (_shared(field) for field in fields if field.name in RunEntry.__struct_fields__)
    held = [_held(field) for field in fields if field.name not in RunEntry.__struct_fields__]
    place = [each.name for each in own].index("no_cache")
    in_order = [model, *held, *own[:place], *run, *own[place:]]
    described: Any = command
    described.__signature__ = Signature(in_order, return_annotation=int)
    return command


def _shared(field: FieldInfo) -> Parameter:
    default = None if field.required or field.default == () else field.default
    return Parameter(field.name, Parameter.KEYWORD_ONLY, default=default, annotation=_SHARED[field.name])


def _held(field: FieldInfo) -> Parameter:
    _, about = get_args(field.type)
    metavar = about.extra["metavar"]
    option = typer.Option(
        f"--{field.encode_name}", metavar=metavar, help=about.description,
        autocompletion=_COMPLETIONS.get(metavar), show_default=False,
    )  # fmt: skip
    kind = list[str] | None if field.default == () else str | None
    return Parameter(field.name, Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind, option])
