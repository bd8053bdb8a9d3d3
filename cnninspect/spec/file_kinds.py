"""Kinds of files by the endings of their names: weights, which are read, and kinds that other programs write."""

import os
import re
from pathlib import Path
from typing import Final, NamedTuple

from cnninspect.errors import RequestError

#: How the lines of a sweep end.
SWEPT_ENDING: Final = ".jsonl"
#: How notebooks end, and all files of the user's code.
NOTEBOOK_ENDING: Final = ".ipynb"
CODE_ENDINGS: Final = (".py", NOTEBOOK_ENDING)
#: How files of weights end.
WEIGHTS_ENDINGS: Final = (".pth", ".pt", ".bin", ".ckpt", ".tar", ".th", ".pkl", ".safetensors")
#: How the index of a state dict in shards ends: ``model.safetensors.index.json``, ``….index.fp16.json``.
_INDEX: Final = r"\.(?:safetensors|bin)\.index(?:\.\w+)?\.json"
_IS_INDEX: Final = re.compile(rf".*{_INDEX}", re.IGNORECASE | re.DOTALL)
_IS_WEIGHTS: Final = re.compile(
    rf".*(?:{'|'.join(map(re.escape, WEIGHTS_ENDINGS))}|{_INDEX})(?:#.*)?", re.IGNORECASE | re.DOTALL
)


class _Kind(NamedTuple):
    what: str
    hint: str


_CODE: Final = "name the PyTorch code that it was made from, path/to/net.py:Net, or a program of torch.export.save"
_STATE: Final = "save its tensors under the names of a PyTorch network, with torch.save or safetensors"
_SCRIPT: Final = "torch.save(torch.jit.load(FILE).state_dict(), NEW_FILE) saves its weights"
_FOREIGN: Final = {
    ".onnx": _Kind("an ONNX network", _CODE),
    ".gguf": _Kind("a GGUF file", "name the safetensors files that it was converted from"),
    ".ggml": _Kind("a GGML file", "name the safetensors files that it was converted from"),
    ".h5": _Kind("an HDF5 file, as Keras writes them", _STATE),
    ".hdf5": _Kind("an HDF5 file, as Keras writes them", _STATE),
    ".keras": _Kind("a Keras network", _CODE),
    ".tflite": _Kind("a TensorFlow Lite network", _CODE),
    ".pb": _Kind("a TensorFlow graph", _CODE),
    ".mlmodel": _Kind("a Core ML network", _CODE),
    ".mlpackage": _Kind("a Core ML network", _CODE),
    ".engine": _Kind("a TensorRT engine", _CODE),
    ".plan": _Kind("a TensorRT engine", _CODE),
    ".trt": _Kind("a TensorRT engine", _CODE),
    ".pte": _Kind("an ExecuTorch program", _CODE),
    ".ptl": _Kind("a TorchScript program for mobile devices", _SCRIPT),
    ".torchscript": _Kind("a TorchScript program", _SCRIPT),
    ".mar": _Kind("a TorchServe archive", "unpack it: the weights are a file in it"),
    ".pdparams": _Kind("a file of PaddlePaddle weights", _STATE),
    ".pdmodel": _Kind("a PaddlePaddle network", _CODE),
    ".caffemodel": _Kind("a Caffe network", _CODE),
    ".prototxt": _Kind("a Caffe network's text", _CODE),
    ".msgpack": _Kind("a file of Flax weights", _STATE),
    ".npz": _Kind("a file of NumPy arrays", _STATE),
    ".npy": _Kind("a NumPy array", _STATE),
    ".joblib": _Kind("a joblib pickle", _STATE),
}


def is_index(name: str) -> bool:
    """Is it called as the index of a state dict in shards?"""
    return _IS_INDEX.fullmatch(name) is not None


def exists(name: str, *, as_folder: bool = False) -> bool:
    """Is there such a file (or folder)? What can't be a name of one is none."""
    path = Path(name)
    try:
        return path.is_dir() if as_folder else path.is_file()
    except (OSError, ValueError):  # too long, or with a NUL in it
        return False


def indices(folder: str) -> list[str]:
    """The indices of weights in a folder."""
    try:
        return sorted(str(each) for each in Path(folder).iterdir() if is_index(each.name))
    except OSError:
        return []


def is_folder_of_weights(text: str) -> bool:
    """Does it spell a folder, with ``#KEY`` behind it or without? A bare word does if there is an index in it."""
    folders = [each for each in (text, text.partition("#")[0]) if exists(each, as_folder=True)]
    return any(os.sep in each or indices(each) for each in folders)


def is_weights(text: str) -> bool:
    """Does it spell a file of weights, whole or by its index, with ``#KEY`` behind it or without?

    >>> is_weights("a.pth#generator"), is_weights("model.safetensors.index.json"), is_weights("report.json")
    (True, True, False)
    """
    return _IS_WEIGHTS.fullmatch(text) is not None


def foreign(name: str) -> RequestError | None:
    """The error for a file of a kind that is not read; ``None`` if its name does not tell.

    >>> foreign("net.onnx").message
    "by its name, 'net.onnx' is an ONNX network: files of this kind are not read"
    """
    kind = next((kind for ending, kind in _FOREIGN.items() if name.lower().endswith(ending)), None)
    if kind is None:
        return None
    return RequestError(f"by its name, {name!r} is {kind.what}: files of this kind are not read", hint=kind.hint)
