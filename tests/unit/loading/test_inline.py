"""The layers read from torch's source are those that torch itself gives."""

from cnninspect.loading.inline import layer_names


def test_layers() -> None:
    from torch import nn

    assert {"Conv2d", "LSTM", "Sequential"} <= set(layer_names())
    assert all(isinstance(getattr(nn, name), type) for name in layer_names())
