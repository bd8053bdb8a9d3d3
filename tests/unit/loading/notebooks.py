"""Notebooks, as Jupyter saves them."""

import json
from pathlib import Path


def notebook(file: Path, *cells: str) -> Path:
    """Write one with these code cells, and a text before them.

    >>> import tempfile
    >>> notebook(Path(tempfile.mkdtemp()) / "a.ipynb", "x = 3").name
    'a.ipynb'
    """
    code = [
        {"cell_type": "code", "metadata": {}, "execution_count": 1,
         "outputs": [{"output_type": "stream", "text": ["x"]}], "source": cell.splitlines(keepends=True)}
        for cell in cells
    ]  # fmt: skip
    text = {"cell_type": "markdown", "metadata": {}, "source": ["# My network"]}
    metadata = {"language_info": {"name": "python"}, "kernelspec": {"name": "python3", "display_name": "Python 3"}}
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": [text, *code]}
    file.write_text(json.dumps(content), encoding="utf-8")
    return file
