"""The colours and lines of a graph as SVG, light and dark: in a file as the reader's system is, in a page as the page.

A page has a class around its pictures, so that what holds for them is for nothing else there.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from cnninspect.draw.measures import SHADES


class _Look(NamedTuple):
    """How something is drawn: what is the same in both themes, and what has a colour in each."""

    plain: str = ""
    colors: Mapping[str, tuple[str, str]] = {}


_INK, _FAINT = ("1f2328", "e6edf3"), ("59636e", "9198a1")
_LOOKS: Final[Mapping[str, _Look]] = {
    ".page": _Look(colors={"fill": ("fff", "0d1117")}),
    "text": _Look('font: 12px system-ui, "Segoe UI", "DejaVu Sans", sans-serif;', {"fill": _INK}),
    ".b": _Look(colors={"fill": ("f6f8fa", "161b22"), "stroke": ("8c959f", "656d76")}),
    ".f": _Look("fill: none;", {"stroke": ("d0d7de", "30363d")}),
    ".t": _Look(colors={"fill": _FAINT}),
    ".e": _Look("text-anchor: end;", {"fill": _FAINT}),
    ".l": _Look("fill: none;", {"stroke": ("57606a", "9198a1")}),
    ".r": _Look("fill: none;", {"stroke": ("0969da", "4493f8")}),
    ".a": _Look(colors={"fill": ("57606a", "9198a1")}),
    ".h": _Look("stroke-width: 2.5;", {"stroke": ("cf222e", "f85149")}),
    ".m": _Look("font-weight: bold;"),
}
#: From nothing to the largest.
_SHADES: Final = (
    ("f6f8fa", "161b22"), ("fff6df", "251f14"), ("ffefc7", "302713"), ("ffe7ad", "3b2f12"), ("ffdf92", "463711"),
    ("ffd777", "514010"), ("ffce5c", "5c480f"), ("ffc440", "67500e"), ("ffba24", "72590d"),
)  # fmt: skip


def of_file(*, has_shades: bool) -> str:
    """The style of a picture on its own.

    Args:
        has_shades: Its boxes have colours that tell something.
    """
    light, dark = (
        " ".join(rule for selector, look in _looks(has_shades=has_shades) for rule in _rule(selector, look, theme))
        for theme in (0, 1)
    )
    return f"\nsvg {{ color-scheme: light dark; }}\n{light}\n@media (prefers-color-scheme: dark) {{ {dark} }}\n"


def of_page(around: str, *, has_shades: bool) -> str:
    """The style of pictures in a page.

    Args:
        around: A selector of what they are in.
        has_shades: Likewise.
    """
    lines = []
    for selector, look in _looks(has_shades=has_shades):
        colors = (f"{name}: light-dark(#{light}, #{dark});" for name, (light, dark) in look.colors.items())
        lines.append(f"{around} {selector} {{ {' '.join(filter(None, (look.plain, *colors)))} }}")
    return "\n".join([*lines, ""])


def _looks(*, has_shades: bool) -> Iterator[tuple[str, _Look]]:
    yield from _LOOKS.items()
    if has_shades:
        for tone, colors in enumerate(_SHADES[: SHADES + 1]):
            yield f".k{tone} rect", _Look(colors={"fill": colors})
            yield f".k{tone}.b", _Look(colors={"fill": colors})  # in the legend
        for words in (".t", ".e"):  # on colours, what is faint is too faint
            yield f"g[class^=k] {words}", _Look(colors={"fill": _INK})


def _rule(selector: str, look: _Look, theme: int) -> Iterator[str]:
    """One for light, with all that is the same in both; one for dark, if it is another."""
    colors = [f"{name}: #{both[theme]};" for name, both in look.colors.items()]
    said = [look.plain, *colors] if not theme else colors
    if said:
        yield f"{selector} {{ {' '.join(filter(None, said))} }}"
