"""The blocks of a network as SVG: text stays text, light or dark as the reader is, nothing loaded from elsewhere."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from cnninspect.draw.volumes import Blocks, Caption, Kernel, Volume
from cnninspect.formats import words

_STYLE: Final = """
svg { color-scheme: light dark; }
rect.page { fill: #ffffff; }
text { font: 12px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; text-anchor: middle; fill: #1f2328; }
.shape { font-weight: bold; } .step, .legend { fill: #59636e; } .legend { text-anchor: start; }
path { stroke: #1f2328; stroke-width: .6; stroke-linejoin: round; }
.input path { fill: #c8cdd3; } .input .top { fill: #e1e4e8; } .input .side { fill: #d5d9de; }
.product path { fill: #f0c674; } .product .top { fill: #f8deab; } .product .side { fill: #e5b75c; }
.other path { fill: #d9705f; } .other .top { fill: #eba99e; } .other .side { fill: #c75f4f; }
path.kernel { fill: #4c72b0; fill-opacity: .45; } path.ray { fill: none; stroke: #4c72b0; }
path.skip { fill: none; stroke: #55a868; stroke-width: 1.4; }
@media (prefers-color-scheme: dark) {
rect.page { fill: #0d1117; } text { fill: #e6edf3; } .step, .legend { fill: #9198a1; } path { stroke: #c9d1d9; }
.input path { fill: #484f58; } .input .top { fill: #5f6770; } .input .side { fill: #3b4149; }
.product path { fill: #9a6700; } .product .top { fill: #bb8414; } .product .side { fill: #7d5300; }
.other path { fill: #a5403a; } .other .top { fill: #c45c54; } .other .side { fill: #86322d; }
path.kernel { fill: #79a6ff; } path.ray { stroke: #79a6ff; } path.skip { stroke: #4ac26b; }
}
"""


def render(blocks: Blocks, title: str) -> str:
    """The picture as a whole document.

    Args:
        blocks: Where everything stands.
        title: What it is of.
    """
    parts = [
        *(_skip(*each) for each in blocks.skips),
        *(_volume(each) for each in blocks.volumes),
        *(_kernel(each) for each in blocks.kernels),
        *(line for each in blocks.captions for line in _caption(each)),
        *_legend(blocks),
    ]
    name = escape(words.harmless(words.safe(title)))
    size = (
        f'width="{_n(blocks.width)}" height="{_n(blocks.height)}" viewBox="0 0 {_n(blocks.width)} {_n(blocks.height)}"'
    )
    return words.in_xml(
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="name" {size}>\n'
        f'<title id="name">{name}</title>\n<style>{_STYLE}</style>\n'
        '<rect class="page" width="100%" height="100%"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def _path(points: Sequence[tuple[float, float]], kind: str = "") -> str:
    line = "L".join(f"{_n(x)},{_n(y)}" for x, y in points)
    return f'<path{f" class={chr(34)}{kind}{chr(34)}" if kind else ""} d="M{line}Z"/>'


def _volume(volume: Volume) -> str:
    x, y, right, low = volume.x, volume.y, volume.x + volume.width, volume.y + volume.height
    across, up = volume.across, volume.up
    front = _path([(x, y), (right, y), (right, low), (x, low)])
    top = _path([(x, y), (x + across, y - up), (right + across, y - up), (right, y)], "top")
    side = _path([(right, y), (right + across, y - up), (right + across, low - up), (right, low)], "side")
    about = escape(words.harmless(words.safe(volume.about)))
    return f'<g class="{volume.kind}"><title>{about}</title>{front}{top}{side}</g>'


def _kernel(kernel: Kernel) -> str:
    x, y = (_n(each) for each in kernel.to)
    rays = "".join(f"M{_n(a)},{_n(b)}L{x},{y}" for a, b in kernel.corners)
    return f'{_path(kernel.corners, "kernel")}<path class="ray" d="{rays}"/>'


def _skip(start: tuple[float, float], end: tuple[float, float]) -> str:
    """An arc above both, the higher the further it leads."""
    (x, y), (to, low) = start, end
    high = min(y, low) - min(30 + (to - x) / 12, 70)
    return f'<path class="skip" d="M{_n(x)},{_n(y)}C{_n(x)},{_n(high)} {_n(to)},{_n(high)} {_n(to)},{_n(low)}"/>'


def _caption(caption: Caption) -> Iterator[str]:
    for number, line in enumerate(caption.lines):
        kind = "step" if number else "shape"
        said = escape(words.harmless(words.safe(line)))
        yield f'<text class="{kind}" x="{_n(caption.x)}" y="{_n(caption.y + 16 * number)}">{said}</text>'


def _legend(blocks: Blocks) -> Iterator[str]:
    """What colours and lines mean; the pictures have it in their titles, too."""
    kinds = {each.kind for each in blocks.volumes}
    said = [("product", "convolution or product"), ("other", "pooling or reshaping")]
    shown = [each for each in said if each[0] in kinds] + ([("skip", "skip connection")] if blocks.skips else [])
    x, y = 20.0, blocks.height - 14
    for kind, text in shown:
        if kind == "skip":
            yield f'<path class="skip" d="M{_n(x)},{_n(y)}c0,-12 14,-12 14,0"/>'
        else:
            yield f'<g class="{kind}"><path d="M{_n(x)},{_n(y)}h12v-10h-12Z"/></g>'
        yield f'<text class="legend" x="{_n(x + 20)}" y="{_n(y)}">{text}</text>'
        x += 40 + 6.5 * len(text)
