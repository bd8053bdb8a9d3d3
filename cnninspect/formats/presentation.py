"""What a command has to show, and the one function that writes it in any format."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple, assert_never

import msgspec

from cnninspect import json_text
from cnninspect.formats import Format, Terminal, records
from cnninspect.formats.document import Document
from cnninspect.formats.records import Records


class Presentation(NamedTuple):
    """What there is to show, each part of it made only for a format that shows it.

    Attributes:
        data: For JSON.
        records: For CSV.
        document: For the formats that people read.
        own: What writes the formats that this command alone has.
    """

    data: Callable[[], msgspec.Struct]
    records: Callable[[], Records]
    document: Callable[[], Document]
    own: Mapping[Format, Callable[[], str]] = MappingProxyType({})


def written(shown: Presentation, form: Format, terminal: Terminal) -> str:
    """What is shown as text, with a newline at its end; only the module of the format that is asked for is imported.

    Args:
        shown: What there is to show.
        form: One that its command has.
        terminal: What a table is to fit.
    """
    match form:
        case Format.table:
            from cnninspect.formats import console

            return console.render(shown.document(), terminal)
        case Format.json:
            return json_text.to_json(shown.data())
        case Format.csv:
            return records.render(shown.records())
        case Format.markdown:
            from cnninspect.formats import markdown

            return markdown.render(shown.document())
        case Format.html:
            from cnninspect.formats import html

            return html.render(shown.document())
        case Format.svg:
            from cnninspect.formats import svg

            return svg.render(shown.document())
        case Format.latex:
            from cnninspect.formats import latex

            return latex.render(shown.document())
        case Format.junit | Format.github | Format.torchinfo:
            return shown.own[form]()
        case _:
            assert_never(form)
