"""Networks that are out of the ordinary: their memory is told right or said to be unknown, and they come back whole."""

import threading
from typing import Any

import msgspec
import pytest
import torch
from torch import Tensor, nn

from cnninspect import profile_model
from cnninspect.errors import ModelError, RequestError
from cnninspect.profile.profiled import Memory

#: Weight (4, 4) and bias (4,).
PARAMETERS = 4 * (16 + 4)


def memory_of(model: Any, inputs: Any = (6, 4), device: str = "cpu") -> tuple[Memory, tuple[str, ...]]:
    costs = profile_model(model, inputs=inputs, device=device, runs=1)
    return costs.batches[0].memory, costs.notes


class Holder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 4)


class OpaqueLayout(Holder):
    def forward(self, x: Tensor) -> Any:
        return self.layer(x).to_mkldnn().to_dense()


class Threaded(Holder):
    def forward(self, x: Tensor) -> Any:
        out: list[Tensor] = []
        thread = threading.Thread(target=lambda: out.append(self.layer(x)))
        thread.start()
        thread.join()
        return out[0]


@pytest.mark.parametrize(
    ("model", "says"),
    [(OpaqueLayout(), "aten::to_mkldnn can't be followed"), (Threaded(), "layers were called from other threads")],
)
def test_what_cannot_be_followed_is_unknown(model: nn.Module, says: str) -> None:
    memory, notes = memory_of(model)
    assert (memory.needed_inference, memory.needed_training) == (None, None)
    assert [note for note in notes if note.startswith("memory is unknown") and says in note]


class Nested(Holder):
    def forward(self, x: Tensor) -> Any:
        return self.layer(torch.nested.nested_tensor([x[0], x[1]])).to_padded_tensor(0)


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
def test_nested_tensors() -> None:
    """Two of them at once: 40 numbers of four bytes go in, come from the layer, and are padded."""
    memory, _ = memory_of(Nested(), (2, 5, 4))
    assert memory.inference_peak == 2 * 160


class _NoWayBack(torch.autograd.Function):
    @staticmethod
    def forward(_context: Any, x: Tensor) -> Tensor:
        return x * 2

    @staticmethod
    def backward(_context: Any, _gradient: Tensor) -> Tensor:
        raise ValueError("no way back")


class OneWay(Holder):
    def forward(self, x: Tensor) -> Any:
        return _NoWayBack.apply(self.layer(x))


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_a_backward_pass_that_raises_is_no_training_step(device: str) -> None:
    """Alive in the pass: 6×4 of the layer and 6×4 of the product, of four bytes."""
    memory, notes = memory_of(OneWay(), device=device)
    assert (memory.inference_peak, memory.needed_training) == (2 * 96, None)
    assert "a training step can't be: no way back" in notes


@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.filterwarnings("ignore:`torch.jit.script`")
def test_a_scripted_module_comes_back_as_it_was(device: str) -> None:
    """A step with Adam is the most: weights, input, gradients, two averages, two counts of 4 bytes, two temporaries.

    Those are of the weights' 64 bytes: ``(exp_avg_sq.sqrt() / bias_correction2_sqrt)`` in torch's
    ``_single_tensor_adam``.
    """
    module = torch.jit.script(nn.Sequential(nn.Linear(4, 4), nn.ReLU()))
    before = {name: value.clone() for name, value in module.state_dict().items()}
    memory, _ = memory_of(module, device=device)
    assert memory.needed_training == PARAMETERS + 96 + PARAMETERS + 2 * PARAMETERS + 2 * 4 + 2 * 64
    assert all(each.grad is None for each in module.parameters())
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())


def test_a_batch_is_run_on_a_gpu_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda **_: None)
    with pytest.raises(ModelError, match=r"--verify runs the batch that fits on a GPU, and the network is on cpu"):
        profile_model(nn.ReLU(), inputs=(1, 4), device="auto", fits="1MiB", verify=True)
    with pytest.raises(RequestError, match="goes with --device cuda"):
        profile_model(nn.ReLU(), inputs=(1, 4), fits="1MiB", verify=True)


class ChangedInPlace(Holder):
    def forward(self, x: Tensor) -> Any:
        return self.layer(x).sigmoid().add_(1)


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_a_step_that_torch_refuses_is_none(device: str) -> None:
    """Sigmoid keeps its result for the backward pass: "modified by an inplace operation", says torch."""
    memory, notes = memory_of(ChangedInPlace(), device=device)
    assert (memory.training_peak, memory.needed_training) == (None, None)
    assert [note for note in notes if "is changed in place before it" in note]


class Third(Holder):
    calls = 0

    def forward(self, x: Tensor) -> Any:
        self.calls += 1
        if self.calls > 2:
            raise ValueError("the third time")
        return self.layer(x)


def test_a_network_that_fails_when_it_runs_again() -> None:
    with pytest.raises(ModelError, match="fails when it runs again: the third time"):
        profile_model(Third(), inputs=(6, 4), runs=3)


def test_products_of_the_backward_pass_belong_to_the_layer_before_a_normalisation() -> None:
    """Of 8×8 places and 4×3·3·3 weights a product each for the weights alone: the image needs no gradient."""
    module = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4))
    costs = profile_model(module, inputs=(1, 3, 8, 8), device="meta")
    assert [(each.path, each.backward_macs) for each in costs.layers[1:]] == [("0", 8 * 8 * 4 * 27), ("1", 0)]


def test_sparse_gradients_have_their_indices_and_values() -> None:
    """Two rows of 4 numbers of four bytes, and two indices of eight; on meta nobody knows how many."""
    for device, gradients in (("cpu", 2 * 16 + 2 * 8), ("meta", None)):
        costs = profile_model("nn:Embedding(10, 4, sparse=True)", inputs="2:int64", device=device, optimizer="sgd",
                              runs=1)  # fmt: skip
        assert costs.batches[0].memory.gradients == gradients


def test_without_an_optimizer_the_gradients_are_alive_in_its_step() -> None:
    costs = profile_model(nn.Linear(4, 4), inputs=(6, 4), device="meta", optimizer="none")
    memory = costs.batches[0].memory
    assert memory.step_peak is not None
    assert memory.step_peak >= PARAMETERS


def test_memory_for_a_gpu_is_told_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A layer of 4 to 4 on 6 rows gives 96 bytes."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    costs = profile_model(nn.Linear(4, 4), inputs=(6, 4), device="meta", target="cuda")
    assert costs.batches[0].memory.inference_peak == 96
    assert costs.batches[0].memory.needed_training is None
    assert [note for note in costs.notes if "a training step on cuda is unknown" in note]


def test_what_takes_no_other_batch_has_its_table() -> None:
    costs = profile_model(nn.Sequential(nn.Unflatten(0, (1, 4))), inputs=(4, 8), device="meta", fits="1MiB")
    assert costs.batches[0].memory.inference_peak is not None
    assert costs.fits is not None
    assert costs.fits.batch is None


def test_operators_that_keep_something_else_on_meta_are_unknown_there() -> None:
    costs = profile_model("nn:EmbeddingBag(10, 4)", inputs="4x3:int64", device="meta")
    assert costs.batches[0].memory.needed_inference is None
    assert [note for note in costs.notes if "_embedding_bag" in note]


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_an_input_that_needs_a_gradient(device: str) -> None:
    """Depthwise, 8 channels of 8×8, 9 weights each: 4,608 forward, and as many for the input and for the weights."""
    given = torch.rand(1, 8, 8, 8, requires_grad=True)
    module = nn.Conv2d(8, 8, 3, padding=1, groups=8, bias=False)
    costs = profile_model(module, inputs=given, device=device, runs=1)
    assert (costs.layers[0].macs, costs.layers[0].backward_macs) == (4608, 9216)
    assert given.grad is None


class Offloaded(Holder):
    def forward(self, x: Tensor) -> Any:
        with torch.autograd.graph.save_on_cpu():
            return self.layer(x).sigmoid()


class Checkpointed(Holder):
    def forward(self, x: Tensor) -> Any:
        again = torch.utils.checkpoint.checkpoint(lambda x: self.layer(x).sigmoid(), x, use_reentrant=False)
        return self.layer(again)


def test_what_is_kept_in_another_way_is_unknown() -> None:
    memory, notes = memory_of(Offloaded())
    assert memory.saved is None
    assert memory.needed_training is not None
    assert "what is kept for backward is unknown: the network keeps it in a way of its own" in notes


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_of_a_checkpoint_nothing_is_kept(device: str) -> None:
    """But for what the layer behind it takes: 6·4 numbers of four bytes."""
    assert memory_of(Checkpointed(), device=device)[0].saved == 6 * 4 * 4


class Spectrum(Holder):
    def forward(self, x: Tensor) -> Any:
        return torch.fft.fft(self.layer(x))


def test_complex_outputs_have_no_loss() -> None:
    memory, notes = memory_of(Spectrum(), device="meta")
    assert memory.needed_training is None
    assert "a training step can't be: the outputs are complex: they have no loss" in notes


def test_what_cannot_be_followed_holds_what_it_holds() -> None:
    """Weights of 80 bytes, no buffers, 24 numbers of four bytes."""
    memory, _ = memory_of(Threaded())
    assert (memory.params, memory.buffers, memory.inputs) == (PARAMETERS, 0, 96)
    assert memory.needed_inference is None


class Counting(nn.Module):
    def forward(self, images: list[Tensor]) -> Tensor:
        return torch.stack([image.sum() for image in images])


def test_a_batch_is_the_number_of_images_in_a_list() -> None:
    costs = profile_model(Counting(), inputs=[(3, 8, 8), (3, 8, 8)], device="meta")
    assert [each.batch for each in costs.batches] == [2]


class Remembering(nn.Module):
    """Its buffer is another tensor after each pass."""

    def __init__(self) -> None:
        super().__init__()
        self.inner, self.outer = nn.Linear(64, 64), nn.Linear(64, 4096)
        self.register_buffer("mean", torch.zeros(1, 64))

    def forward(self, x: Tensor) -> Any:
        self.mean = self.inner(x).detach().mean(0, keepdim=True)
        return self.outer(x + self.mean).relu()


@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize("batch", [8, 16, 32, 64])
def test_what_stands_where_a_buffer_was_is_followed(device: str, batch: int) -> None:
    """The layer's result and the ReLU's, of 4,096 numbers an image each, and the new buffer of 64."""
    memory, _ = memory_of(Remembering(), (batch, 64), device)
    assert memory.inference_peak == 2 * batch * 4096 * 4 + 64 * 4


class Autocast(Holder):
    def forward(self, x: Tensor) -> Any:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return self.layer(x)


class Constant(Holder):
    def forward(self, x: Tensor) -> Any:
        return self.layer(x) @ torch.tensor([[1.0] * 4] * 4)


class HalfNormalised(nn.Sequential):
    def __init__(self) -> None:
        super().__init__(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4))
        self.bfloat16()


class AskingWhere(Holder):
    """Needs more on the CPU, as code does that goes another way on a GPU."""

    def forward(self, x: Tensor) -> Any:
        out = self.layer(x)
        return (out.exp(), out.sin()) if out.device.type == "cpu" and out.is_cpu and not out.is_meta else out


class MakingThere(Holder):
    """Makes and moves tensors to where it was told that others are."""

    def forward(self, x: Tensor) -> Any:
        device = next(self.parameters()).device
        return self.layer(x).to(device, torch.float32).exp() + torch.arange(4, device=device)


class MakingByName(Holder):
    def forward(self, x: Tensor) -> Any:
        return self.layer(x) + torch.zeros(6, 4, device=str(x.device)).exp()


class MakingByNameInTraining(MakingByName):
    def forward(self, x: Tensor) -> Any:
        return super().forward(x) if self.training else self.layer(x)


class FailingInTraining(Holder):
    """Torch logs what fakes fail in."""

    def forward(self, x: Tensor) -> Any:
        device = str(x.device)
        zeros = torch.zeros(6, 4, device=device)
        return (self.layer(x) + zeros).index_select(5, torch.tensor([0])) if self.training else self.layer(x)


@pytest.mark.parametrize(
    ("model", "inputs"),
    [
        (Autocast, (6, 4)),
        (Constant, (6, 4)),
        (HalfNormalised, "2x1x8x8:bfloat16"),
        (AskingWhere, (6, 4)),
        (MakingThere, (6, 4)),
        (MakingByName, (6, 4)),
        (MakingByNameInTraining, (6, 4)),
    ],
)
def test_on_meta_it_is_as_on_the_cpu(model: type[nn.Module], inputs: Any) -> None:
    """Where another dtype is asked for, numbers become a tensor, statistics are in two bytes, or a device is told."""
    real, told = (memory_of(model(), inputs, device)[0] for device in ("cpu", "meta"))
    assert told == msgspec.structs.replace(real, workspace=None, training_workspace=None)
    assert told.saved is not None


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_who_asks_where_a_tensor_is_is_told_the_cpu(device: str) -> None:
    """At inference three maps of 6 x 4 numbers, four bytes each; exp keeps its result, sin its argument."""
    memory, _ = memory_of(AskingWhere(), (6, 4), device)
    assert (memory.inference_peak, memory.saved) == (3 * 96, 2 * 96)


def test_what_fakes_fail_in_is_told_in_our_words_alone(caplog: pytest.LogCaptureFixture) -> None:
    _, notes = memory_of(FailingInTraining(), (6, 4), "meta")
    assert [note for note in notes if note.startswith("a training step can't be: ")]
    assert caplog.text == ""


class Resizing(Holder):
    """Leaves its input smaller than it was given, when it is trained."""

    def forward(self, x: Tensor) -> Any:
        out = self.layer(x.clone())
        if self.training:
            x.resize_(x.shape[0], 2)
        return out


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_each_run_is_given_what_was_asked_for(device: str) -> None:
    """A copy of the input and the layer's result, 6 x 4 numbers of four bytes each; the copy is kept."""
    model = Resizing()
    costs = profile_model(model, inputs=(6, 4), device=device, runs=1)
    (batch,) = costs.batches
    assert (batch.memory.inference_peak, batch.memory.saved) == (192, 96)
    assert (batch.time is None) == (device == "meta")


def test_what_a_run_changes_of_an_input_is_put_back() -> None:
    given = torch.ones(6, 4)
    profile_model(Resizing(), inputs=[given], runs=1)
    assert torch.equal(given, torch.ones(6, 4))


def test_statistics_in_two_bytes() -> None:
    """Kept are the map of 4·6·6 numbers an image and 4 means and deviations, two bytes each."""
    memory, _ = memory_of(HalfNormalised(), "2x1x8x8:bfloat16")
    assert memory.saved == 2 * (2 * 4 * 6 * 6 + 4 + 4)


class Table(Holder):
    def __init__(self) -> None:
        super().__init__()
        self.table = torch.ones(4, 4)

    def forward(self, x: Tensor) -> Any:
        return self.layer(x) @ self.table


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_tensors_that_are_no_buffers_are_told_of(device: str) -> None:
    """16 numbers of four bytes."""
    _, notes = memory_of(Table(), device=device)
    assert "64 bytes of tensors that are neither parameters, buffers nor inputs were there: in no figure" in notes
    _, notes = memory_of(nn.Linear(4, 4), device=device)
    assert not [note for note in notes if "in no figure" in note]


def test_a_fused_path_is_told_of() -> None:
    _, notes = memory_of(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), (1, 3, 8))
    assert [note for note in notes if "the fused path that torch takes alone needs less" in note]


@pytest.mark.filterwarnings("ignore")
def test_packed_weights_are_parameters() -> None:
    """Of a quantized layer of 64 to 32 one byte a weight, and a bias of four bytes each."""
    torch.backends.quantized.engine = "fbgemm"
    module = torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Linear(64, 32)), {nn.Linear})  # type: ignore[no-untyped-call]
    memory, _ = memory_of(module, (4, 64))
    assert memory.params == 64 * 32 + 32 * 4
