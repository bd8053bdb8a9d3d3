"""One call of one module: what is taken down while the pass is going on, and what that comes to afterwards."""

from collections.abc import Sequence
from functools import cached_property

from torch import nn

from cnninspect.capture import receptive_field
from cnninspect.capture.receptive_field import FeatureMap, Seen
from cnninspect.capture.tensors import Glance
from cnninspect.report import ReceptiveField, TensorSpec


class Call:
    """One call of one module.

    ``macs`` and ``activations`` are those outside its children; the totals are added up after the pass. ``first_kind``
    is the class of its first argument; ``is_done`` says that it has returned.
    """

    taken: Sequence[Glance] = ()
    given: Sequence[Glance] | None = ()  # None: looking at it has raised
    seen_before: Seen | None = None  # of the first tensor that it takes, and gives
    seen_after: Seen | None = None
    macs = 0
    activations = 0
    total_macs = 0
    total_activations = 0
    first_kind = ""
    is_done = False

    def __init__(self, module: nn.Module, path: str, number: int, parent: "Call | None") -> None:
        self.module = module
        self.path = path
        self.number = number
        self.parent = parent

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """The tensors that it took."""
        return tuple([each.spec() for each in self.taken])

    @property
    def outputs(self) -> tuple[TensorSpec, ...]:
        """The tensors that it gave."""
        return tuple([each.spec() for each in self.given or ()])

    @property
    def output_bytes(self) -> int | None:
        """Theirs."""
        return None if self.given is None else sum([each.size() for each in self.given])

    @property
    def receptive_field(self) -> ReceptiveField | None:
        """Of an element of the first that it gave."""
        return receptive_field.field_in(self.seen_after) if self.seen_after else None

    @property
    def origin(self) -> FeatureMap | None:
        """The map of the image that its first tensor is or was flattened from."""
        return receptive_field.map_in(self.seen_before) if self.seen_before else None

    @cached_property
    def holders(self) -> "dict[str, Call]":
        """Those of what it calls that are not called themselves, by path."""
        return {}
