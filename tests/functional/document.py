"""A document that shows commands: what a reader does who follows it from the top, and what it says comes of that.

In a fence ``sh`` each line is a command, run as it stands; ``# exit 1`` behind it is the code that it ends with, not 0.
``python`` is run, what stood above being known, unless its first line names a file (``# net.py``): then a reader writes
that file, as those in ``toml`` or ``yaml``. ``text`` is what the command above it prints, spaces apart, with ``…`` for
whatever else. ``console`` is not run: it needs a connection or a GPU.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.conftest import Cli, Result

_FENCE: Final = re.compile(r"^(?:<!-- (\w+) -->\n)?```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE: Final = re.compile(r"# ([\w./-]+\.(?:py|toml|yml|yaml))\n")
_EXIT: Final = re.compile(r"\s+# exit (\d+)$")
_PATH: Final = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


class Deed(NamedTuple):
    """What a reader does.

    Attributes:
        place: The line of the document at which it stands.
        kind: ``sh`` or ``python``; of a file that is written, its name.
        text: The command, the code, or what the file holds.
        code: The exit code of a command.
        shown: What the document says that it prints; ``None``: nothing.
    """

    place: int
    kind: str
    text: str
    code: int = 0
    shown: str | None = None


def marks(text: str) -> list[str]:
    """The marks in front of fences, by which CI finds the first two commands of a newcomer."""
    return [mark for mark, _, _ in _FENCE.findall(text) if mark]


def deeds(text: str) -> list[Deed]:
    """What a reader of a document does, in order.

    Args:
        text: Markdown.

    Raises:
        ValueError: Something is shown that no command above it prints, or a fence is of no known kind.
    """
    found: list[Deed] = []
    end = 0
    for fence in _FENCE.finditer(text):
        mark, kind, body = fence.groups()
        place = text.count("\n", 0, fence.start()) + 1
        if kind == "text":
            if not found or text[end : fence.start()].strip():
                raise ValueError(f"line {place}: nothing stands above it that would print this")
            found[-1] = found[-1]._replace(shown=body)
        elif not mark:
            found += _deeds_of(kind, body, place)
        end = fence.end()
    return found


def _deeds_of(kind: str, body: str, place: int) -> Iterator[Deed]:
    if kind == "sh":
        for line in body.replace("\\\n", "").splitlines():
            command, code = _EXIT.sub("", line), _EXIT.search(line)
            yield Deed(place, kind, command, int(code[1]) if code else 0)
    elif named := _FILE.match(body):
        yield Deed(place, named[1], body)
    elif kind == "python":
        yield Deed(place, kind, body)
    elif kind != "console":
        raise ValueError(f"line {place}: what is a reader to do with {kind}?")


def follow(text: str, cli: Cli, capsys: Any) -> None:
    """Do all that a document shows, in the working directory, and see that what comes of it is what it says.

    Args:
        text: Markdown.
        cli: Runs a command line in this process, where it needs no shell: another would import torch again.
        capsys: Of pytest.
    """
    known: dict[str, Any] = {}
    for deed in deeds(text):
        if "jq" in deed.text and shutil.which("jq") is None:
            continue
        result = _done(deed, known, cli, capsys)
        at = f"line {deed.place}: {deed.text}\n"
        assert result.code == deed.code, at + result.err
        assert lacking(deed.shown or "", result.out + result.err) == [], at + result.out + result.err


def _done(deed: Deed, known: dict[str, Any], cli: Cli, capsys: Any) -> Result:
    """What comes of a deed; ``known`` are the names that Python knows from above, and grows."""
    if deed.kind == "sh":
        words = _plain_words(deed.text)
        return cli(*words[1:]) if words else _in_a_shell(deed.text)
    if deed.kind == "python":
        exec(compile(deed.text, "document", "exec"), known)  # noqa: S102 - it is what is tried here
        return Result(0, *capsys.readouterr())
    Path(deed.kind).write_text(deed.text, encoding="utf-8")
    return Result(0, "", "")


def _plain_words(command: str) -> list[str]:
    """Those of a command that is cnninspect alone; empty if there is more to it."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words = list(lexer)
    is_plain = words[0] == "cnninspect" and not any(set(word) <= set(lexer.punctuation_chars) for word in words)
    return words if is_plain else []


def _in_a_shell(command: str) -> Result:
    found = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        env=os.environ | {"PATH": _PATH}, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    return Result(found.returncode, found.stdout, found.stderr)


def lacking(shown: str, printed: str) -> list[str]:
    """The first line that a document shows and that is not printed, with those behind it; empty if all are, in order.

    >>> lacking("a\\n…\\nc  d\\n", "a\\nb\\nc d\\n"), lacking("a\\nc d\\n", "a\\nb\\nc d\\n")
    ([], ['c d'])
    """
    wanted, lines = ([_inked(line) for line in text.strip().splitlines()] for text in (shown, printed))
    place, is_anywhere = 0, True
    for number, line in enumerate(wanted):
        if line == "…":
            is_anywhere = True
            continue
        if line not in (lines[place:] if is_anywhere else lines[place : place + 1]):
            return wanted[number:]
        place, is_anywhere = lines.index(line, place) + 1, False
    return []


def _inked(line: str) -> str:
    """A line without what its width changes."""
    return re.sub("─+", "─", " ".join(line.split()))
