import pytest
import torch


@pytest.fixture(scope="session", autouse=True)
def device() -> str:
    """The accelerator's name as ``--device`` takes it; without one, nothing here runs."""
    if not torch.accelerator.is_available():
        pytest.skip("there is no accelerator")
    found = torch.accelerator.current_accelerator()
    assert found is not None
    return found.type
