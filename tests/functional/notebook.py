"""The course notebook, executed: ``python -m tests.functional.notebook`` stores what its cells show anew."""

import os
import re
import sys
from html import unescape
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[2] / "examples" / "course.ipynb"
_SECONDS = 600  # for one cell


def stored() -> Any:
    """The notebook as it lies there."""
    return nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call] # nbformat has types in part


def executed(folder: Path) -> Any:
    """The notebook after every cell has been run by a kernel, in ``folder``.

    Raises:
        nbclient.exceptions.CellExecutionError: A cell raises.
    """
    notebook = stored()
    plain = {"COLUMNS": "100", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    client = NotebookClient(
        notebook,
        timeout=_SECONDS,
        kernel_name="python3",
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute(env=os.environ | plain | {"PATH": path})
    return notebook


def words(cell: Any) -> str:
    """What a cell shows, without the marks of its format and with single spaces."""
    parts = []
    for output in cell.get("outputs", []):
        shown = output.get("data", {})
        text = shown.get("text/html") or shown.get("text/plain") or output.get("text", "")
        parts.append(
            re.sub(r"<style>.*?</style>|<[^>]+>", " ", text, flags=re.DOTALL) if "text/html" in shown else text
        )
    return " ".join(unescape(" ".join(parts)).split())


def _tidied(notebook: Any) -> Any:
    """Without what differs from run to run: times, counts, and the text of what is shown as a table."""
    for cell in notebook.cells:
        cell.metadata = {}
        for output in cell.get("outputs", []):
            if "text/html" in output.get("data", {}):
                output.data = {"text/html": output.data["text/html"]}
    notebook.metadata.language_info = {"name": "python"}
    return notebook


if __name__ == "__main__":
    nbformat.write(_tidied(executed(NOTEBOOK.parent)), NOTEBOOK)  # type: ignore[no-untyped-call] # likewise
