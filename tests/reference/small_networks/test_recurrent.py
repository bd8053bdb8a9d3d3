"""Recurrent networks: at each step, every weight matrix once; a bias and the gates' arithmetic count nothing."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from tests.reference.small_networks.exactness import Calls, assert_exact

STEPS = 2 * 7  # a batch of 2, 7 steps: 2x7x3 if the batch is first


@pytest.mark.parametrize("mode", ["eval", "train"])
@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize(("kind", "gates"), [(nn.LSTM, 4), (nn.GRU, 3), (nn.RNN, 1)])
def test_one_layer(kind: Callable[..., nn.Module], gates: int, batch_first: bool, mode: str) -> None:
    # from 3 to 5: for each gate 5·3 from the input, 5·5 from the state, and two biases
    weights, outputs = gates * (5 * 3 + 5 * 5), 2 * gates * 5
    module = kind(3, 5, batch_first=batch_first)
    shape = "2x7x3" if batch_first else "7x2x3"
    assert_exact(module, shape, params=weights + outputs, macs=STEPS * weights, activations=STEPS * outputs, mode=mode)


@pytest.mark.parametrize(("kind", "gates"), [(nn.LSTM, 4), (nn.GRU, 3), (nn.RNN, 1)])
def test_several_layers_both_directions_no_bias(kind: Callable[..., nn.Module], gates: int) -> None:
    # the second layer reads both directions of the first, 2·5 features
    first, second = gates * (5 * 3 + 5 * 5), gates * (5 * 10 + 5 * 5)
    weights, outputs = 2 * (first + second), 4 * 2 * gates * 5
    module = kind(3, 5, num_layers=2, bidirectional=True, bias=False, dropout=0.1)
    assert_exact(module, "7x2x3", params=weights, macs=STEPS * weights, activations=STEPS * outputs, mode="train")


def test_unbatched_and_with_a_state_of_its_own() -> None:
    weights = 4 * (5 * 3 + 5 * 5)
    module = Calls(lambda m, x: m.lstm(x, (x.new_zeros(1, 5), x.new_zeros(1, 5)))[0], lstm=nn.LSTM(3, 5, bias=False))
    assert_exact(module, "7x3", params=weights, macs=7 * weights, activations=7 * 40)


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
def test_projection() -> None:
    # a state of 5 projected to 2: the recurrence reads 2, and 2·5 more a step
    weights = 4 * (5 * 3 + 5 * 2) + 2 * 5
    module = nn.LSTM(3, 5, proj_size=2, bias=False)
    assert_exact(module, "7x2x3", params=weights, macs=STEPS * weights, activations=STEPS * (40 + 2))


def test_relu_cells() -> None:
    weights = 5 * 3 + 5 * 5
    module = nn.RNN(3, 5, nonlinearity="relu", bias=False)
    assert_exact(module, "7x2x3", params=weights, macs=STEPS * weights, activations=STEPS * 10)


class Packed(nn.Module):
    """Sequences of 7 and 4 steps: 11 steps of work, not 14."""

    def __init__(self, kind: Callable[..., nn.Module]) -> None:
        super().__init__()
        self.network = kind(3, 5, bias=False, bidirectional=True)

    def forward(self, x: Tensor) -> Tensor:
        packed = pack_padded_sequence(x, torch.tensor([7, 4], device="cpu"))
        padded: Tensor = pad_packed_sequence(self.network(packed)[0])[0]
        return padded


@pytest.mark.parametrize(("kind", "gates"), [(nn.LSTM, 4), (nn.GRU, 3), (nn.RNN, 1)])
def test_packed_sequence(kind: Callable[..., nn.Module], gates: int) -> None:
    weights = 2 * gates * (5 * 3 + 5 * 5)
    assert_exact(Packed(kind), "7x2x3", params=weights, macs=11 * weights, activations=11 * 2 * 2 * gates * 5)


@pytest.mark.parametrize(("kind", "gates"), [(nn.LSTMCell, 4), (nn.GRUCell, 3), (nn.RNNCell, 1)])
def test_cell_in_a_loop_that_discards_its_earlier_results(kind: Callable[..., nn.Module], gates: int) -> None:
    def forward(m: Any, x: Tensor) -> Any:
        state = None
        for step in x:
            state = m.cell(step, state)
        return state[0] if isinstance(state, tuple) else state

    weights, outputs = gates * (5 * 3 + 5 * 5), 2 * gates * 5
    report = assert_exact(
        Calls(forward, cell=kind(3, 5)), "7x2x3",
        params=weights + outputs, macs=STEPS * weights, activations=STEPS * outputs,
    )  # fmt: skip
    assert [(row.path, row.call, row.own_macs) for row in report.layers[1:]] == [
        ("cell", call, 2 * weights) for call in range(1, 8)
    ]
