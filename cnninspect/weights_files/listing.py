"""A file of weights on its own, as a report: of safetensors the header is read alone, without torch."""

from importlib.metadata import version
from platform import python_version
from typing import TYPE_CHECKING

from cnninspect.report import Report
from cnninspect.spec import WeightsFile
from cnninspect.weights_files import safetensors_header, state_files, stored_report
from cnninspect.weights_files.stored_report import StoredTensor

if TYPE_CHECKING:
    from torch import Tensor


def listed(file: WeightsFile) -> Report:
    """What is stored in ``file``: keys, shapes, dtypes and parameters.

    Raises:
        RequestError: It is missing, damaged, or no file of weights.
    """
    versions = {"python": python_version()}
    if state_files.check(file.text) == "safetensors":
        return stored_report.report(file.text, safetensors_header.read(file.text), versions)
    found = state_files.read(file.text)
    tensors = [_stored(key, tensor) for key, tensor in found.tensors.items()]
    left_out = f"; left out: {', '.join(found.left_out)}" if found.left_out else ""
    notes = [f"the state dict is the checkpoint's entry {found.entry!r}{left_out}"] if found.entry else []
    return stored_report.report(file.text, tensors, versions | {"torch": version("torch")}, notes)


def _stored(key: str, tensor: "Tensor") -> StoredTensor:
    return StoredTensor(
        key,
        tuple(tensor.shape),
        str(tensor.dtype).removeprefix("torch."),
        tensor.numel() * tensor.element_size(),
        _identity(tensor),
    )


def _identity(tensor: "Tensor") -> tuple[object, ...]:
    """Equal for tensors that show the same elements of the same storage in the same way."""
    import torch

    if tensor.layout != torch.strided or tensor.device.type == "meta":
        return (id(tensor),)  # no storage of its own to tell it by
    place = tensor.untyped_storage().data_ptr()
    return (place, tensor.storage_offset(), tuple(tensor.shape), tensor.stride(), tensor.dtype)
