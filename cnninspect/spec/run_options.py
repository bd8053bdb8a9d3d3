"""How a model is run, as it is typed: the options of every command that runs one, and keys of a check in TOML.

Each field is the option and the key of its name, and says what stands behind it in a help text; nothing else is to be
written for another one, but for what is made of it in ``spec.request``.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from cnninspect.spec.sources import DEFAULT_SOURCE, Source

Several = str | tuple[str, ...]
#: Options whose default can be set once, in ``[tool.cnninspect]`` or in a file of the user's own.
SETTABLE: Final = ("depth", "columns", "device", "source", "color", "fold")
#: What ``--mode`` is for.
MODES: Final = "Dropout and normalisation as in evaluation or in training."


class Mode(StrEnum):
    """How dropout and normalisation behave in the forward pass."""

    eval = "eval"
    train = "train"


def described(
    about: str, metavar: str | None = None, *, short: str | None = None, least: int | None = None
) -> msgspec.Meta:
    """What an option is for, and how it is written.

    Args:
        about: Its help text.
        metavar: What stands for its value there.
        short: Its other name, of one letter.
        least: The smallest number that it takes.
    """
    return Meta(description=about, ge=least, extra={"metavar": metavar, "short": short})


class RunOptions(msgspec.Struct, frozen=True, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """How a model is to be run, every word as typed."""

    inputs: Annotated[
        Several,
        described(
            "What goes in, such as 1x3x224x224; once for each input. In full it is [NAME=]SHAPE[:DTYPE][=VALUE]. "
            "Default: the published evaluation input.",
            "SHAPE",
            short="-i",
        ),
    ] = msgspec.field(default=(), name="input")
    args: Annotated[
        str | tuple[str, ...] | dict[str, bool | int | str],
        described(
            "What forward takes beside tensors, such as use_cache=false; a JSON scalar, once for each.", "NAME=VALUE"
        ),
    ] = msgspec.field(default=(), name="arg")
    device: Annotated[
        str,
        described("cpu, cuda, cuda:N, mps, auto (the accelerator if there is one), or meta (shapes alone).", "DEVICE"),
    ] = "cpu"
    dtype: Annotated[
        str | None,
        described("Of the weights and the input, such as float16. Default: the model's own.", "DTYPE"),
    ] = None
    mode: Annotated[Mode, described(MODES, "|".join(Mode))] = Mode.eval
    weights: Annotated[
        str | None,
        described(
            "Published weights (DEFAULT, IMAGENET1K_V1) or the file of a state dict. Default: none, no download.",
            "NAME|FILE",
        ),
    ] = None
    source: Annotated[Source, described(f"Where a bare model name comes from: {', '.join(Source)}.", "SOURCE")] = (
        DEFAULT_SOURCE
    )
    seed: Annotated[int, described("Of the made-up input values.", "NUMBER", least=0)] = 0


def several(value: int | str | tuple[int | str, ...] | Mapping[str, int | str] | None) -> tuple[str, ...]:
    """One or several texts, however they were given."""
    if value is None:
        return ()
    if isinstance(value, Mapping):
        return tuple(f"{key}={each}" for key, each in value.items())
    return tuple(map(str, value)) if isinstance(value, tuple) else (str(value),)
