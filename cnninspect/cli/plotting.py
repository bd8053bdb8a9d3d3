"""``--plot``: where a picture goes, and writing it, whole or not at all."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from cnninspect.cli import output
from cnninspect.errors import RequestError

if TYPE_CHECKING:
    from cnninspect.compare.comparison import Comparison
    from cnninspect.profile.profiled import Costs

_PICTURES: Final = (".svg", ".png")


def plot_target(text: str | None, beside: Path | None) -> Path | None:
    """Where ``--plot`` puts its picture, checked before any work is done.

    Args:
        text: What was typed.
        beside: Where the table goes.

    Raises:
        RequestError: It is no picture, can't be written there, or matplotlib isn't installed.
    """
    if text is None:
        return None
    if Path(text) == beside:
        raise RequestError(f"--plot and --output both write {text!r}", hint="name two files")
    if Path(text).suffix.lower() not in _PICTURES:
        raise RequestError(f"the ending of {text!r} tells no picture", hint=f"end it in {' or '.join(_PICTURES)}")
    output.check_writable(Path(text))
    from cnninspect.formats import plot

    plot.check_installed()
    return Path(text)


def draw_comparison(comparison: "Comparison", file: Path | None) -> None:
    """Write the picture, if one was asked for, whole or not at all; say which networks are not in it.

    Raises:
        RequestError: Of no network is an accuracy published, or the file can't be written.
    """
    if file is None:
        return
    from cnninspect.formats import plot

    picture = plot.scatter(comparison, _kind(file))
    output.write_bytes(picture.content, file)
    if picture.bounds:
        output.note(f"in {str(file)!r} the MACs are lower bounds of {', '.join(picture.bounds)}")
    if picture.left_out:
        output.note(f"not in {str(file)!r}, for want of a published accuracy: {', '.join(picture.left_out)}")


def draw_costs(costs: "Costs", file: Path | None) -> None:
    """Write the picture of a profile, if one was asked for.

    Raises:
        ModelError: There is nothing to draw.
        RequestError: The file can't be written.
    """
    if file is None:
        return
    from cnninspect.formats import profile_plot

    output.write_bytes(profile_plot.drawn(costs, _kind(file)), file)


def _kind(file: Path) -> str:
    return file.suffix.lower().removeprefix(".")
