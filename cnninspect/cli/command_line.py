"""Typer's command and group as they are here: ``conversion`` reads what is typed, ``help_page`` tells of it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer.core

from cnninspect.cli import conversion
from cnninspect.errors import unknown_name


@contextmanager
def _said_of(context: Any, typed: Sequence[str]) -> Iterator[None]:
    """Context in which the errors of typer's own parser come out as ours.

    Raises:
        RequestError: What was typed can't be read.
    """
    typed = tuple(typed)  # the parser takes its words away
    try:
        yield
    except Exception as error:
        if not hasattr(error, "format_message"):  # of typer's usage errors, by their documented interface
            raise
        from cnninspect.cli import usage_errors

        raise usage_errors.read(error, context, typed) from error


class Command(typer.core.TyperCommand):
    """A command."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Its arguments and options."""
        return conversion.taken_as_typed(super().get_params(ctx), self.callback)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read what was typed behind its name.

        Raises:
            RequestError: It can't be read, or there is more than it takes.
        """
        ctx.allow_extra_args = True  # to say ourselves that there are some
        with _said_of(ctx, args):
            rest = super().parse_args(ctx, args)
        if rest and not ctx.resilient_parsing:
            from cnninspect.cli import usage_errors

            raise usage_errors.superfluous(rest, ctx)
        return rest

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """What stands behind its name in the line that begins with ``Usage:``."""
        from cnninspect.cli import help_page

        return ["[OPTIONS]", *help_page.usage(self.get_params(ctx))]

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """The options that begin so, or the values of the one before, which may begin with a dash: ``-macs``."""
        from cnninspect.cli import completion_words

        *_, before, word = ["", "", *completion_words.words()]
        name = word.partition("=")[0] if "=" in word else before
        options = (each for each in self.get_params(ctx) if name.startswith("-") and name in each.opts)
        option = next((each for each in options if not each.is_flag), None)
        return super().shell_complete(ctx, incomplete) if option is None else option.shell_complete(ctx, incomplete)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Its help text."""
        from cnninspect.cli import help_page

        help_page.write(self, ctx, formatter)


class Group(typer.core.TyperGroup):
    """A command that has commands."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The options in front of the command."""
        return conversion.taken_as_typed(super().get_params(ctx), self.callback)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read what was typed in front of the command.

        Raises:
            RequestError: It can't be read.
        """
        with _said_of(ctx, args):
            return super().parse_args(ctx, args)

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """What it is for, and examples."""
        from cnninspect.cli import help_page

        del ctx
        help_page.introduce(self, formatter)

    def invoke(self, ctx: Any) -> Any:
        """Carry out the command that is named.

        Raises:
            RequestError: None is.
        """
        with _said_of(ctx, ()):
            return super().invoke(ctx)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command that is named, and what stands behind its name.

        Raises:
            RequestError: There is no such command.
        """
        if args[0] not in self.commands and not ctx.resilient_parsing:
            word = f"{ctx.command_path.partition(' ')[2]} {args[0]}".strip()
            known = [f"{ctx.command_path.partition(' ')[2]} {name}".strip() for name in self.commands]
            raise unknown_name("command", word, known, see=f"see {ctx.command_path} --help")
        return super().resolve_command(ctx, args)
