"""A ``forward`` that is called with other arguments than it takes."""

import inspect
import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final

from torch import nn

from cnninspect.capture.calls import Call
from cnninspect.capture.failure.code import is_method_of
from cnninspect.capture.failure.complaint import Complaint

_MISSING: Final = re.compile(r"forward\(\) missing \d+ required (?:positional|keyword-only) arguments?: (.+)")
_QUOTED: Final = re.compile("'(.+?)'")
#: An annotation of what ``--arg`` gives.
_PLAIN: Final = re.compile(
    r"(?:(?:typing\.)?Optional\[)?(?:int|bool|float|str)\]?(?: *\| *(?:int|bool|float|str|None))*"
)
_LIKE: Final = 0.4  # `ids` for `input_ids` is half alike
_UNEXPECTED: Final = re.compile(r"forward\(\) got an unexpected keyword argument ('.+?')")
_TOO_MANY: Final = re.compile(
    r"forward\(\) takes (?:from )?[\w ]+ but (\d+) (?:positional arguments?.* )?(?:was|were) given"
)


def complaint_of(error: Exception, call: Call) -> Complaint | None:
    """What is wrong with the arguments; ``None`` if it is something else."""
    text = str(error)
    if not isinstance(error, TypeError) or not _is_entered(error, call.module):
        return None
    takes = _takes(call.module)
    if missing := _MISSING.search(text):
        names = _QUOTED.findall(missing[1])
        noun, it = ("argument", "it") if len(names) == 1 else ("arguments", "them")
        listed = missing[1].replace(", and ", " and ")
        hint = _to_give(names, call.module) if not call.path else None
        return Complaint(f"wants the {noun} {listed} and didn't get {it}: its forward takes {takes}", hint=hint)
    if unexpected := _UNEXPECTED.search(text):
        known = f"it has no argument {unexpected[1]}: its forward takes {takes}"
        hint = _nearest(unexpected[1].strip("'"), _names(call.module)) if not call.path else None
        return Complaint(f"got an argument that it doesn't take: {known}", hint=hint)
    if given := _TOO_MANY.search(text):
        hint = "leave an --input out" if not call.path else None
        return Complaint(f"got {int(given[1]) - 1} arguments and takes fewer: its forward takes {takes}", hint=hint)
    return None


def misspelt(root: Call, error: Exception) -> Complaint | None:
    """An input whose name no argument has, so that ``**kwargs`` took it and something else was missing.

    Args:
        root: The call of the model itself.
        error: That its forward pass raised.
    """
    known = _names(root.module)
    given = dict.fromkeys(tensor.name.partition(".")[0] for tensor in root.inputs)
    unknown = [name for name in given if name.isidentifier() and name not in known]
    if not unknown or not known or "NoneType" not in str(error):
        return None
    words = f"forward has no argument `{unknown[0]}`; it has {', '.join(known)}"
    return Complaint(f"got an input that went into its **kwargs: {words}", hint=_nearest(unknown[0], known))


def _nearest(name: str, known: Sequence[str]) -> str:
    """What to do about a name that isn't known."""
    close = get_close_matches(name, known, n=1, cutoff=_LIKE)
    return f"did you mean {close[0]}?" if close else "name an input after one of these, or leave its name out"


def _to_give(names: Sequence[str], module: nn.Module) -> str:
    """How to give arguments that are missing: tensors as inputs, numbers and flags as what they are."""
    parameters = inspect.signature(module.forward).parameters
    plain = [name for name in names if name in parameters and _PLAIN.fullmatch(_annotation(parameters[name]))]
    ways = [f"--arg {name}=VALUE" for name in plain]
    if len(plain) < len(names):
        ways.insert(0, "--input NAME=SHAPE")
    return f"give each by its name: {' '.join(ways)}"


def _annotation(parameter: inspect.Parameter) -> str:
    """As text."""
    annotation = parameter.annotation
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def _names(module: nn.Module) -> list[str]:
    """The arguments of its forward that have names."""
    try:
        parameters = inspect.signature(module.forward).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p.name for p in parameters if p.kind in {p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY}]


def _is_entered(error: TypeError, module: nn.Module) -> bool:
    """Was it raised in calling the module's own forward, and not in a call that its code makes?"""
    trace, depth = error.__traceback__, 0
    while trace is not None:
        if is_method_of(trace.tb_frame, module) and trace.tb_frame.f_code.co_name == "forward":
            depth += 1
        trace = trace.tb_next
    return depth == 0


def _takes(module: nn.Module) -> str:
    try:
        parameters = inspect.signature(module.forward).parameters.values()
    except (TypeError, ValueError):
        return "other arguments"
    return f"({', '.join(str(p.replace(annotation=p.empty)) for p in parameters)})"
