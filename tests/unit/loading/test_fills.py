"""Random values made up for: they are torch's own, of a layer the same ones whether the others are filled or not."""

import copy

import torch
from torch import nn

from cnninspect.loading.fills import noted
from cnninspect.loading.initialisation import uninitialised


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.norm = nn.BatchNorm2d(8)
        self.head = nn.Linear(4, 4)


def test_what_was_skipped_is_filled_as_torch_fills_it() -> None:
    """A convolution's weights: uniform up to 1/√(3·3·3), by kaiming_uniform_ with a = √5 (torch.nn.Conv2d)."""
    with noted() as fills, uninitialised():
        module = Net()
    assert not module.conv.weight.any()
    fills.make_up(module, 0)
    bound = 1 / 27**0.5
    assert 0.9 * bound < module.conv.weight.abs().max() <= bound
    assert module.head.weight.any()
    assert torch.equal(module.norm.weight, torch.ones(8))  # a constant, which was never skipped


def test_a_part_has_the_same_values_alone() -> None:
    made = []
    for is_whole in (True, False):
        with noted() as fills, uninitialised():
            module = Net()
        fills.make_up(module if is_whole else module.head, 7)
        made.append(module)
    whole, part = made
    assert torch.equal(whole.head.weight, part.head.weight)
    assert not part.conv.weight.any()


def test_a_seed_decides_and_nothing_else_is_drawn() -> None:
    state = torch.get_rng_state()
    drawn = []
    for seed in (0, 0, 1):
        with noted() as fills, uninitialised():
            module = Net()
        fills.make_up(module, seed)
        drawn.append(module.conv.weight)
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])
    assert torch.equal(torch.get_rng_state(), state)


def test_nothing_is_noted_where_nobody_asks() -> None:
    with noted() as fills:
        pass
    with uninitialised():
        module = Net()
    fills.make_up(module, 0)
    assert not module.conv.weight.any()


def test_a_copy_has_the_values_of_what_it_was_copied_from() -> None:
    """``nn.TransformerEncoder`` copies the layer that it is given; copies of copies, and copies in a buffer, alike."""
    with noted() as fills, uninitialised():
        own = nn.Linear(300, 200)  # large enough for pages of its own
        first, second = copy.deepcopy(own), copy.deepcopy(copy.deepcopy(own))
        module = nn.Sequential(first, second, own)
        module.register_buffer("average", own.weight.detach().clone())
    fills.make_up(module, 0)
    assert own.weight.std() > 0.5 / 300**0.5  # uniform up to 1/√300, of which the deviation is 1/√900
    for each in (first.weight, second.weight, module.get_buffer("average")):
        assert torch.equal(each, own.weight)
    assert torch.equal(first.bias, own.bias)
    with noted() as fills, uninitialised():
        alone = copy.deepcopy(nn.Linear(300, 200))
    fills.make_up(alone, 0)
    assert torch.equal(alone.weight, own.weight)


def test_copies_that_are_filled_anew_differ() -> None:
    """``nn.Transformer`` draws every weight of its copies again by ``xavier_uniform_``: up to √(6/(8 + 16)) = 0.5."""
    with noted() as fills, uninitialised():
        module = nn.Transformer(8, 2, 2, 2, 16, batch_first=True)
    fills.make_up(module, 0)
    parts = dict(module.named_parameters())
    first, second = (parts[f"encoder.layers.{place}.linear1.weight"] for place in (0, 1))
    assert not torch.equal(first, second)
    assert 0.4 < max(first.abs().max(), second.abs().max()) <= 0.5
    assert not torch.equal(first, parts["decoder.layers.0.linear1.weight"])
    biases = [parts[f"encoder.layers.{place}.linear1.bias"] for place in (0, 1)]  # which it leaves alone
    assert torch.equal(*biases)
    assert biases[0].any()


def test_what_is_written_afterwards_stays() -> None:
    """The row of zeros for padding, a bias that is set to 0 or a constant, and what is loaded."""

    class Written(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words = nn.Embedding(5, 4, padding_idx=2)
            self.first, self.second, self.third = (nn.Linear(4, 4) for _ in range(3))
            nn.init.constant_(self.first.bias, 3.0)
            self.second.bias.data.zero_()
            with torch.no_grad():
                self.third.weight[1] = 7.0
                self.third.bias.copy_(torch.arange(4.0))

    with noted() as fills, uninitialised():
        module = Written()
    fills.make_up(module, 0)
    assert module.words.weight.any(1).tolist() == [True, True, False, True, True]
    assert module.first.bias.tolist() == [3.0] * 4
    assert not module.second.bias.any()
    assert (module.third.weight == 7).all(1).tolist() == [False, True, False, False]
    assert module.third.weight.any(1).all()
    assert module.third.bias.tolist() == [0, 1, 2, 3]


def test_a_state_dict_of_its_own_changes_nothing() -> None:
    """As torchvision's builders are led: the network loads what it holds."""
    with noted() as fills, uninitialised():
        module = Net()
        module.load_state_dict(module.state_dict())
    fills.make_up(module, 0)
    assert module.conv.weight.all()


def test_a_state_dict_of_another_network_is_what_it_would_have_been() -> None:
    """A teacher and its pupil, which loads the teacher's random weights."""
    with noted() as fills, uninitialised():
        teacher, pupil = Net(), Net()
        pupil.load_state_dict(teacher.state_dict())
    fills.make_up(pupil, 0)
    fills.make_up(teacher, 0)
    assert pupil.conv.weight.all()
    assert torch.equal(pupil.conv.weight, teacher.conv.weight)
