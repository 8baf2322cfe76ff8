"""Commands in documents: each has the options that it is written with, and those that need nobody else run."""

from __future__ import annotations

import re
import shlex

import click
import polars as pl
import pytest
from click.testing import CliRunner

from rustybt.cli._main import cli
from rustybt.ingest import ingest, ingest_sample
from tests.architecture.test_documents import FENCE, PAGES, label


def commands(page):
    """Line and arguments of each `rustybt ...` in a page's blocks for a shell; what comes after # is prose."""
    text = page.read_text(encoding="utf-8")
    found = []
    for fence in FENCE.finditer(text):
        if fence["info"].strip() not in ("", "console", "bash", "sh"):
            continue
        first = text.count("\n", 0, fence.start()) + 2
        for number, line in enumerate(fence["code"].splitlines(), first):
            if written := re.match(r"(?:\$ )?(?:[A-Z]\w*=\S+ )*rustybt (?=[-a-z])(?!ledger)(.*)", line):
                found.append((number, shlex.split(written[1], comments=True)))
    return found


ALL = [(page, line, arguments) for page in PAGES for line, arguments in commands(page)]


def test_commands_are_found_on_most_pages_about_data():
    pages = {label(page) for page, *_ in ALL}
    assert {"README.md", "docs/sources/README.md", "docs/guides/catalog.md", "docs/guides/validation.md"} <= pages
    assert len(ALL) > 30


@pytest.mark.parametrize(("page", "line", "arguments"), ALL, ids=[f"{label(page)}:{line}" for page, line, _ in ALL])
def test_a_command_has_the_options_that_it_is_written_with(page, line, arguments):
    """All that can be told without running it: the command, its options, those that it needs, and their choices."""
    command, context = cli, click.Context(cli)
    rest = list(arguments)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        name = rest.pop(0)
        found = command.get_command(context, name)
        assert found is not None, f"there is no command {name}"
        command = found
        context = click.Context(command, parent=context, info_name=name)
    options, positional, _ = command.make_parser(context).parse_args(list(rest))
    assert not positional or not isinstance(command, click.Group)
    for parameter in command.params:
        given = options.get(parameter.name)
        needed = parameter.required and parameter.default is None and parameter.name not in ("version", "help")
        assert given is not None or not needed, f"{parameter.name} is missing"
        if isinstance(parameter.type, click.Choice) and given is not None:
            for value in given if parameter.multiple else [given]:
                parameter.type.convert(value, parameter, context)


@pytest.mark.parametrize("name", ["docs/guides/catalog.md", "docs/guides/validation.md", "docs/guides/caching.md"])
def test_the_commands_of_a_page_on_stored_data_run(name, tmp_path, monkeypatch):
    """On the sample, and a bundle `us` of two versions."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RUSTYBT_ROOT", str(tmp_path / "root"))
    (tmp_path / "policy.toml").write_text("sigmas = 8\n")
    ingest_sample()
    columns = {column: ["10"] * 3 for column in ("open", "high", "low", "close")}
    days = pl.DataFrame({"date": ["2024-01-02", "2024-01-03", "2024-01-04"], **columns, "volume": [1] * 3})
    both = pl.concat([days.with_columns(symbol=pl.lit(symbol)) for symbol in ("AAPL", "MSFT")])
    ingest("us", both.head(5))
    ingest("us", both.tail(1), mode="append")
    ran = [arguments for page, _, arguments in ALL if label(page) == name and "holes" not in arguments]
    assert ran
    for arguments in ran:
        done = CliRunner().invoke(cli, arguments, catch_exceptions=False)
        assert done.exit_code == 0, f"{arguments}: {done.output}"
