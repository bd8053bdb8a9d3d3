"""Does a network take an image of another size? It is tried: one forward pass on zeros an answer.

What it gives must not be empty: a map without a side, of an image that was cropped to nothing. What is empty at its own
size as well (the boxes of a detector that finds nothing) doesn't count, nor how many things a list of them has.
"""

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, redirect_stderr, redirect_stdout
from functools import cached_property
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from cnninspect.capture.failure import title
from cnninspect.capture.forward import Capture, capture, runs, set_up
from cnninspect.capture.shapes_alone import Shaped, shaped, shapes_alone
from cnninspect.capture.tensors import Glance
from cnninspect.capture.untouched import seeded, untouched
from cnninspect.forward_error import ForwardError
from cnninspect.process import alone, deep, quiet, shared
from cnninspect.report import Layer, TensorSpec
from cnninspect.tensor_tree import mapped, modules_in, named_tensors

_IMAGE = 3  # dimensions: channels, height, width


class TrialFailure(NamedTuple):
    """Why it doesn't: the layer that fails, and the message in a line."""

    path: str | None
    type: str | None
    reason: str


class Trials:
    """Forward passes of ``module`` with images of other sizes in place of those that it was given.

    Args:
        module: Where it is.
        args: Positional arguments as they were given.
        kwargs: Named arguments.
        device: Where it is.
        mode: ``eval`` or ``train``.
        seed: Of what the pass draws itself.
        keep: Whether to put the module back as it was after each; one that nobody else has needs no keeping.
        on_trial: Called with each side before it is tried.
    """

    def __init__(
        self,
        module: nn.Module,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        *,
        device: torch.device,
        mode: str,
        seed: int,
        keep: bool,
        on_trial: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._module, self._args, self._kwargs = module, args, kwargs
        self._device, self._mode, self._seed, self._keep = device, mode, seed, keep
        self._on_trial = on_trial
        self._tried: dict[int, bool] = {}

    def runs(self, side: int) -> bool:
        """Does it take ``side × side``? A side is tried once."""
        if side not in self._tried:
            self._tried[side] = self._try(side)
        return self._tried[side]

    def _try(self, side: int) -> bool:
        self._on_trial(side)
        args, kwargs = self._resized(side)
        with (
            alone(), deep(), seeded(self._seed, self._device), _silent(),
            untouched(modules_in(self._module)) if self._keep else nullcontext(),
        ):  # fmt: skip
            set_up(self._module, self._mode)
            with shapes_alone(self._shaped):
                found = runs(self._module, args, kwargs, self._device, self._is_whole)
        return self.failure(side) is None if found is None else found

    def failure(self, side: int) -> TrialFailure | None:
        """Why it doesn't take ``side × side``; ``None`` if it does."""
        try:
            shown = self._captured(side)
        except ForwardError as error:
            path, kind = error.layer or (None, None)
            return TrialFailure(path, kind, _in_a_line(error))
        empty = _empty(shown.outputs) - self._empty_anyway if _empty(shown.outputs) else ()
        return _of_empty(shown.layers) if empty else None

    def _captured(self, side: int) -> Capture:
        args, kwargs = self._resized(side)
        with _silent():
            return capture(
                self._module, args, kwargs, device=self._device, mode=self._mode, seed=self._seed, keep=self._keep
            )

    def _is_whole(self, result: Any) -> bool:
        empty = _empty(Glance.at(tensor, name).spec() for name, tensor in named_tensors(result))
        return not empty or empty <= self._empty_anyway

    @cached_property
    def _shaped(self) -> Shaped:
        return shaped(self._module) if self._device.type == "meta" else ()

    @cached_property
    def _empty_anyway(self) -> frozenset[str]:
        """What is empty at the size of the image that was given."""
        try:
            return _empty(self._captured(max(image_sides(self._args, self._kwargs) or (1,))).outputs)
        except ForwardError:
            return frozenset()

    def _resized(self, side: int) -> tuple[Any, Any]:
        return resized(self._args, side, self._device), resized(self._kwargs, side, self._device)


def _silent() -> AbstractContextManager[None]:
    """What the network has to say it has said in the pass that counts."""
    return shared("said", _all_silent)


@contextmanager
def _all_silent() -> Iterator[None]:
    nowhere = io.StringIO()
    with quiet(), redirect_stdout(nowhere), redirect_stderr(nowhere):
        yield


def _in_a_line(error: ForwardError) -> str:
    """What the layer wants and got; of one that can't tell, what was raised."""
    first, *more = error.message.splitlines()
    if " wants " in first or not more or error.layer is None:
        return first
    return f"{title(*error.layer)} fails: {more[-1].strip()}"


def _empty(outputs: Iterable[TensorSpec]) -> frozenset[str]:
    """The names of those that have nothing in them, whatever their number."""
    return frozenset(tensor.name for tensor in outputs if 0 in tensor.shape[1:])


def _of_empty(layers: Sequence[Layer]) -> TrialFailure:
    """The innermost layer that makes nothing of something."""
    makers = [layer for layer in layers if _empty(layer.outputs) and not _empty(layer.inputs)]
    maker = max(makers or layers[:1], key=lambda layer: layer.depth)
    gives = "×".join(map(str, next(tensor.shape for tensor in maker.outputs if 0 in tensor.shape[1:])))
    return TrialFailure(maker.path, maker.type, f"{title(maker.path, maker.type)} gives nothing: {gives}")


def image_sides(args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[int, int] | None:
    """Height and width of the images among the arguments; ``None`` if there are none, or of several sizes."""
    tensors = [tensor for _, tensor in named_tensors([*args, *kwargs.values()])]
    images = [tensor for tensor in tensors if tensor.is_floating_point() and tensor.dim() > _IMAGE]
    if not images and any(isinstance(arg, list) for arg in args):  # a detector's, one by one
        images = [tensor for tensor in tensors if tensor.is_floating_point() and tensor.dim() == _IMAGE]
    sides = {(tensor.shape[-2], tensor.shape[-1]) for tensor in images}
    return sides.pop() if len(sides) == 1 else None


def resized(value: Any, side: int, device: torch.device) -> Any:
    """``value`` with zeros on ``device`` of ``side × side`` for each image in it, and copies of its other tensors."""

    def change(tensor: Tensor) -> Tensor:
        if tensor.dim() < _IMAGE:
            return tensor.to(device, copy=True)
        return torch.zeros((*tensor.shape[:-2], side, side), dtype=tensor.dtype, device=device)

    return mapped(value, change)
