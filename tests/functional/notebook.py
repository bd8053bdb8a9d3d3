"""The course notebooks, executed: ``python -m tests.functional.notebook`` stores what their cells show anew.

The network is out of reach for them, so that they show the same everywhere.
"""

import os
import re
import sys
import tempfile
from html import unescape
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = [Path(__file__).parents[2] / "examples" / f"{name}.ipynb" for name in ("course", "curso")]
_NOBODY = "http://127.0.0.1:9"  # the discard port
_SECONDS = 600  # for one cell


def stored(file: Path) -> Any:
    """A notebook as it lies there."""
    return nbformat.read(file, as_version=4)  # type: ignore[no-untyped-call] # nbformat has types in part


def executed(file: Path, folder: Path) -> Any:
    """A notebook after every cell has been run by a kernel, in ``folder``.

    Raises:
        nbclient.exceptions.CellExecutionError: A cell raises.
    """
    notebook = stored(file)
    plain = {"COLUMNS": "100", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8", "TORCH_HOME": str(folder / "torch"),
             "https_proxy": _NOBODY, "no_proxy": ""}  # fmt: skip
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
    for output in _shown(cell):
        shown = output.get("data", {})
        text = shown.get("text/html") or shown.get("text/plain") or output.get("text", "")
        parts.append(
            re.sub(r"<style>.*?</style>|<[^>]+>", " ", text, flags=re.DOTALL) if "text/html" in shown else text
        )
    return " ".join(unescape(" ".join(parts)).split())


def _shown(cell: Any) -> list[Any]:
    """What a cell shows but for progress, which differs from run to run."""
    return [output for output in cell.get("outputs", []) if output.get("name") != "stderr"]


def _tidied(notebook: Any) -> Any:
    """Without what differs from run to run: times, counts, and the text of what is shown as a table."""
    for cell in notebook.cells:
        cell.metadata = {}
        if cell.cell_type == "code":
            cell.outputs = _shown(cell)
        for output in cell.get("outputs", []):
            if "text/html" in output.get("data", {}):
                output.data = {"text/html": output.data["text/html"]}
    notebook.metadata.language_info = {"name": "python"}
    return notebook


if __name__ == "__main__":
    for each in NOTEBOOKS:
        with tempfile.TemporaryDirectory() as empty:
            nbformat.write(_tidied(executed(each, Path(empty))), each)  # type: ignore[no-untyped-call] # likewise
