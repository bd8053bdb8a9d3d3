"""What of a network is to be looked at, as it is typed, and which channels that picks."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from cnninspect.errors import RequestError, shortened
from cnninspect.spec.run_options import RunOptions

#: Channels, or kernels, that are shown of a layer, and of each on a tour.
OF_LAYER, ON_TOUR = 16, 8
_CHANNELS: Final = re.compile(r"\d{1,9}(?:,\d{1,9})*", re.ASCII)


class LookedAt(NamedTuple):
    """What is looked at.

    Attributes:
        layer: Its path, a type or a number; ``None``: all that there is.
        image: The file of one.
        with_kernels: The kernels of the layer.
        channels: Those that are shown; ``None``: the strongest.
        is_all: Every channel.
    """

    layer: str | None = None
    image: str | None = None
    with_kernels: bool = False
    channels: tuple[int, ...] | None = None
    is_all: bool = False

    @property
    def most(self) -> int:
        """How many channels are shown if none are named."""
        return OF_LAYER if self.layer is not None or self.with_kernels else ON_TOUR


def parse_look(
    *,
    layer: str | None,
    image: str | None,
    kernels: bool,
    channels: str | int | Sequence[int] | None,
    is_all: bool,
    device: str,
    idle: Sequence[str] = (),
) -> LookedAt:
    """What is asked for, if that goes together.

    Args:
        layer: As typed.
        image: Likewise.
        kernels: Are they asked for?
        channels: ``0,5,9``, or the numbers.
        is_all: Are all channels?
        device: Where it is to run.
        idle: Options that say how a network is run.

    Raises:
        RequestError: It does not go together.
    """
    if device == "meta":
        raise RequestError("--device meta has no values to look at", hint="--device cpu")
    if image is None and idle:
        raise RequestError(f"{idle[0]} is for what runs, and nothing runs without an image", hint="leave it out")
    if image is not None and kernels:
        raise RequestError("--image and --kernels are two pictures", hint="ask for one of them")
    if (channels is not None or is_all) and image is None and not kernels:
        raise RequestError(
            "--channels and --all pick from feature maps or kernels", hint="add --image FILE or --kernels"
        )
    if channels is not None and is_all:
        raise RequestError("--channels names some, and --all means every one", hint="leave one of them out")
    if channels is not None and layer is None:
        raise RequestError("--channels needs a layer", hint="name it behind the model: features.0, for example")
    return LookedAt(layer, image, kernels, None if channels is None else _channels(channels), is_all)


def of_a_run(run: RunOptions, *, is_sized: bool, has_arguments: bool) -> tuple[str, ...]:
    """Those options that say how a network is run, and are given.

    Args:
        run: What was said of the run.
        is_sized: Is an input given?
        has_arguments: Are arguments given that are no tensors?
    """
    usual = RunOptions()
    given = {
        "--input": is_sized, "--arg": has_arguments, "--device": run.device != usual.device,
        "--mode": run.mode != usual.mode,
    }  # fmt: skip
    return tuple(name for name, is_given in given.items() if is_given)


def _channels(given: str | int | Sequence[int]) -> tuple[int, ...]:
    text = ",".join(map(str, given)) if isinstance(given, list | tuple | range) else str(given)
    if not _CHANNELS.fullmatch(text.replace(" ", "")):
        raise RequestError(f"--channels {shortened(text)} are no channels", hint="write numbers, counted from 0: 0,5,9")
    return tuple(dict.fromkeys(map(int, text.replace(" ", "").split(","))))


def picked(strengths: Sequence[float], look: LookedAt, what: str) -> list[int]:
    """The numbers of those that are shown: as named, else the strongest first.

    >>> picked([0.1, 3.0, 2.0], LookedAt("conv", is_all=True), "conv")
    [1, 2, 0]

    Args:
        strengths: Of all; NaN is less than any.
        look: Which are asked for.
        what: Has them, for a message.

    Raises:
        RequestError: There is no such channel.
    """
    if look.channels is not None:
        missing = next((each for each in look.channels if each >= len(strengths)), None)
        if missing is not None:
            raise RequestError(
                f"there is no channel {missing}: {what} has {len(strengths)}", hint=f"0 to {len(strengths) - 1}"
            )
        return list(look.channels)
    ranked = sorted(range(len(strengths)), key=lambda place: -strengths[place] if strengths[place] >= 0 else 1.0)
    return ranked if look.is_all else ranked[: look.most]
