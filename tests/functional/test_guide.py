"""The guide: what its pages show is what happens, where they lead is there, and no option is left out or made up."""

import re
import shutil
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from cnninspect.cli.command_tree import walked
from cnninspect.cli.exit_codes import EXIT_CODES
from tests.conftest import Cli
from tests.functional import json_page
from tests.functional.document import Deed, deeds, done, lacking

GUIDE: Final = Path(__file__).parents[2] / "examples" / "guide"
REPOSITORY: Final = GUIDE.parents[1]
PAGES: Final = {file.stem: file.read_text(encoding="utf-8") for file in sorted(GUIDE.glob("*.md"))}
DEEDS: Final = [(page, deed) for page, text in PAGES.items() for deed in deeds(text)]
#: The page of a command, if it is not the one with its name.
HOMES: Final = {"apply": "explain", "models": "compare", "verify": "compare", "cache": "options", "schema": "json"}
#: In a page of what all commands take; its options need not be told again on the page of each.
COMMON: Final = "options", "models"
#: Of other programs, and the example of one that is misspelt.
ELSEWHERE: Final = {"--index-url", "--colums"}
WORD: Final = r"(?<![\w-])--[a-z][\w-]*"


class Session(NamedTuple):
    """Where a reader of a page is: a folder of its own, and what Python knows there."""

    folder: Path
    known: dict[str, Any]


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Session]:
    return {page: Session(tmp_path_factory.mktemp(page), {}) for page in PAGES}


@pytest.mark.parametrize(("page", "deed"), DEEDS, ids=[f"{page}.md:{deed.place}: {deed.text}" for page, deed in DEEDS])
def test_what_a_page_shows(
    page: str, deed: Deed, sessions: dict[str, Session], cli: Cli,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    if "jq" in deed.text and shutil.which("jq") is None:
        pytest.skip("the command needs jq")
    folder, known = sessions[page]
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("CNNINSPECT_CACHE", str(folder.parent / "guide_cache"))
    result = done(deed, known, cli, capsys)
    assert result.code == deed.code, result.err
    assert lacking(deed.shown or "", result.out + result.err) == []


def options(command: Any, context: Any) -> list[Any]:
    """Those of a command, without its arguments."""
    return [each for each in command.get_params(context) if each.param_type_name == "option"]


ALL: Final = {words: options(command, context) for words, command, context in walked()}
COUNTS: Final = {option.name: sum(option.name in {each.name for each in those} for those in ALL.values())
                 for those in ALL.values() for option in those}  # fmt: skip


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_option_is_mentioned(words: tuple[str, ...]) -> None:
    """On the page of its command; what most commands have, on those of all."""
    home = PAGES[HOMES.get(words[1], words[1])] if len(words) > 1 else ""
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
            assert place.exists(), link
            assert REPOSITORY in place.parents, link
            assert not anchor or anchor in anchors(place.read_text(encoding="utf-8")), link


def test_the_first_page_leads_to_every_other() -> None:
    assert {f"{page}.md" for page in PAGES if page != "README"} <= set(re.findall(r"\((\w+\.md)\)", PAGES["README"]))


def test_the_page_of_the_json_is_current() -> None:
    assert PAGES["json"] == json_page.page(), "python -m tests.functional.json_page writes it anew"


def test_the_exit_codes_are_those_of_the_program() -> None:
    rows = re.findall(r"^\| (\d+) \| (.*?) \|", PAGES["errors"], re.MULTILINE)
    assert {int(code): text.replace("`", "") for code, text in rows} == EXIT_CODES
