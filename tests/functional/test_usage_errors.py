"""What is said of a command line that can't be read: the word that was typed, and what to do next."""

from pathlib import Path

import pytest

from tests.conftest import Cli

QUOTE = "if the shell put it in the place of a pattern, write the pattern in quotes: 'resnet*'"


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        (
            ["summary"], "cnninspect summary: MODEL is missing",
            "write cnninspect summary alexnet --input 1x3x224x224, for example; see cnninspect summary --help",
        ),
        (
            ["compare"], "cnninspect compare: MODEL is missing",
            "write cnninspect compare alexnet vgg16, for example; see cnninspect compare --help",
        ),
        (["cache"], "cnninspect cache needs a command", "write cnninspect cache info or cnninspect cache clear"),
        (["cache", "inof"], "unknown command 'cache inof'", "did you mean cache info?"),
        (["cache", "--foo"], "unknown option '--foo'",
         "see cnninspect cache --help; the options of a command go behind it"),
        (["--colour", "summary", "alexnet"], "unknown option '--colour'",
         "see cnninspect --help; the options of a command go behind it"),
        (["summary", "alexnet", "--colums", "params"], "unknown option '--colums'", "did you mean --columns?"),
        (["summary", "alexnet", "--xyz=3"], "unknown option '--xyz'", "see cnninspect summary --help"),
        (["summary", "alexnet", "-depth", "3"], "unknown option '-depth'", "did you mean --depth?"),
        (["summary", "alexnet", "-qZ"], "unknown option '-qZ'", "did you mean -q?"),
        (["explain", "alexnet", "-1"], "unknown option '-1'",
         "a word that begins with - and is no option goes behind --: cnninspect explain … -- -1"),
        (["summary", "alexnet", "--depth"], "--depth needs a value",
         "write --depth LEVELS: Levels of the module tree to show, or all. Default: 3."),
        (["summary", "alexnet", "-o"], "-o needs a value",
         "write -o FILE: Write to a file, whole or not at all; its ending tells the format."),
        (["summary", "alexnet", "--no-cache=1"], "'--no-cache=1': --no-cache takes no value",
         "write --no-cache alone, or leave it out"),
        (["summary", "alexnet", "--top", "0"], "--top: '0' is not a whole number from 1 up", "write 1, 2, 3 …"),
        (["summary", "alexnet", "--mode", "tran"], "unknown mode 'tran'", "did you mean train?"),
        (["summary", "alexnet", "vgg16"], "'vgg16' is one argument too many for cnninspect summary",
         "several at once: cnninspect compare alexnet vgg16"),
        (["models", "alex", "net"], "'net' is one argument too many for cnninspect models",
         "it is cnninspect models [PATTERN]; a value with spaces in it stands in quotes"),
        (["summary", "alexnet", "--sort", "trainable-parms"], "unknown column 'trainable-parms'",
         "did you mean trainable_params?"),
        (["summary", "alexnet", "--columns", "params,train-params"], "unknown column 'train-params'",
         "did you mean trainable_params?"),
        (["summary", "alexnet", "-f", "json", "--only", "Conv2d"],
         "'--only Conv2d' does not go with --format json: it always has every field and layer",
         "leave it out, or take -f table"),
        (["check", "--max-params", "3M"], "--max-params 3M goes with a MODEL, and none is named",
         "name one, or write it into [[tool.cnninspect.check]]"),
        (["check", "alexnet", "--config", "a.toml"], "--config 'a.toml' does not go with the model 'alexnet'",
         "leave out one of the two"),
        (["check", "alexnet", "--max-params", "1M", "--tolerance", "1%"], "tolerance '1%' needs a baseline",
         "add one: --baseline report.json"),
    ],
)  # fmt: skip
def test_word_and_what_to_do(cli: Cli, line: list[str], message: str, hint: str) -> None:
    shown = cli(*line)
    assert (shown.code, shown.out) == (2, "")
    assert shown.err == f"error: {message}\n  hint: {hint}\n"


@pytest.fixture
def _expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder in which the shell makes file names of resnet*."""
    monkeypatch.chdir(tmp_path)
    for name in ("resnet.txt", "resnet50.log"):
        (tmp_path / name).touch()


@pytest.mark.usefixtures("_expanded")
@pytest.mark.parametrize(
    ("line", "message"),
    [
        (["models", "resnet.txt"], "no model matches 'resnet.txt'"),
        (["models", "resnet.txt", "resnet50.log"], None),
        (["compare", "resnet.txt", "resnet50.log"], "unknown model 'resnet.txt'"),
        (["summary", "alexnet", "--only", "resnet.txt", "resnet50.log"], None),
    ],
)
def test_file_names_that_the_shell_made_of_a_pattern(cli: Cli, line: list[str], message: str | None) -> None:
    word = line[-1] if message is None else message.split("'")[1]
    expected = message or f"{word!r} is one argument too many for cnninspect {line[0]}"
    assert cli(*line).err == f"error: {expected}\n  hint: {word!r} is a file here: {QUOTE}\n"


@pytest.mark.parametrize("command", ["compare", "models"])
def test_help_says_that_patterns_stand_in_quotes(cli: Cli, command: str) -> None:
    assert "so that the shell leaves it alone" in " ".join(cli(command, "--help").out.split())
