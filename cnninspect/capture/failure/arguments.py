"""A ``forward`` that is called with other arguments than it takes."""

import inspect
import re
from typing import Final

from torch import nn

from cnninspect.capture.failure.code import is_method_of
from cnninspect.capture.failure.complaint import Complaint
from cnninspect.capture.modules import Call

_MISSING: Final = re.compile(r"forward\(\) missing (\d+) required (?:positional|keyword-only) arguments?: (.+)")
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
    add = "give each an input by its name: --input NAME=SHAPE" if not call.path else None
    if missing := _MISSING.search(text):
        noun, it = ("argument", "it") if missing[1] == "1" else ("arguments", "them")
        names = missing[2].replace(", and ", " and ")
        return Complaint(f"wants the {noun} {names} and didn't get {it}: its forward takes {takes}", hint=add)
    if unexpected := _UNEXPECTED.search(text):
        known = f"it has no argument {unexpected[1]}: its forward takes {takes}"
        hint = "name an input after one of these, or leave its name out" if not call.path else None
        return Complaint(f"got an argument that it doesn't take: {known}", hint=hint)
    if given := _TOO_MANY.search(text):
        hint = "leave an --input out" if not call.path else None
        return Complaint(f"got {int(given[1]) - 1} arguments and takes fewer: its forward takes {takes}", hint=hint)
    return None


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
