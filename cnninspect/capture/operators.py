"""The dispatch mode: every operator of the pass, counted for the module that is running.

Under ``torch.inference_mode`` a composite operator reaches the mode whole. One that has a rule is
counted as it stands and runs as it would without the mode; one that has none is taken apart.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from cnninspect.capture import macs, receptive_field
from cnninspect.capture.receptive_field_rules import rule_for


class _Handling(NamedTuple):
    """What to do with one operator."""

    work: macs.Rule | None
    field: receptive_field.Rule | None
    take_apart: bool
    uncounted: bool


class OperatorMode(TorchDispatchMode):  # type: ignore[no-untyped-call]  # its __init_subclass__
    """Counts the operators that run while it is active.

    Args:
        add: Called with the work of each counted operator.
    """

    def __init__(self, add: Callable[[macs.Work], None]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.uncounted: Counter[str] = Counter()
        self._add = add
        self._handlings: dict[Any, _Handling] = {}

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """No: nothing here is compiled, and skipping would import ``torch._dynamo``, a second's work."""
        return False

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run ``func`` and count it."""
        kwargs = kwargs or {}
        handling = self._handlings.get(func)
        if handling is None:
            handling = self._handlings[func] = _handling_of(func)
        if handling.take_apart:
            with self:
                out = func.decompose(*args, **kwargs)
            if out is not NotImplemented:
                return out
        out = func(*args, **kwargs)
        if handling.work:
            self._add(handling.work(args, out))
        elif handling.uncounted:
            self.uncounted[func._schema.name] += 1
        receptive_field.follow(handling.field, args, out)
        return out


def _handling_of(func: Any) -> _Handling:
    name, overload = func._schema.name, func._overloadname
    work, field = macs.rule_for(name, overload), rule_for(func)
    composite = torch._C._dispatch_has_kernel_for_dispatch_key(func.name(), "CompositeImplicitAutograd")
    take_apart = composite and not work and not field
    return _Handling(work, field, take_apart, uncounted=not (work or field) and macs.is_uncounted(name))
