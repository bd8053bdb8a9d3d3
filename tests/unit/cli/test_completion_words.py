"""Pieces as bash hands them on, tried in bash 5.2, put together to words."""

import pytest

from cnninspect.cli.completion_words import joined


@pytest.mark.parametrize(
    ("pieces", "current", "words", "place", "kept"),
    [
        (["c", "summary", "scratch", ":", "v"], 4, ["c", "summary", "scratch:v"], 2, "scratch:"),
        (["c", "summary", "scratch", ":"], 3, ["c", "summary", "scratch:"], 2, "scratch:"),
        (["c", "summary", "scratch", ":", ""], 4, ["c", "summary", "scratch:", ""], 3, ""),  # a space after the colon
        (["c", "summary", "scratch:v"], 2, ["c", "summary", "scratch:v"], 2, ""),  # COMP_WORDBREAKS without the colon
        (["c", "summary", "'scratch:v"], 2, ["c", "summary", "'scratch:v"], 2, ""),  # in quotes bash breaks nothing
        (["c", "x", "a", ":", "b", "--device", "=", "cu"], 7, ["c", "x", "a:b", "--device=cu"], 3, "--device="),
        (["c", "x", "--device", "="], 3, ["c", "x", "--device="], 2, "--device="),
        (["c", "x", "a", ":", "b", ""], 5, ["c", "x", "a:b", ""], 3, ""),
        (["c", "compare", "scratch", ":", "v", "timm", ":", "r"], 4, ["c", "compare", "scratch:v", "timm:r"], 2,
         "scratch:"),
        (["c", "--baseline", "=", "scratch", ":", "v"], 5, ["c", "--baseline=scratch:v"], 1, "--baseline=scratch:"),
    ],
)  # fmt: skip
def test_joined(pieces: list[str], current: int, words: list[str], place: int, kept: str) -> None:
    assert joined(pieces, current) == (words, place, kept)
