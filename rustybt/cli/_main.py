"""The command group, and how its errors look."""

from __future__ import annotations

import sys
from typing import Any

import click

from rustybt.errors import RustyBTError

HOMES = {
    "brokers": ("rustybt.cli._brokers", "brokers"),
    "bundles": ("rustybt.cli._bundles", "bundles"),
    "cache": ("rustybt.cli._cache", "cache"),
    "catalog": ("rustybt.cli._catalog", "catalog"),
    "clean": ("rustybt.cli._bundles", "clean"),
    "demo": ("rustybt.cli._demo", "demo"),
    "export": ("rustybt.cli._export", "export"),
    "ingest": ("rustybt.cli._ingest", "ingest"),
    "optimize": ("rustybt.cli._optimize", "optimize"),
    "paper": ("rustybt.cli._paper", "paper"),
    "report": ("rustybt.cli._report", "report"),
    "run": ("rustybt.cli._run", "run"),
    "runs": ("rustybt.cli._runs", "runs"),
    "trials": ("rustybt.cli._trials", "trials"),
    "validate": ("rustybt.cli._validate", "validate"),
}
"""The modules of the commands."""
ZIPLINE = "--zipline"


class LazyGroup(click.Group):
    """Imports a command's module when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(HOMES)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """`run --zipline` is a command of its own, with Zipline's options."""
        if args[0] == "run" and ZIPLINE in args:
            from rustybt.cli._importing import importing

            with importing():
                from rustybt.zipline.command import run

            return "run --zipline", run, [argument for argument in args[1:] if argument != ZIPLINE]
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        home = HOMES.get(cmd_name)
        if home is None:
            return None
        import importlib

        command: click.Command = getattr(importlib.import_module(home[0]), home[1])
        return command


def _version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from rustybt._kernels import describe
        from rustybt._version import __version__

        click.echo(f"rustybt {__version__} ({describe()})")
        ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Version and kernel."
)
def cli() -> None:
    """Backtesting on exact books, with Zipline's strategy API."""


def main(arguments: list[str] | None = None) -> Any:
    """Runs the command. What RustyBT raises on purpose is shown as a message, without a traceback; exit code 1."""
    try:
        return cli.main(args=arguments, prog_name="rustybt", standalone_mode=True)
    except RustyBTError as error:
        click.echo(f"rustybt: {error}", err=True)
        for note in getattr(error, "__notes__", ()):
            click.echo(f"  {note}", err=True)
        sys.exit(1)
