"""What is traced and timed: a network that is nobody else's, and the context in which it runs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor, nn

from cnninspect.capture import holdings
from cnninspect.capture.forward import set_up
from cnninspect.capture.packed import packed_in
from cnninspect.capture.untouched import seeded, switches_kept
from cnninspect.errors import ModelError
from cnninspect.process import alone, deep
from cnninspect.profile.following import addresses
from cnninspect.tensor_tree import buffers_in, modules_in, named_tensors, parameters_in

_META: Final = torch.device("meta")


class Placed(NamedTuple):
    """What is traced: nobody else's, for it is trained.

    Attributes:
        module: Where it is.
        args: Positional arguments.
        kwargs: Named arguments.
        device: Where both are.
        mode: ``eval`` or ``train``, at inference.
        seed: Of what the network draws itself.
        around: Makes the context in which it runs.
        is_fake: Its tensors are on meta, and pass for those of its device.
    """

    module: nn.Module
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    device: torch.device
    mode: str
    seed: int
    around: Callable[[], AbstractContextManager[object]] = nullcontext
    is_fake: bool = False

    @property
    def has_no_values(self) -> bool:
        """Is it on meta, whatever its tensors pass for?"""
        return self.is_fake or self.device.type == "meta"

    @property
    def inputs(self) -> list[Tensor]:
        """The tensors that go in."""
        return [tensor for _, tensor in named_tensors([*self.args, *self.kwargs.values()])]

    def held(self) -> tuple[list[Tensor], list[Tensor]]:
        """Parameters and buffers."""
        parts = modules_in(self.module)
        return [*parameters_in(parts)], [*buffers_in(parts)]

    def held_bytes(self) -> tuple[int, int, int]:
        """Of the parameters (also what is held packed), the buffers and the inputs, each storage once.

        Raises:
            ModelError: Where one is can't be told.
        """
        packed = holdings.count([each for module in modules_in(self.module) for each in packed_in(module)]).size
        if packed is None:
            raise ModelError("a module holds weights packed, and torch can't unpack them")
        parameters, buffers = self.held()
        seen: set[int] = set()
        sizes = []
        for tensors in (parameters, buffers, self.inputs):
            found = {key: size for key, size in addresses(tensors).items() if key not in seen}
            seen |= found.keys()
            sizes.append(sum(found.values()))
        return sizes[0] + packed, sizes[1], sizes[2]


@contextmanager
def running(network: Placed, mode: str, autograd: AbstractContextManager[None]) -> Iterator[None]:
    """Context in which the network runs. Its inputs are behind it what they were before.

    Args:
        network: What is to run.
        mode: ``eval`` or ``train``.
        autograd: Whether it is differentiated.
    """
    drawn_on = _META if network.is_fake else network.device  # whose device need not be there
    with alone(), deep(), seeded(network.seed, drawn_on), switches_kept(), _given_again(network):
        set_up(network.module, mode)
        with network.around(), autograd:
            yield


@contextmanager
def _given_again(network: Placed) -> Iterator[None]:
    """What is changed in place of its inputs, in values or shape, is put back; no accelerator's memory is taken."""

    def copied(tensor: Tensor) -> Tensor:
        return tensor.detach().clone() if network.has_no_values else tensor.detach().to("cpu", copy=True)

    given = [(each, each._version, copied(each)) for each in network.inputs]
    try:
        yield
    finally:
        for tensor, version, copy in given:
            if tensor._version != version:
                tensor.data = copy.to(tensor.device)
