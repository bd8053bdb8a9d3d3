"""Options that several commands share."""

from collections.abc import Callable, Collection, Mapping
from functools import update_wrapper
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, Final, TypeVar, get_args

import msgspec
import typer
from msgspec.structs import FieldInfo

from cnninspect.cli import completion
from cnninspect.cli.help_groups import HelpGroup
from cnninspect.errors import RequestError, unknown_name
from cnninspect.formats import Format
from cnninspect.spec.run_options import RunOptions

#: What carries a command out; its exit code is 0 where it gives none.
Body = Callable[..., int | None]


def optional(*names: str, about: str, group: HelpGroup, metavar: str | None = None, **more: Any) -> Any:
    """An option that may be left out, whose help text says itself what then holds.

    Args:
        names: Such as ``--depth``.
        about: Its help text.
        group: The group that it stands in.
        metavar: What stands for its value there, in a word; of a flag nothing does.
        more: What else typer is to know.
    """
    return typer.Option(*names, metavar=metavar, help=about, rich_help_panel=group, show_default=False, **more)


REPORT: Final = "a report saved as JSON (- for standard input)"


def model(*others: str) -> Any:
    """The argument that names a network.

    Args:
        others: What is taken beside networks that can run: files that say enough.
    """
    *words, last = (
        "alexnet", "scratch:vgg16", "alexnet,num_classes=10", "'nn:Conv2d(3, 7, 5); ReLU()'", "net.py:Net",
        "notebook.ipynb:Net", "program.pt2", *others,
    )  # fmt: skip
    return typer.Argument(
        metavar="MODEL", help=f"{', '.join(words)}, or {last}.", autocompletion=completion.model, show_default=False
    )


_NoCacheOption = Annotated[
    bool,
    optional(
        "--no-cache",
        about="Run the network, whatever was kept of an earlier run, and keep nothing.",
        group=HelpGroup.runs,
    ),
]
NO_CACHE: Final = Parameter("no_cache", Parameter.KEYWORD_ONLY, default=False, annotation=_NoCacheOption)

JOBS: Final = optional(
    "--jobs",
    "-j",
    about="How many networks run at once, each in a process of its own. Default: one a core.",
    group=HelpGroup.runs,
    metavar="NUMBER",
    min=1,
)
FOLD: Final = optional(
    "--fold/--no-fold",
    about="Show neighbouring blocks that are equal as one row. Default: --fold.",
    group=HelpGroup.shown,
)


def depth(about: str) -> Any:
    """The option ``--depth``.

    Args:
        about: Its help text.
    """
    return optional("--depth", metavar="LEVELS", group=HelpGroup.shown, about=about)


def only(about: str) -> Any:
    """The option ``--only``.

    Args:
        about: Its help text, which says that it may be repeated.
    """
    return optional("--only", metavar="PATTERN", group=HelpGroup.shown, about=about)


_Typed = TypeVar("_Typed", bound=RunOptions)


def option_of(field: FieldInfo, about: str | None = None, group: HelpGroup = HelpGroup.runs, **more: Any) -> Parameter:
    """The option that a field stands for, as it describes itself.

    Args:
        field: Of a struct that is typed.
        about: Its help text, if that is another one here.
        group: The group that it stands in.
        more: What else typer is to know.
    """
    _, meta = get_args(field.type)
    default = None if field.default == () else field.default
    more = {"autocompletion": completion.OF_OPTIONS.get(field.encode_name), **more}
    names = [f"--{field.encode_name}", *filter(None, [meta.extra["short"]])]
    option = typer.Option(
        *names, metavar=meta.extra["metavar"], help=about or meta.description, min=meta.ge,
        show_default=default is not None, rich_help_panel=group, **more,
    )  # fmt: skip
    kind: Any = list[str] | None if field.default == () else str | None if default is None else type(default)
    return Parameter(field.name, Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option])


def given(typed: Mapping[str, Any], kind: type[_Typed]) -> _Typed:
    """What was given to a command, as the struct whose fields its options are.

    Args:
        typed: By the names of the fields; may have others.
        kind: Of the struct.
    """
    values = {
        field.encode_name: tuple(value) if isinstance(value, list) else value
        for field in msgspec.structs.fields(kind)
        if (value := typed[field.name]) is not None
    }
    return msgspec.convert(values, kind)


def runs(defaults: Mapping[str, Any] | None = None, **about: str) -> Callable[[Body], Body]:
    """Give a command the options of all that run a model, in the place of its ``run`` and ``no_cache``.

    Args:
        defaults: Those that are others here, by the names of the fields.
        about: Help texts, likewise.
    """

    def decorated(body: Body) -> Body:
        def command(**typed: Any) -> int | None:
            own = {name: value for name, value in typed.items() if name not in RunOptions.__struct_fields__}
            return body(**own, run=given(typed, RunOptions))

        own = [each.replace(kind=Parameter.KEYWORD_ONLY) for each in signature(body).parameters.values()]
        place = [each.name for each in own].index("run")
        run = [option_of(field, about.get(field.name)) for field in msgspec.structs.fields(RunOptions)]
        run = [each.replace(default=(defaults or {}).get(each.name, each.default)) for each in run]
        behind = [NO_CACHE if each.name == NO_CACHE.name else each for each in own[place + 1 :]]
        update_wrapper(command, body)
        command.__signature__ = Signature([*own[:place], *run, *behind])  # type: ignore[attr-defined] # that typer reads
        return command

    return decorated


def refuse(form: Format, given: Mapping[str, object], why: str = "it always has every field and layer") -> None:
    """Refuse options that choose what is shown, for a format that doesn't ask.

    Args:
        form: The format.
        given: What was typed, by option; ``None``: nothing.
        why: It doesn't.

    Raises:
        RequestError: One was typed.
    """
    for name, value in given.items():
        if value is not None:
            typed = f"{name} {', '.join(value) if isinstance(value, list) else value}".rstrip()
            raise RequestError(
                f"{typed!r} does not go with --format {form}: {why}", hint="leave it out, or take -f table"
            )


def keys(text: str | None, known: Collection[str]) -> tuple[str, ...] | None:
    """The column keys in ``a,b,c``; ``None`` if nothing was asked for.

    Raises:
        RequestError: There is no such column.
    """
    if text is None:
        return None
    from cnninspect import totals

    found = []
    for typed in map(str.strip, text.split(",")):
        spelled = typed.replace("-", "_")
        key = totals.FORMER.get(spelled, spelled)
        if key not in known:
            raise unknown_name("column", typed, known, see=f"the columns are {', '.join(known)}")
        found.append(key)
    return tuple(dict.fromkeys(found))
