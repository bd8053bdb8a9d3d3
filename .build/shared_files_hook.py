"""What hatch does beside packing: it puts man pages and completion scripts into the wheel, under ``share``."""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class SharedFilesHook(BuildHookInterface[Any]):
    """Makes them from the command line that is being packed, which needs no more than typer and msgspec."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the files, and tell the wheel of them, also that of an editable installation."""
        del version
        sys.path.insert(0, self.root)
        try:
            from cnninspect.cli.shared_files import shared_files

            texts = shared_files()
        finally:
            sys.path.remove(self.root)
        self._folder = Path(tempfile.mkdtemp())
        for place, text in texts.items():
            file = self._folder / place
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
            build_data["shared_data"][str(file)] = place

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """They are in the wheel now."""
        del version, build_data, artifact_path
        shutil.rmtree(self._folder)
