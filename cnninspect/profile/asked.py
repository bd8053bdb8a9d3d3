"""What of a network's costs is asked for, checked as far as it can be without torch."""

from enum import StrEnum
from typing import Final

import msgspec

from cnninspect.errors import RequestError, naming, unknown_name
from cnninspect.units import parse_size

#: Of images in a batch, and of passes.
MOST: Final = 2**31


class Optimizer(StrEnum):
    """Which optimizer takes the step."""

    sgd = "sgd"
    momentum = "momentum"
    adam = "adam"
    adamw = "adamw"
    none = "none"


class PredictedDevice(StrEnum):
    """For which device the memory of a network on meta is told."""

    cpu = "cpu"
    cuda = "cuda"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be measured.

    Attributes:
        batches: How many images at once, one profile each; empty: as many as the input has.
        optimizer: Of the training step.
        foreach: Whether it updates many parameters at once; ``None``: on a GPU where torch does so by default.
        is_timed: Time passes and measure what kernels take beside tensors.
        times_training: Time forward, backward and step, too.
        room: Bytes into which the largest batch is to fit, if that is asked.
        verifies: Run that batch on the device, and the next.
        runs: How many passes are timed; ``None``: as many as a steady median takes.
        target: Of what meta tells.
    """

    batches: tuple[int, ...] = ()
    optimizer: Optimizer = Optimizer.adam
    foreach: bool | None = None
    is_timed: bool = True
    times_training: bool = False
    room: int | None = None
    verifies: bool = False
    runs: int | None = None
    target: PredictedDevice | None = None


def parse_asked(
    *,
    batch: str | int | tuple[int, ...] | None = None,
    optimizer: str = "adam",
    foreach: bool | None = None,
    train: bool = False,
    fits: str | int | None = None,
    verify: bool = False,
    runs: str | int | None = None,
    target: str | None = None,
    device: str = "cpu",
) -> Asked:
    """What was typed.

    Args:
        batch: ``1,8,32``.
        optimizer: One of ``Optimizer``.
        foreach: As for ``Asked``.
        train: Whether to time a training step.
        fits: A size: ``24GiB``.
        verify: Whether to run the batch that fits.
        runs: At least 1.
        target: One of ``PredictedDevice``; goes with ``device`` ``meta``.
        device: As of the run.

    Raises:
        RequestError: It can't be carried out as written.
    """
    if optimizer not in tuple(Optimizer):
        raise unknown_name("optimizer", str(optimizer), Optimizer, see=f"the optimizers are {', '.join(Optimizer)}")
    if target is not None and target not in tuple(PredictedDevice):
        raise unknown_name("target", target, PredictedDevice, see=f"the targets are {', '.join(PredictedDevice)}")
    if target is not None and device != "meta":
        raise RequestError(f"--target {target} goes with --device meta: --device {device} is measured itself")
    if runs is not None and (not str(runs).isdecimal() or not 0 < int(runs) <= MOST):
        raise RequestError(f"--runs {runs}: {runs!r} is not a number of passes", hint=f"write 1 to {MOST:,}")
    if verify and not device.startswith(("cuda", "auto")):
        raise RequestError("--verify runs the batch that fits on a GPU: it goes with --device cuda")
    if verify and fits is None:
        raise RequestError("--verify runs the batch that fits: say into what", hint="--fits 24GiB, for example")
    with naming("--fits"):
        room = None if fits is None else int(parse_size(str(fits)))
    return Asked(
        batches=batches(batch), optimizer=Optimizer(optimizer), foreach=foreach, times_training=train,
        room=room, verifies=verify,
        runs=None if runs is None else int(runs),
        target=None if target is None else PredictedDevice(target),
    )  # fmt: skip


def batches(text: str | int | tuple[int, ...] | None) -> tuple[int, ...]:
    """The numbers in ``1,8,32``, each once.

    >>> batches("1,8,32"), batches(None)
    ((1, 8, 32), ())

    Raises:
        RequestError: One is no positive integer.
    """
    if text is None:
        return ()
    words = [str(each) for each in text] if isinstance(text, list | tuple | range) else str(text).split(",")
    for word in words:
        if not (word.strip().isdecimal() and word.strip().isascii()) or not 0 < int(word) <= MOST:
            raise RequestError(
                f"--batch {','.join(words)}: {word.strip()!r} is not a batch",
                hint=f"write 8, or 1,8,32: each at most {MOST:,}",
            )
    return tuple(dict.fromkeys(int(word) for word in words))
