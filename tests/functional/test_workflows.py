"""The repository's own workflows: pinned, without permissions that they don't need, on what pyproject.toml declares."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

import cnninspect

REPOSITORY = Path(__file__).parents[2]
PACKAGE = Path(cnninspect.__file__).parent
FOLDER = REPOSITORY / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yml"))
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))


def read(file: Path) -> Any:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", [*FILES, REPOSITORY / "examples" / "github-workflow.yml"], ids=lambda file: file.name)
def test_actions_are_pinned_by_hash_with_their_version_beside(file: Path) -> None:
    used = re.findall(r"uses: (.*)", file.read_text(encoding="utf-8"))
    others = [each for each in used if not each.startswith(("./", "OWNER/"))]
    assert others
    assert [each for each in others if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v[\d.]+", each)] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_job_has_the_permissions_that_it_needs(file: Path) -> None:
    """To read; and to publish, what trusted publishing takes (PyPI's documentation)."""
    workflow = read(file)
    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        wanted = {"id-token": "write"} if name == "publish" else {"contents": "read"}
        assert job["permissions"] == wanted
        assert job["timeout-minutes"] <= 60


def test_every_python_that_is_declared_is_tested() -> None:
    declared = [
        each.rpartition(" ")[2]
        for each in PROJECT["project"]["classifiers"]
        if each.startswith("Programming Language :: Python :: 3.")
    ]
    matrix = read(FOLDER / "tests.yml")["jobs"]["tests"]["strategy"]["matrix"]
    assert matrix["python"] == declared
    assert PROJECT["project"]["requires-python"] == f">={declared[0]}"


def test_what_ci_runs_is_what_a_person_runs() -> None:
    jobs = read(FOLDER / "tests.yml")["jobs"]
    recipes = {word for job in jobs.values() for step in job["steps"] for word in re.findall(r"poe (\w+)", str(step))}
    assert recipes == {"check", "lowest"}
    assert recipes <= PROJECT["tool"]["poe"]["tasks"].keys()


@pytest.mark.parametrize(
    "file", sorted((REPOSITORY / ".github" / "ISSUE_TEMPLATE").glob("[!c]*.yml")), ids=lambda file: file.name
)
def test_forms_are_what_github_reads(file: Path) -> None:
    """Its documentation: a name, a description and a body of elements, each with an id of its own and a label."""
    form = read(file)
    assert {"name", "description", "body"} <= form.keys()
    ids = [element["id"] for element in form["body"]]
    assert len(set(ids)) == len(ids)
    assert all(element["type"] in {"textarea", "input"} and element["attributes"]["label"] for element in form["body"])


def test_the_rooms_that_contributors_are_told_of_exist() -> None:
    text = (REPOSITORY / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`([\w/]+(?:\.py|/))`", text)
    assert len(named) >= 12
    assert [each for each in named if not (PACKAGE / each).exists()] == []
