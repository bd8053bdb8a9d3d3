"""torchvision without torch's compiler is torchvision: each time in a process of its own, against the real import."""

import json
import subprocess
import sys
import textwrap

import pytest

REAL = "from cnninspect.loading.torchvision_import import import_torchvision; import torchvision"
DEFERRED = (
    "from cnninspect.loading.torchvision_import import import_torchvision; import_torchvision(); import torchvision"
)


def printed(code: str, *, start: str) -> list[str]:
    """The lines that ``code`` prints after ``start``, in a process of its own."""
    program = f"import builtins, json, sys, warnings\nwarnings.simplefilter('ignore')\n{start}\n{textwrap.dedent(code)}"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


def outcome(code: str, *, start: str) -> object:
    """The last line that ``code`` prints after ``start``, as JSON."""
    value: object = json.loads(printed(code, start=start)[-1])
    return value


#: What is asked of torchvision in both ways; each prints a line of JSON.
MODULES = """
    before = set(sys.modules)
    import torch._dynamo
    print(json.dumps([sorted(before), sorted(sys.modules)]))
"""
PREDICATE = """
    module = sys.modules["torchvision.ops.roi_align"]
    answers = [module.is_compile_supported(kind) for kind in ("cpu", "meta", "cpu")]
    from torch._dynamo.utils import is_compile_supported
    print(json.dumps([answers, module.is_compile_supported is is_compile_supported]))
"""
DETECTORS = """
    import torch
    torch.manual_seed(0)
    boxes = torch.tensor([[0.0, 1.0, 1.0, 9.0, 8.0]])
    maps = torch.rand(1, 3, 12, 12)
    pooled = torchvision.ops.roi_align(maps, boxes, (3, 3), sampling_ratio=2)
    scripted = torch.jit.script(torchvision.ops.RoIAlign((3, 3), 1.0, 2))(maps, boxes)
    make = torchvision.models.detection.fasterrcnn_mobilenet_v3_large_320_fpn
    detector = make(weights=None, weights_backbone=None).eval()
    with torch.no_grad():
        (found,) = detector([torch.rand(3, 96, 96)])
    print(json.dumps([pooled.tolist(), scripted.tolist(), {key: value.tolist() for key, value in found.items()}]))
"""
COMPILER = """
    import torch
    pool = torch.compile(torchvision.ops.RoIAlign((3, 3), 1.0, 2), backend="eager", fullgraph=True)
    boxes, maps = torch.tensor([[0.0, 1.0, 1.0, 9.0, 8.0]]), torch.arange(144.0).view(1, 1, 12, 12)
    print(json.dumps([pool(maps, boxes).tolist(), "torch._dynamo" in sys.modules]))
"""


@pytest.fixture(scope="module")
def real() -> dict[str, object]:
    """The answers of the real import, in one process: the compiler is in memory from its first line on."""
    questions = [MODULES, PREDICATE, DETECTORS, COMPILER]
    code = "\n".join(f"{textwrap.dedent(question)}\nprint()" for question in questions)
    lines = printed(code, start=REAL)
    answers = [lines[place - 1] for place, line in enumerate(lines) if not line]
    return dict(zip(questions, map(json.loads, answers), strict=True))


def test_nothing_else_is_left_out(real: dict[str, object]) -> None:
    expected, deferred = real[MODULES], outcome(MODULES, start=DEFERRED)
    assert isinstance(expected, list)
    assert isinstance(deferred, list)
    assert "torch._dynamo" in expected[0]
    assert "torch._dynamo" not in deferred[0]
    assert deferred[1] == expected[1]  # once the compiler is imported, too


def test_import_statements_are_as_before() -> None:
    code = "print(json.dumps([builtins.__import__ is before, repr(builtins.__import__)]))"
    assert outcome(code, start=f"before = builtins.__import__; {DEFERRED}") == [
        True,
        "<built-in function __import__>",
    ]


def test_import_statements_are_as_before_after_a_failure() -> None:
    code = """
        from cnninspect.loading.torchvision_import import import_torchvision
        before = builtins.__import__
        sys.modules["torchvision.transforms"] = None  # importing it raises an ImportError
        try:
            import_torchvision()
        except ImportError:
            print(json.dumps([builtins.__import__ is before, "torchvision" in sys.modules]))
    """
    assert outcome(code, start="") == [True, False]


def test_the_predicate_is_the_real_one_when_it_is_asked(real: dict[str, object]) -> None:
    assert outcome(PREDICATE, start=DEFERRED) == real[PREDICATE]


def test_detectors_give_the_same(real: dict[str, object]) -> None:
    assert outcome(DETECTORS, start=DEFERRED) == real[DETECTORS]


def test_the_compiler_works_afterwards(real: dict[str, object]) -> None:
    assert outcome(COMPILER, start=DEFERRED) == real[COMPILER]


def test_steps_aside_where_the_compiler_is_in_memory() -> None:
    code = """
        from torch._dynamo.utils import is_compile_supported
        print(json.dumps(sys.modules["torchvision.ops.roi_align"].is_compile_supported is is_compile_supported))
    """
    assert outcome(code, start=f"import torch._dynamo; {DEFERRED}") is True


def test_steps_aside_where_something_else_is_asked() -> None:
    """Only the first question is answered without the compiler; the others come to where it would be imported."""
    questions = [
        ("torchvision.ops.roi_align", "from torch._dynamo.utils import is_compile_supported"),
        ("torchvision.ops.roi_align", "from torch._dynamo.utils import is_compile_supported, counters"),
        ("torchvision.ops.roi_align", "import torch._dynamo.utils"),
        ("another.module", "from torch._dynamo.utils import is_compile_supported"),
    ]
    code = f"""
        import torch
        from cnninspect.loading import torchvision_import
        class Compiler:
            def find_spec(self, name, path=None, target=None):
                if name == "torch._dynamo":
                    raise ImportError("asked for")
        sys.meta_path.insert(0, Compiler())
        answers = []
        for asking, statement in {questions!r}:
            try:
                with torchvision_import._compiler_deferred():
                    exec(statement, {{"__name__": asking, "__builtins__": builtins}})
                answers.append("answered")
            except ImportError as error:
                answers.append(str(error))
        print(json.dumps(answers))
    """
    assert outcome(code, start="") == ["answered", "asked for", "asked for", "asked for"]


def test_many_threads_at_once() -> None:
    """In each, torchvision is whole when the import is done: it has what stands at the end of its ``__init__.py``."""
    code = """
        import threading
        from cnninspect.loading.torchvision_import import import_torchvision
        before, failed, whole = builtins.__import__, [], []
        def work():
            try:
                import_torchvision()
                whole.append(hasattr(sys.modules["torchvision"], "disable_beta_transforms_warning"))
                import torchvision.models
                torchvision.models.alexnet
            except Exception as error:
                failed.append(repr(error))
        threads = [threading.Thread(target=work) for _ in range(8)]
        [each.start() for each in threads]
        [each.join() for each in threads]
        print(json.dumps([builtins.__import__ is before, failed, whole]))
    """
    assert outcome(code, start="") == [True, [], [True] * 8]
