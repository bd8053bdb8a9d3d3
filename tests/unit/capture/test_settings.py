"""The settings of layers as plain data, whatever numbers and words their authors used."""

import enum
from typing import Any

import numpy as np
import pytest
from torch import nn

from cnninspect.capture.settings import settings_of


class Word(str, enum.Enum):  # noqa: UP042 - its str() is "Word.relu"
    relu = "relu"


class Size(enum.IntEnum):
    three = 3


class Loud(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "LOUD"


class Keeps(nn.Module):
    def __init__(self, kept: Any) -> None:
        super().__init__()
        self.kept = kept


@pytest.mark.parametrize(
    ("kept", "expected"),
    [
        (np.int64(3), 3), (np.float64(0.5), 0.5), (np.float32(0.5), 0.5), (np.bool_(True), True), (np.str_("a"), "a"),
        (Word.relu, "relu"), (Size.three, 3), (Loud("quiet"), "quiet"), ((np.int64(3), Size.three), [3, 3]),
    ],
)  # fmt: skip
def test_scalars_are_what_they_are_at_heart(kept: object, expected: object) -> None:
    found = settings_of(Keeps(kept))["kept"]
    assert found == expected
    assert type(found) is type(expected)


def test_a_convolution_of_numpy_widths_is_an_ordinary_one() -> None:
    width, kernel = np.array([8, 3])
    assert settings_of(nn.Conv2d(3, width, kernel)) == settings_of(nn.Conv2d(3, 8, 3))
