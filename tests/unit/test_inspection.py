"""What is to be run, and what is no run."""

import pytest

from cnninspect import inspection, spec
from cnninspect.errors import RequestError
from cnninspect.spec.input_spec import InputSpec
from cnninspect.spec.run_options import Mode, RunOptions
from cnninspect.spec.sources import Source


def test_a_request_is_what_the_words_say() -> None:
    model = spec.ZooModel("alexnet", Source.scratch, "alexnet")
    request = inspection.requested(
        model, RunOptions(inputs=("x=1x3:long", "4"), device="meta", dtype="half", mode=Mode.train, seed=7)
    )
    inputs = InputSpec((1, 3), "x", "int64"), InputSpec((4,))
    assert request == spec.Request(model, inputs, "meta", "float16", "train", None, 7)


def test_a_request_that_its_source_does_not_know() -> None:
    with pytest.raises(RequestError, match="unknown model 'scratch:alexnt'"):
        inspection.requested(spec.parse_model("scratch:alexnt"), RunOptions())


@pytest.mark.parametrize("text", ["-", "report.json", "weights.pth"])
def test_a_file_alone_has_no_request(text: str) -> None:
    file = spec.parse_model(text)
    assert inspection.requested(file, RunOptions()) is file
    with pytest.raises(RequestError, match="there is nothing to run"):
        inspection.requested(file, RunOptions(seed=1))
