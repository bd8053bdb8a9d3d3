"""Where in the user's code a forward pass stopped, or that it stopped in ours."""

import linecache
from pathlib import Path
from types import FrameType, TracebackType
from typing import Final

import torch
from torch import nn

from cnninspect.capture.calls import Call

_OURS: Final = Path(__file__).parents[2]
#: What runs in them is the model: networks that are written out here, and what calls it.
_THE_MODELS: Final = (
    _OURS / "architectures", _OURS / "capture" / "forward.py", _OURS / "torch_internals" / "default_devices.py",
)  # fmt: skip


def is_ours(error: BaseException) -> bool:
    """Was it raised by cnninspect itself, in a hook or in the dispatch mode?"""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    file = Path(trace.tb_frame.f_code.co_filename) if trace else Path()
    return file.is_relative_to(_OURS) and not any(file.is_relative_to(each) for each in _THE_MODELS)


def place_of(error: BaseException, call: Call) -> str | None:
    """``net.py:31: x = torch.cat([a, b], 1)``: the line of the module's own code that raised.

    It is the innermost frame of that module's method, or of what it calls in the same file.
    """
    frames: list[tuple[str, int]] = []
    trace: TracebackType | None = error.__traceback__
    file: str | None = None
    while trace is not None:
        frame = trace.tb_frame
        name = frame.f_code.co_filename
        if is_method_of(frame, call.module) and not Path(name).is_relative_to(_torch()):
            file = name
        if name == file:
            frames.append((name, trace.tb_lineno))
        trace = trace.tb_next
    if not frames:
        return None
    name, number = frames[-1]
    line = linecache.getline(name, number).strip()
    return f"{_short(name)}:{number}" + (f": {line}" if line else "")


def is_method_of(frame: FrameType, module: nn.Module) -> bool:
    """Is the module the first argument of what runs in this frame, whatever it is called there?"""
    code = frame.f_code
    return code.co_argcount > 0 and frame.f_locals.get(code.co_varnames[0]) is module


def _torch() -> Path:
    return Path(torch.__file__).parent


def _short(name: str) -> str:
    """Below the folder of the process or of installed packages; else the file's own name."""
    path = Path(name)
    if "site-packages" in path.parts:
        return str(Path(*path.parts[path.parts.index("site-packages") + 1 :]))
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else path.name
