"""A document as text: one file a format."""

from importlib import import_module

from cnninspect.formats import TABLES
from cnninspect.formats.document import Document
from cnninspect.formats.interface import View


def render(document: Document, format_name: str, view: View) -> str:
    """``document`` in one of ``TABLES``, with a newline at its end."""
    text: str = import_module(f"cnninspect.formats.{TABLES[format_name]}").render(document, view)
    return text
