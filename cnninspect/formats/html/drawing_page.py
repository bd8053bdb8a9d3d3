"""A page with a picture that is zoomed, panned and asked about. Nothing is loaded from elsewhere."""

import re
from typing import Final

from markupsafe import Markup

from cnninspect.formats.html.templates import environment, file_text, hash_of

_HINT: Final = "Click a row for its figures; + and - zoom, f shows all of it, 0 is 100 %."


def rendered(svg: str, title: str) -> str:
    """The page.

    Args:
        svg: The picture, a whole document of our own making, with its style in it.
        title: Of the page.
    """
    style, script = file_text("drawing.css"), file_text("drawing.js")
    inside = "".join(re.findall(r"<style>(.*?)</style>", svg, re.DOTALL)[:1])
    policy = f"default-src 'none'; style-src '{hash_of(style)}' '{hash_of(inside)}'; script-src '{hash_of(script)}'"
    page = environment().get_template("drawing.html")
    return page.render(
        title=title, policy=f"{policy}; base-uri 'none'; form-action 'none'", hint=_HINT,
        style=Markup(style), script=Markup(script), picture=Markup(svg),  # noqa: S704 - our own
    ) + "\n"  # fmt: skip
