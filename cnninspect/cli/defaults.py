"""Where a default that was set in a file holds: what was typed wins, and the environment, and no gate knows of it.

``check``, ``verify``, ``--exit-code`` and ``--cross-check`` read no file, so that nobody's settings change a verdict.
What changes figures, a device or a source, is said on standard error.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from cnninspect import spec
from cnninspect.cli.settings_files import VARIABLE, Setting, read
from cnninspect.errors import RequestError
from cnninspect.formats import DATA, Format
from cnninspect.spec import ModelSpec, SavedReport, WeightsFile, ZooModel
from cnninspect.spec.run_options import RunOptions
from cnninspect.spec.sources import DEFAULT_SOURCE

#: Flags that make a gate of a command.
_GATES: Final = ("exit_code", "cross_check")
_COLORING: Final = ("NO_COLOR", "FORCE_COLOR")  # of the environment


def of(typed: Mapping[str, Any]) -> dict[str, Setting]:
    """The defaults that were set, for a command line.

    Args:
        typed: What was given to the command, by the names of its parameters.

    Raises:
        RequestError: A file of them can't be used as it is.
    """
    return {} if any(typed.get(flag) for flag in _GATES) else read()


def color(found: Mapping[str, Setting], typed: bool | None) -> bool | None:
    """Is colour asked for? ``None``: nothing is said.

    Args:
        found: The defaults.
        typed: What ``--color`` says.
    """
    if typed is not None or any(map(os.environ.get, _COLORING)) or "color" not in found:
        return typed
    return bool(found["color"].value)


def taken(found: Mapping[str, Setting], typed: Mapping[str, Any], context: Any, form: Format) -> dict[str, Setting]:
    """The defaults that hold for a command, by the names of its parameters.

    Args:
        found: The defaults.
        typed: What was given to the command, likewise.
        context: Of the command.
        form: In which the result is written: data has every field and layer.
    """
    models = list(_models(typed))
    is_run = set(RunOptions.__struct_fields__) <= typed.keys()
    runs_none = bool(models) and all(isinstance(each, SavedReport | WeightsFile) for each in models)
    runs_none |= typed.get("image", "") is None  # view without one
    is_table = form not in DATA and form is not Format.torchinfo
    holds = {
        "device": is_run and not runs_none,
        "source": is_run,
        "depth": is_table,
        "fold": is_table,
        # compare has columns of its own, and a file of weights others
        "columns": is_table and "depth" in typed and not any(isinstance(each, WeightsFile) for each in models),
    }
    wanted = {key: each for key, each in found.items() if holds.get(key) and key in typed}
    return {key: each for key, each in wanted.items() if not _is_typed(key, context)}


def remarks(taken: Mapping[str, Setting], typed: Mapping[str, Any]) -> Iterator[str]:
    """What is to be said of defaults that change figures.

    Args:
        taken: Those that hold.
        typed: What was given to the command, by the names of its parameters.
    """
    bare = [each for each in _models(typed) if isinstance(each, ZooModel) and ":" not in each.text.partition(",")[0]]
    usual = {"device": "cpu"} | ({"source": DEFAULT_SOURCE} if bare else {})  # other names say their source
    for key, value in usual.items():
        setting = taken.get(key)
        if setting is not None and setting.value != value:
            yield f"--{key} {setting.value} is set in {str(setting.file)!r}; {VARIABLE}=off leaves it out"


def _models(typed: Mapping[str, Any]) -> Iterator[ModelSpec]:
    texts = (typed.get("model"), typed.get("first"), typed.get("second"), *(typed.get("models") or ()))
    for text in filter(None, texts):
        with suppress(RequestError):  # which the command says itself
            yield spec.parse_model(text, DEFAULT_SOURCE)


def _is_typed(key: str, context: Any) -> bool:
    origin = context.get_parameter_source(key)
    return origin is not None and origin.name == "COMMANDLINE"
