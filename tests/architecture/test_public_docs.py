"""Every public name says what it is, and every parameter of a function that a user calls is spoken of."""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Iterator

import click
import pytest

import rustybt
import rustybt.api
from rustybt.cli._main import cli

PUBLIC = {"rustybt": rustybt, "rustybt.api": rustybt.api}


def public(path: str, value: object) -> Iterator[tuple[str, object]]:
    """The functions, classes, methods and properties that a module offers, those of its modules too."""
    if inspect.ismodule(value):
        for name in getattr(value, "__all__", ()):
            yield from public(f"{path}.{name}", getattr(value, name))
    elif inspect.isclass(value):
        yield path, value
        # what a class of ours inherits from another one of ours is its own to a user
        ours = [one for one in reversed(value.__mro__) if one.__module__.startswith("rustybt")]
        for name, member in {name: member for one in ours for name, member in vars(one).items()}.items():
            if not name.startswith("_") and isinstance(member, types.FunctionType | property | classmethod):
                yield f"{path}.{name}", getattr(value, name) if isinstance(member, classmethod) else member
    elif inspect.isfunction(value):
        yield path, value


FOUND = dict(found for name, module in PUBLIC.items() for found in public(name, module))


def test_public_names_are_found() -> None:
    assert len(FOUND) > 250
    assert {"rustybt.run_algorithm", "rustybt.Result.plot", "rustybt.api.order"} <= FOUND.keys()


def test_every_public_name_says_what_it_is() -> None:
    assert [name for name, value in FOUND.items() if not (inspect.getdoc(value) or "").strip()] == []


@pytest.mark.parametrize("name", sorted(name for name in rustybt.__all__ if inspect.isfunction(getattr(rustybt, name))))
def test_a_function_of_rustybt_speaks_of_each_parameter(name: str) -> None:
    function = getattr(rustybt, name)
    said = inspect.getdoc(function) or ""
    if alike := re.search(r"arguments.* are those of `(\w+)`", said):
        said += inspect.getdoc(getattr(rustybt, alike[1])) or ""
    unsaid = [one for one in inspect.signature(function).parameters if not re.search(rf"\b{one}\b", said)]
    assert unsaid == []


def commands(group: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, group
    if isinstance(group, click.Group):
        context = click.Context(group)
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            if command is not None:
                yield from commands(command, f"{path} {name}")


def test_every_option_of_every_command_has_a_help() -> None:
    bare = [
        f"{path} {'/'.join(option.opts)}"
        for path, command in commands(cli, "rustybt")
        for option in command.params
        if isinstance(option, click.Option) and not (option.help or "").strip()
    ]
    assert bare == []
