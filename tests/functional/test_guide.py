"""The guide: what its pages show is what happens, where they lead is there, and no option is left out or made up."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

import cnninspect
from cnninspect.cli.command_tree import walked
from cnninspect.cli.exit_codes import EXIT_CODES
from tests.conftest import Cli
from tests.functional import json_page
from tests.functional.document import follow

GUIDE: Final = Path(__file__).parents[2] / "examples" / "guide"
REPOSITORY: Final = GUIDE.parents[1]
PACKAGE: Final = Path(cnninspect.__file__).parent
PAGES: Final = {file.stem: file.read_text(encoding="utf-8") for file in sorted(GUIDE.glob("*.md"))}
#: The page of a command, if it is not the one with its name.
HOMES: Final = {"apply": "explain", "models": "compare", "verify": "compare", "cache": "options", "schema": "json"}
#: In a page of what all commands take; its options need not be told again on the page of each.
COMMON: Final = "options", "models"
#: Of other programs, and the example of one that is misspelt.
ELSEWHERE: Final = {"--index-url", "--colums"}
WORD: Final = r"(?<![\w-])--[a-z][\w-]*"


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As a reader of several pages has it."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where a reader of one page is; modules that are written there are forgotten with it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_shows(
    page: str, cache: Path, cli: Cli, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNNINSPECT_CACHE", str(cache))
    follow(PAGES[page], cli, capsys)


def options(command: Any, context: Any) -> list[Any]:
    """Those of a command, without its arguments."""
    return [each for each in command.get_params(context) if each.param_type_name == "option"]


ALL: Final = {words: options(command, context) for words, command, context in walked()}
COUNTS: Final = {option.name: sum(option.name in {each.name for each in those} for those in ALL.values())
                 for those in ALL.values() for option in those}  # fmt: skip


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_option_is_mentioned(words: tuple[str, ...]) -> None:
    """On the page of its command; what most commands have, on those of all."""
    page = HOMES.get(words[1], words[1]) if len(words) > 1 else "README"
    assert page in PAGES, "no page tells of it"
    home = PAGES[page]
    common = "".join(PAGES[page] for page in COMMON)
    missing = []
    for option in ALL[words]:
        is_common = COUNTS[option.name] > len(ALL) / 3 or len(words) == 1
        text = home + common if is_common else home
        names = [*option.opts, *option.secondary_opts]
        missing += [name for name in names if not re.search(rf"(?<![\w-]){name}(?![\w-])", text)]
    assert missing == []


def test_no_option_is_made_up() -> None:
    known = {name for those in ALL.values() for option in those for name in (*option.opts, *option.secondary_opts)}
    assert {name for text in PAGES.values() for name in re.findall(WORD, text)} - known - ELSEWHERE == set()


def anchors(text: str) -> set[str]:
    """What the headings of a page can be linked by, as GitHub makes it."""
    titles = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("file", [*GUIDE.glob("*.md"), REPOSITORY / "README.md"], ids=lambda file: file.name)
def test_every_link_leads_somewhere(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    assert links
    for link in links:
        if not link.startswith("https://"):
            target, _, anchor = link.partition("#")
            place = (file.parent / target).resolve() if target else file
            if PACKAGE.name == place.relative_to(REPOSITORY).parts[0]:  # which may be installed elsewhere
                place = PACKAGE.parent / place.relative_to(REPOSITORY)
            assert place.exists(), link
            assert not anchor or anchor in anchors(place.read_text(encoding="utf-8")), link


def test_the_first_page_leads_to_every_other() -> None:
    assert {f"{page}.md" for page in PAGES if page != "README"} <= set(re.findall(r"\((\w+\.md)\)", PAGES["README"]))


def test_the_page_of_the_json_is_current() -> None:
    assert PAGES["json"] == json_page.page(), "python -m tests.functional.json_page writes it anew"


def test_the_exit_codes_are_those_of_the_program() -> None:
    rows = re.findall(r"^\| (\d+) \| (.*?) \|", PAGES["errors"], re.MULTILINE)
    assert {int(code): text.replace("`", "") for code, text in rows} == EXIT_CODES
