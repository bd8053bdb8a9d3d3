"""A result shows itself: ``print`` and ``str`` give its table, a notebook's cell too."""

import msgspec


class Shown(msgspec.Struct, frozen=True):
    """Base of the results that have a layout; ``repr`` says what is in it, as of any struct."""

    def __str__(self) -> str:
        """The table, as wide as it is."""
        from cnninspect.formats import Terminal, console, results  # the one look upwards

        return console.render(results.laid_out(self), Terminal()).removesuffix("\n")

    def _repr_html_(self) -> str:
        """The table, for a notebook."""
        from cnninspect.formats import html, results

        return html.fragment(results.laid_out(self))


class ShownPicture(msgspec.Struct, frozen=True):
    """Base of the results that are pictures; ``repr`` says what is in it, as of any struct."""

    def __str__(self) -> str:
        """In lines, as in a terminal."""
        from cnninspect.formats import draw

        return draw.text_of(self).removesuffix("\n")

    def svg(self) -> str:
        """The picture, a whole document."""
        from cnninspect.formats import draw

        return draw.svg_of(self)

    def _repr_svg_(self) -> str:
        """For a notebook."""
        return self.svg()
