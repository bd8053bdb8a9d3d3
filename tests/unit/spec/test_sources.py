"""Every source has what its row promises, in a file of its name."""

import inspect

import pytest
import torch

from cnninspect import loading
from cnninspect.errors import RequestError
from cnninspect.spec import sources
from cnninspect.spec.sources import Source


def protocol() -> list[str]:
    """What ``loading.Zoo`` asks of the file of a source."""
    return [name for each in (loading.Loader, loading.Zoo) for name in vars(each) if not name.startswith("_")]


@pytest.mark.parametrize("source", Source)
def test_every_source_has_its_file(source: Source) -> None:
    """As the protocol has it, which mypy can't see behind an import by name."""
    assert {"check", "build", "default_inputs", "names", "published"} <= {*protocol()}
    for name in protocol():
        ours = inspect.signature(getattr(loading.zoo(source), name)).parameters
        assert list(ours) == list(inspect.signature(getattr(loading.Zoo, name)).parameters)[1:], name  # without self


@pytest.mark.parametrize("source", Source)
def test_every_source_has_names_and_says_what_it_publishes(source: Source) -> None:
    if not sources.is_installed(source):
        pytest.skip(f"{sources.row(source).package} is not installed")
    names = loading.names(source)
    assert names
    task, weights = loading.zoo(source).published(names[0])
    assert (task is None) == (weights is None)


def test_packages_are_torch_and_those_of_the_rows() -> None:
    assert sources.PACKAGES[:3] == ("torch", "torchvision", "timm")
    assert {*sources.PACKAGES} == {"torch", *(sources.row(each).package for each in Source)} - {None}


def test_names_are_spelled_as_they_are_typed() -> None:
    names = loading.model_names()
    assert {"alexnet", "scratch:alexnet", "scratch:vgg16_bn"} <= {*names}
    assert not any(name.startswith("torchvision:") for name in names)
    assert not any(name.startswith("timm:") for name in loading.model_names(with_extras=False))


@pytest.mark.parametrize(
    ("source", "hint"),
    [(Source.timm, "pip install 'cnninspect[timm]'"), (Source.torchvision, "pip install torchvision")],
)
def test_not_installed(monkeypatch: pytest.MonkeyPatch, source: Source, hint: str) -> None:
    monkeypatch.setattr(sources, "find_spec", lambda _: None)
    assert sources.is_installed(Source.scratch)
    assert not sources.is_installed(source)
    with pytest.raises(RequestError, match=f"the source '{source}' needs {source}, which is not installed") as failed:
        loading.names(source)
    assert failed.value.hint == hint
    known = loading.model_names()
    assert "scratch:alexnet" in known
    assert not {"alexnet", "timm:resnet18"} & {*known}


def test_folder_of_a_package() -> None:
    assert sources.folder_of("no_such_package") is None
    folder = sources.folder_of("torch")
    assert folder is not None
    assert torch.__file__ == str(folder / "__init__.py")
