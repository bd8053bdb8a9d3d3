"""What of a notebook is run, and what is left out; whatever would run something else would fail here."""

import ast

import pytest

from cnninspect.loading.notebook import CodeCell
from cnninspect.loading.notebook_code import Selection, select


def _selected(*texts: str) -> Selection:
    return select(CodeCell(number, text, ast.parse(text)) for number, text in enumerate(texts, 1))


def _names(chosen: Selection) -> set[str]:
    assert chosen.names is not None
    return set(chosen.names)


@pytest.mark.parametrize(
    "text",
    [
        "import math, os.path as path",
        "from math import pi as name",
        "def name(): train()",
        "async def name(): train()",
        "@decorated(3)\nclass name(Base, metaclass=Meta): x = made()",
        "name = 3", "name = -3 * 2**8 // 7", "name = 'a' f'{2}'", "name: int = 3",
        "name = other = (1, [2, {3}], {4: 5})",
        "name = lambda x: train(x)",
        "a, b = 1, 2",
        "name = 3 if True else 4", "name = 1 < 2 and not None",
        "try:\n    import fast\nexcept ImportError:\n    fast = None",
        "if True:\n    name = 3\nelse:\n    name = 4",
        "if 1 > 2:\n    def name(): train()",
    ],
)  # fmt: skip
def test_what_is_run(text: str) -> None:
    chosen = _selected(text)
    assert chosen.left_out == ()
    assert [ast.unparse(part.tree) for part in chosen.parts] == [ast.unparse(ast.parse(text))]


@pytest.mark.parametrize(
    "text",
    [
        "train()", "name = torch.device('cpu')", "name = [x for x in range(3)]", "name = unknown", "name = [train()]",
        "for i in range(3):\n    pass", "while True:\n    pass", "with x:\n    name = 3", "torch.backends.fast = True",
        "if train():\n    name = 3", "if True:\n    train()", "try:\n    train()\nfinally:\n    pass", "assert False",
        "raise SystemExit", "name = (other := 3)", "unknown['a'] = 3", "name += 3", "del name", "await train()",
        "name = yes if train() else no", "name: int",
    ],
)  # fmt: skip
def test_what_is_left_out(text: str) -> None:
    chosen = _selected(text)
    assert [(each.cell, each.line, each.text) for each in chosen.left_out] == [(1, 1, text.split("\n", maxsplit=1)[0])]
    assert [part.tree.body for part in chosen.parts] == [[]]


def test_constants_of_what_is_known() -> None:
    text = "from torch import nn\nclass Net: pass\nw = 4\nlayer = nn.ReLU\nalias = Net\nsizes = {'a': w}\n"
    chosen = _selected(text, "sizes['b'] = w * 2\nw += 1\nonly = sizes['a'] + w")
    assert chosen.left_out == ()
    assert _names(chosen) == {"nn", "Net", "w", "layer", "alias", "sizes", "only"}
    assert set(chosen.defined) == _names(chosen) - {"nn"}


@pytest.mark.parametrize(
    "text",
    [
        "w = len('x')", "for w in range(3): pass", "w += len('x')", "if train():\n    w = 3", "w.append(3)",
        "w[0] = train()", "with open('x') as w: pass", "w, b = train()",
    ],
)  # fmt: skip
def test_a_value_that_something_left_out_changes_is_not_known(text: str) -> None:
    chosen = _selected("w = [1]\nv = 2", text)
    assert _names(chosen) == {"v"}
    assert [part.forgotten for part in chosen.parts if part.forgotten] == [{"w"}]
    assert _names(_selected("w = [1]\nv = 2", text, "w = [4]")) == {"v", "w"}


def test_reading_a_value_does_not_change_it() -> None:
    assert _names(_selected("w = [1]", "print(w[0], w.index(1), len(w))")) == {"w"}


def test_an_import_of_everything_may_give_any_name() -> None:
    assert _selected("from torch.nn import *").names is None


def test_text_in_a_cell_is_nothing() -> None:
    assert _selected("'''About the network.'''\n3").left_out == ()


def test_a_long_sum() -> None:
    """Deeper than Python's own stack is by default, 1,000 calls."""
    total = " + ".join("1" * 900)
    assert _names(_selected(f"x = {total}\ny = f({total})")) == {"x"}
