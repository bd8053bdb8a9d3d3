"""A page with real tables, readable on light and dark backgrounds and by a screen reader; and the same as a fragment.

All of a page is in one file: nothing is loaded, and the page itself forbids that anything is. Its script sorts,
searches and opens; without it nothing is hidden that can't be opened.
"""

from cnninspect.formats.document import Document
from cnninspect.formats.html.templates import page_style, rendered
from cnninspect.formats.outline import Page


def render(document: Document | Page) -> str:
    """A whole page, UTF-8."""
    return rendered("page.html", document, page_style(document))


def fragment(document: Document) -> str:
    """The document alone, without a script, to stand in somebody else's page, where there is little room."""
    return rendered("fragment.html", document.without_extras())
