"""What is in front of a message, and what the error that has it keeps."""

import traceback

import pytest

from cnninspect.errors import CnnInspectError, ModelError, RequestError, named, naming
from cnninspect.forward_error import ForwardError
from tests.canned import REPORT


def fail() -> None:
    raise ForwardError("`0` Linear fails", hint="mend it", layer=("0", "Linear"), report=REPORT) from ValueError("why")


def test_a_named_error_keeps_what_it_carries() -> None:
    with pytest.raises(ForwardError) as caught:
        fail()
    error = caught.value
    again = named(error, "net.py:Net")
    assert again.message == "net.py:Net: `0` Linear fails"
    assert str(again) == "net.py:Net: `0` Linear fails\n  hint: mend it"
    assert (type(again), again.exit_code, again.hint, again.layer) == (ForwardError, 3, "mend it", ("0", "Linear"))
    assert again.report is error.report
    assert again.__cause__ is error.__cause__
    shown = "".join(traceback.format_exception(again))
    assert "ValueError: why" in shown
    assert "in fail\n" in shown, "where it came from"
    assert error.message == "`0` Linear fails", "the error itself stays"


def test_nothing_to_name() -> None:
    error = RequestError("unknown weights")
    assert named(error, "") is error


def test_what_is_said_is_not_said_again() -> None:
    error = RequestError("unknown weights for 'alexnet'")
    with pytest.raises(RequestError) as caught, naming("alexnet"):
        raise error
    assert caught.value is error
    assert named(error, "alexnet").message == "alexnet: unknown weights for 'alexnet'"


def test_all_that_is_raised_within_is_named() -> None:
    with pytest.raises(ModelError, match=r"^second: it is quantized(\n  hint: .*)?$") as caught, naming("second"):
        raise ModelError("it is quantized", hint="another")
    assert caught.value.hint == "another"
    with pytest.raises(ValueError, match=r"^not ours$"), naming("second"):
        raise ValueError("not ours")


def test_a_message_is_not_written_to() -> None:
    with pytest.raises(AttributeError):
        CnnInspectError("a").message = "b"  # type: ignore[misc]
