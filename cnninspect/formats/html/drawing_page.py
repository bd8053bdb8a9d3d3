"""A page with a picture that is zoomed, panned and asked about, or with several of one thing to choose from.

Nothing is loaded from elsewhere; without its script each picture can be seen, too.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from markupsafe import Markup

from cnninspect.formats.html.templates import environment, file_text, hash_of

_HINT: Final = "Click a box for its figures; + and - zoom, f shows all of it, 0 is 100 %."
_OPENING: Final = " Enter or a double click opens a module, and those of its level, or closes them."


class DrawnPicture(NamedTuple):
    """One of the pictures.

    Attributes:
        name: By which it is chosen.
        svg: Of our own making.
        is_first: It is the one that is seen at first.
    """

    name: str
    svg: str
    is_first: bool = True


def rendered(pictures: Sequence[DrawnPicture], title: str, look: str = "") -> str:
    """The page.

    Args:
        pictures: At least one; what opens in one of them is open in a later one.
        title: Of the page.
        look: A style of all pictures, beside that which one has in it.
    """
    style, script = file_text("drawing.css") + look + _chosen(len(pictures)), file_text("drawing.js")
    inside = {text for each in pictures for text in re.findall(r"<style>(.*?)</style>", each.svg, re.DOTALL)}
    styles = " ".join(f"'{hash_of(text)}'" for text in (style, *sorted(inside)))
    policy = f"default-src 'none'; style-src {styles}; script-src '{hash_of(script)}'"
    page = environment().get_template("drawing.html")
    return page.render(
        title=title, policy=f"{policy}; base-uri 'none'; form-action 'none'", pictures=pictures,
        hint=_HINT + _OPENING * (len(pictures) > 1), style=Markup(style), script=Markup(script),  # noqa: S704 - our own
    ) + "\n"  # fmt: skip


def _chosen(count: int) -> str:
    """Which picture is seen: a rule and no script."""
    return "".join(f"body:has(#c{each}:checked) #p{each}{',' if each < count - 1 else ''}" for each in range(count)) + (
        " { display: block; }\n"
    )
