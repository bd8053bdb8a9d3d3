"""What an installation has beside the package: man pages, and scripts by which shells complete; made at its build."""

from typing import Final

from typer.completion import get_completion_script  # type: ignore[attr-defined] # what --show-completion shows

from cnninspect.cli import man_pages

_PROGRAM: Final = "cnninspect"
_ASKED: Final = "_CNNINSPECT_COMPLETE"
#: Where each shell looks for the script of a program, below ``share``.
_PLACES: Final = {
    "bash": f"bash-completion/completions/{_PROGRAM}",
    "zsh": f"zsh/site-functions/_{_PROGRAM}",
    "fish": f"fish/vendor_completions.d/{_PROGRAM}.fish",
}
_DECLARED: Final = f"compdef _{_PROGRAM}_completion {_PROGRAM}"
#: A file of its site-functions is to zsh the body of a function, which runs each time that something is completed.
_AUTOLOADED: Final = f"""\
if [[ $zsh_eval_context[-1] == (loadautofunc|shfunc) ]]; then
  _{_PROGRAM}_completion "$@"
else
  {_DECLARED}
fi"""


def shared_files() -> dict[str, str]:
    """The text of each file, by its path below the folder that the package is installed to."""
    scripts = {f"share/{place}": _script(shell) for shell, place in _PLACES.items()}
    return scripts | {f"share/man/man1/{name}": text for name, text in man_pages.pages().items()}


def _script(shell: str) -> str:
    text: str = get_completion_script(prog_name=_PROGRAM, complete_var=_ASKED, shell=shell)
    return text.replace(f"\n{_DECLARED}", f"\n{_AUTOLOADED}") + "\n"
