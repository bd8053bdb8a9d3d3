"""What is compiled runs as it was written, and the compiler is imported by nobody who does not ask for it."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pytest
import torch
from torch import nn

from cnninspect.torch_internals import compiler


class Half(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.written = torch.compile(self.halved)

    def halved(self, x: float) -> float:
        return x / 2


def test_what_was_compiled_tells_what_it_was_compiled_from() -> None:
    module = Half()
    assert compiler.written_function(module.written) == module.halved
    assert compiler.written_function(module.halved) is None
    assert compiler.written_function(module) is None


def test_the_stance_comes_back() -> None:
    from torch._dynamo import eval_frame

    def stance() -> str:
        return eval_frame._stance.stance

    def fails() -> None:
        assert stance() == "force_eager"
        raise ValueError

    with torch.compiler.set_stance("eager_on_recompile"):
        assert compiler.uncompiled(stance) == "force_eager"
        with pytest.raises(ValueError, match=r"^$"):
            compiler.uncompiled(fails)
        assert stance() == "eager_on_recompile"


def test_the_stance_comes_back_from_several_threads() -> None:
    """The second to come leaves last: it may not put back what the first had set."""
    from torch._dynamo import eval_frame

    def stance() -> str:
        time.sleep(0.01)
        return eval_frame._stance.stance

    def overlapping(_: int) -> str:
        return compiler.uncompiled(stance)

    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(overlapping, range(8))) == {"force_eager"}
    assert eval_frame._stance.stance == "default"


_FIRST_TO_ASK: Final = """
import sys
import torch
from cnninspect.torch_internals.compiler import uncompiled
starts = []

def run():
    starts.append("torch._dynamo" in sys.modules)
    try:
        return torch.compile(lambda x: x @ x)(torch.ones(2, 2)).sum().item()
    except Exception:  # of no effect
        return None

before = list(sys.meta_path)
assert uncompiled(lambda: 3) == 3 and "torch._dynamo" not in sys.modules
assert uncompiled(run) == 8 and starts == [False, True]
assert sys.meta_path == before
from torch._dynamo.utils import counters
assert not counters["frames"]
"""


def test_shapes_need_no_compiler() -> None:
    """Linear layers and layer normalisations on meta are computed by functions that ask it to leave them alone."""
    code = (
        "import sys; from cnninspect import inspect_model; "
        "inspect_model('nn:Conv2d(3, 4, 3); Flatten(); LayerNorm(144); Linear(144, 7)', inputs='1x3x8x8', "
        "device='meta'); "
        "raise SystemExit('torch._dynamo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_what_was_spared_is_left_alone_by_a_compiler_that_comes_later() -> None:
    code = (
        "import torch; from cnninspect.torch_internals.compiler import spare_the_compiler; spare_the_compiler(); "
        "import torch._dynamo; from torch import _refs; "
        "assert _refs.mul(torch.ones(2), 3.0).tolist() == [3.0, 3.0]; "
        "assert torch.compile(lambda x: torch.rsqrt(x) * 2, backend='eager')(torch.ones(2)).tolist() == [2.0, 2.0]"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_run_that_is_the_first_to_ask_for_the_compiler_runs_again_without_compiling() -> None:
    subprocess.run([sys.executable, "-c", _FIRST_TO_ASK], check=True, timeout=300)
