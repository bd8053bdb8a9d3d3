"""Why a forward pass failed, in the user's terms: which layer, what reached it, what it wanted, and the mend."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import nn

from cnninspect.capture.calls import Call
from cnninspect.capture.failure import arguments, code, devices, sides
from cnninspect.capture.failure.wants import Complaint, complaint_of
from cnninspect.capture.modules import ModuleRecorder, class_name
from cnninspect.errors import CnnInspectError
from cnninspect.forward_error import ForwardError
from cnninspect.report import Report

_LOG = logging.getLogger("cnninspect.capture")
_LONGEST = 300  # of what torch says, in characters: it may list every overload of a function


def needs_values(error: BaseException | None) -> bool:
    """Did a pass on meta fail for want of values (it picks boxes, say)?"""
    return isinstance(error, NotImplementedError) or "meta" in str(error)


@contextmanager
def explained(recorder: ModuleRecorder, report: Callable[[], Report | None]) -> Iterator[None]:
    """Turn what a forward pass raises into a message that names the layer; what we raise ourselves stays as it is.

    Args:
        recorder: Of the pass.
        report: Makes that of the layers until then; called once the pass is over.

    Raises:
        ForwardError: Instead of every exception of the model's, and where it leaves the process.
    """
    try:
        yield
    except CnnInspectError:
        raise
    except (Exception, SystemExit) as error:
        is_limit = isinstance(error, RecursionError) or is_lack_of_memory(error)  # which the model has brought us to
        if code.is_ours(error) and not is_limit:
            raise
        call = recorder.raised[1] if recorder.raised and recorder.raised[0] is error else None
        try:
            message, hint, is_certain = _words(error, call, recorder)
        except Exception:  # noqa: BLE001 - whatever a layer's settings are, what it raised is what is to be said
            _LOG.debug("what was wrong can't be said in other words", exc_info=True)
            message, hint = f"{_title(call) if call else 'the forward pass'} fails\n  {_quoted(error)}", None
            is_certain = False
        layer = (call.path, class_name(call.module)) if call else None
        raise ForwardError(message, hint=hint, layer=layer, report=report(), is_certain=is_certain) from error


def _words(error: Exception | SystemExit, call: Call | None, recorder: ModuleRecorder) -> tuple[str, str | None, bool]:
    """What was wrong, what to do next, and whether that is certain."""
    if isinstance(error, SystemExit):
        where = _title(call) if call else "the forward pass"
        place = code.place_of(error, call) if call else None
        said = f"{where} leaves the process by sys.exit({error.code!r})"
        return said + (f"\n  at {place}" if place else ""), None, False
    if is_lack_of_memory(error):
        where = f" at {_title(call)}" if call else ""
        hint = "try a smaller --input, or --device meta for shapes alone"
        return f"memory ran out in the forward pass{where}", hint, False
    said = f"\n  {_quoted(error)}"
    if call is None:
        return f"the forward pass fails{said}", None, False
    before = _before(call, recorder)
    root = recorder.calls[0]
    if spelling := arguments.misspelt(root, error):
        return f"{_title(root)} {spelling.text}{said}", spelling.hint, True
    complaint = arguments.complaint_of(error, call) or complaint_of(error, call, root) or devices.complaint_of(error)
    if complaint is not None and call.first_kind == "tuple" and before is not None:
        complaint = complaint._replace(hint=complaint.hint or _of_pair(before))
    if complaint is None and _lacks_tensor(call):
        complaint = _nothing_came(call, before)
    if complaint is None:
        place = None if code.is_ours(error) else code.place_of(error, call)
        complaint = Complaint(f"fails in its own code, {place}" if place else "fails", is_certain=False)
    mend = sides.mend(complaint, call, recorder.calls)
    why = f": {mend.text}" if mend and mend.text else ""
    message = f"{_title(call)} {complaint.text}{why}\n  {_met(call, complaint, before)}{said}"
    return message, mend.hint if mend and mend.hint else complaint.hint, complaint.is_certain


def title(path: str, kind: str) -> str:
    """A layer's path and type."""
    return f"`{path}` {kind}" if path else f"the model itself ({kind})"


def _title(call: Call) -> str:
    return title(call.path, class_name(call.module))


def _met(call: Call, complaint: Complaint, before: Call | None) -> str:
    """What reached it, what it wants, and what ran before it."""
    got = ", ".join("×".join(map(str, tensor.shape)) or "a scalar" for tensor in call.inputs) or "no tensor"
    wanted = f" and wants {complaint.shape}" if complaint.shape else ""
    if before is None:
        return f"it got {got}{wanted}; nothing ran before it"
    gave = ", ".join("×".join(map(str, tensor.shape)) or "a scalar" for tensor in before.outputs) or "no tensor"
    return f"it got {got}{wanted}; {_title(before)} ran before it and gave {gave}"


def _before(call: Call, recorder: ModuleRecorder) -> Call | None:
    """The layer that finished last: of those that finish together the innermost, or the one that gave nothing."""
    done = [each for each in recorder.calls if each.is_done]
    silent = [each for each in done if not each.outputs]
    if silent and _lacks_tensor(call):
        return silent[-1]
    holding = {id(each.parent) for each in recorder.calls}
    leaves = [each for each in done if id(each) not in holding]
    return leaves[-1] if leaves else None


def _lacks_tensor(call: Call) -> bool:
    return not call.inputs or call.first_kind == "NoneType"


def _nothing_came(call: Call, before: Call | None) -> Complaint | None:
    if before is not None and not before.outputs:
        return Complaint(
            "wants a tensor and got None", hint=f"{_title(before)} gives nothing: does its forward return?"
        )
    return Complaint("wants a tensor and got None") if call.first_kind == "NoneType" else None


def _of_pair(before: Call) -> str | None:
    """What to do with the tuple that some of torch's layers give."""
    kinds = ((nn.RNNBase, "state"), (nn.MultiheadAttention, "weights"))
    second = next((word for kind, word in kinds if isinstance(before.module, kind)), None)
    return f"{_title(before)} gives (output, {second}): take the first" if second else None


def _quoted(error: Exception | SystemExit) -> str:
    """The first line of what was raised, and by whom."""
    reason = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    who = "torch says" if isinstance(error, RuntimeError) else type(error).__name__
    if not reason:
        return type(error).__name__
    return f"{who}: {reason if len(reason) <= _LONGEST else reason[:_LONGEST] + ' …'}"


def is_lack_of_memory(error: BaseException | None) -> bool:
    """Is it torch's or Python's way of saying so?"""
    texts = ("can't allocate memory", "out of memory", "not enough memory")
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or any(text in str(error) for text in texts)
