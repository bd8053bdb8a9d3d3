"""Whose fault an exception is: the model's, or that of cnninspect."""

import re
from types import FunctionType
from typing import Any, NoReturn

import pytest
from torch import Tensor, nn

from cnninspect import inspect_model
from cnninspect.capture import modules
from cnninspect.capture.modules import ModuleRecorder
from cnninspect.capture.operators import OperatorMode
from cnninspect.errors import ModelError


class Own(nn.Module):
    def forward(self, x: Tensor) -> NoReturn:
        raise ValueError(x)


class Deep(nn.Module):
    def forward(self, x: Tensor) -> Any:
        return self(x)


@pytest.mark.parametrize(
    ("module", "says"),
    [
        (Own(), "fails in its own code"),
        (nn.Linear(3, 4), "wants 3 features"),
        (Deep(), "the model itself (Deep) fails"),
    ],
)
def test_what_the_model_raises_is_its_own(module: nn.Module, says: str) -> None:
    with pytest.raises(ModelError, match=re.escape(says)):
        inspect_model(module, inputs=["1x4"])


@pytest.mark.parametrize(
    ("kind", "method"), [(OperatorMode, "__torch_dispatch__"), (OperatorMode, "beside"), (ModuleRecorder, "add")]
)
def test_what_we_raise_is_not_the_models(kind: type, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes out as it is, which the command line calls a fault of cnninspect."""

    def broken(*_args: Any, **_kwargs: Any) -> NoReturn:
        raise ZeroDivisionError

    code = broken.__code__.replace(co_filename=modules.__file__)
    monkeypatch.setattr(kind, method, FunctionType(code, {}))
    with pytest.raises(ZeroDivisionError):
        inspect_model(nn.Sequential(nn.Linear(4, 4), nn.Flatten()), inputs=["1x4"])
