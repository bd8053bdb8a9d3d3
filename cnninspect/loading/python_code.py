"""The user's own code: a module class, a factory or a ready module in a file or an importable module.

It is built with its real initialisation: a constructor may look at the values that it has drawn.
"""

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any

from cnninspect.errors import ModelError, RequestError, unknown_name
from cnninspect.loading import notebook_import, python_import, python_source, python_text
from cnninspect.loading import weights as weight_files
from cnninspect.loading.python_failure import explained
from cnninspect.loading.python_source import FoundCode
from cnninspect.spec import PythonModel
from cnninspect.spec.input_spec import InputSpec

if TYPE_CHECKING:
    from torch import nn


def check(model: PythonModel, weights: str | None) -> None:
    """Check that the code is there, parses and has the name, and the weights file; nothing is imported.

    Raises:
        RequestError: The code, the name in it or the weights file is not there.
        ModelError: The code is not Python.
    """
    found = python_source.find(model.place)
    check_name = notebook_import.check_name if notebook_import.is_notebook(found) else python_text.check_text
    check_name(found, model.attribute)
    if weights is not None:
        weight_files.check_file(weights)


def build(model: PythonModel, weights: str | None) -> "nn.Module":
    """The network that the user's code makes.

    Raises:
        RequestError: The name is not there or not of a model, or does not take these arguments.
        ModelError: The code can't be imported, or raises, or the weights don't fit.
    """
    from torch import nn

    found = python_source.find(model.place)
    named = _attribute(python_import.import_code(found), model, found)
    if isinstance(named, nn.Module):
        if model.arguments:
            raise RequestError(
                f"{model.attribute!r} in {model.place!r} is a ready module: it takes no arguments",
                hint=f"leave them out: {model.place}:{model.attribute}",
            )
        module = named if weights is None else _copy(named, model)
    else:
        module = _make(named, model, found)
    if weights is not None:
        weight_files.load_file(module, weights)
    return module


def default_inputs(model: PythonModel) -> tuple[InputSpec, ...]:  # noqa: ARG001 - the signature of all sources
    """None: nobody but the user knows."""
    return ()


def _attribute(module: ModuleType, model: PythonModel, found: FoundCode) -> object:
    value: object = module
    names = model.attribute.split(".")
    for number, name in enumerate(names):
        holder, above = value, names[:number]
        with explained(f"{model.attribute!r} can't be had from {model.place!r}", found):
            try:
                value = getattr(holder, name)
            except AttributeError as error:
                beside = [".".join((*above, each)) for each in _models_in(holder)]
                raise python_text.missing(model.place, ".".join((*above, name)), beside) from error
    return value


def _models_in(holder: object) -> list[str]:
    """The names in a module or class that could be a model: defined there rather than imported."""
    from torch import nn

    own = getattr(holder, "__name__", None) if isinstance(holder, ModuleType) else getattr(holder, "__module__", None)
    return [
        name
        for name, value in getattr(holder, "__dict__", {}).items()
        if isinstance(value, nn.Module) or (callable(value) and getattr(value, "__module__", None) == own)
    ]


def _copy(ready: "nn.Module", model: PythonModel) -> "nn.Module":
    """A copy to load weights into: the module may be in use elsewhere in the process."""
    import copy

    try:
        return copy.deepcopy(ready)
    except Exception as error:
        raise ModelError(f"{model.attribute!r} can't be copied to load weights into it: {error}") from error


def _make(maker: object, model: PythonModel, found: FoundCode) -> "nn.Module":
    from torch import nn

    words = f"{model.attribute!r} in {model.place!r}"
    if not callable(maker) or (isinstance(maker, type) and not issubclass(maker, nn.Module)):
        what = f"the class {maker.__name__}" if isinstance(maker, type) else f"of type {type(maker).__name__}"
        raise RequestError(
            f"{words} is {what}, not a model",
            hint="name an nn.Module class, a function that returns a module, or a ready module",
        )
    _check_arguments(maker, model)
    with explained(f"{words} can't be built", found):
        made = maker(**model.arguments)
    if not isinstance(made, nn.Module):
        kind = f"the class {made.__name__}" if isinstance(made, type) else f"a {type(made).__name__}"
        raise ModelError(
            f"{words} returned {kind if made is not None else None}, not an nn.Module",
            hint="name a function that returns the module alone",
        )
    return made


def _check_arguments(maker: Callable[..., Any], model: PythonModel) -> None:
    """Hold the arguments against the signature, so that a wrong call is told from a constructor that fails."""
    try:
        signature = inspect.signature(maker)
    except (ValueError, TypeError):  # nothing tells the arguments of some compiled functions
        return
    parameters = signature.parameters.values()
    nameable = {inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY}
    by_name = [each.name for each in parameters if each.kind in nameable]
    takes = ", ".join(str(each.replace(annotation=inspect.Parameter.empty)) for each in parameters)
    see = f"it takes {takes}" if takes else "it takes no arguments"
    if not any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters):
        for key in model.arguments:
            if key not in by_name:
                raise unknown_name("argument", key, by_name, see=see)
    needed = [each.name for each in parameters if each.name in by_name and each.default is inspect.Parameter.empty]
    missing = [name for name in needed if name not in model.arguments]
    if missing:
        raise RequestError(
            f"{model.attribute!r} in {model.place!r} needs {', '.join(missing)}",
            hint=f"{see}: write {model.place}:{model.attribute}{''.join(f',{name}=…' for name in needed)}, "
            "or name a function that needs none",
        )
    try:
        signature.bind(**model.arguments)
    except TypeError as error:  # what can only be given by position
        raise RequestError(f"{model.attribute!r} in {model.place!r}: {error}", hint=see) from error
