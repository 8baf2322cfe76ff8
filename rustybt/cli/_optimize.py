"""`rustybt optimize`: a strategy file with many parameters."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import click

from rustybt.cli._run import run as run_command
from rustybt.errors import InputError

SHARED: Final = (
    "algofile", "bundle", "data", "version", "start", "end", "capital_base", "data_frequency", "trading_calendar",
    "fill_at", "trigger", "same_bar", "touch", "resolve", "currency", "decimals", "numbers", "on_ruin", "kernel",
    "progress",
)  # fmt: skip
"""The options of `rustybt run` that a search has too."""
ALGORITHMS: Final = ("sobol", "random", "grid", "bayesian", "genetic", "tpe", "cmaes", "nsga2")
RANGE: Final = re.compile(r"(log:)?([^:]+):([^:]+?)(?::([^:]+))?")


@click.command(
    short_help="Search over a strategy's parameters.",
    params=[option for option in run_command.params if option.name in SHARED],
)
@click.option(
    "-p",
    "--param",
    "params",
    multiple=True,
    required=True,
    metavar="NAME=VALUES",
    help="A parameter of initialize: LOW:HIGH or LOW:HIGH:STEP, whole numbers or not, log:LOW:HIGH, or A,B,C; one "
    "value stays as it is.",
)
@click.option("--objective", "objectives", multiple=True, default=["sharpe"], show_default=True, help="A measure.")
@click.option("--algorithm", type=click.Choice(ALGORITHMS), default="sobol", show_default=True, help="Who chooses.")
@click.option("--trials", type=click.IntRange(min=1), default=100, show_default=True, help="How many points at most.")
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Processes side by side.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Same seed, same trials.")
@click.option("--patience", type=click.IntRange(min=1), default=None, help="End after so many without a better one.")
@click.option("--time-limit", type=float, default=None, help="Seconds that a trial may take.")
@click.option("--memory-limit", type=int, default=None, help="MiB that a worker may have.")
@click.option("--name", default=None, help="Under which it is kept; `rustybt trials` shows it.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), default=None, help="A CSV of trials.")
def optimize(algofile: Path, params: tuple[str, ...], output: Path | None, **options: Any) -> None:
    """Run the strategy in a file with many parameters, and say which did best.

    A search that was broken off goes on by `rustybt trials resume NAME`.
    """
    from rustybt.cli._importing import importing

    with importing():
        from rustybt.optimize import search

    space, fixed = spaces(params)
    if not space:
        raise InputError("No --param has several values: give one like --param days=20:200:20.")
    objective = list(options.pop("objectives"))
    algorithm = _algorithm(options.pop("algorithm"), len(objective))
    given = {name: value for name, value in options.items() if value is not None}
    if given.get("data_frequency") == "daily":
        del given["data_frequency"]
    found = search(
        algofile, space, algorithm, objective=objective if len(objective) > 1 else objective[0], params=fixed, **given
    )
    click.echo(str(found))
    click.echo(f"kept as {found.name!r}: rustybt trials show {found.name}")
    if output is not None:
        from rustybt.core import replacing, writing

        with writing(InputError, output, "pass another path."), replacing(output) as beside:
            found.trials.write_csv(beside)
        click.echo(f"table: {output.resolve()}")


def _algorithm(name: str, objectives: int) -> Any:
    from rustybt.optimize import Bayesian, Genetic, Grid, OptunaSearch, RandomSearch, Sobol

    made = {"sobol": Sobol, "random": RandomSearch, "grid": Grid, "bayesian": Bayesian, "genetic": Genetic}
    return made[name]() if name in made else OptunaSearch(name, objectives=objectives)


def spaces(params: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is searched and what stays, of `--param NAME=VALUES`.

    >>> spaces(("days=20:200:20", "exit=close,open", "share=0.5"))
    ({'days': Integer(low=20, high=200, step=20, log=False), 'exit': Choice(values=['close', 'open'])}, \
{'share': Decimal('0.5')})
    """
    from rustybt.cli._strategy_text import parameters
    from rustybt.optimize import Choice, Integer, Real

    space: dict[str, Any] = {}
    fixed: dict[str, Any] = {}
    for text in params:
        name, equals, value = text.partition("=")
        match = RANGE.fullmatch(value)
        if not equals or (match is None and "," not in value) or value[:1] in "[({'\"":
            fixed |= parameters([text], exact=True)
            continue
        if name in space or name in fixed:
            raise InputError(f"--param {name} was given twice. Pass it once.")
        if match is None:
            space[name] = Choice([parameters([f"{name}={one}"], exact=True)[name] for one in value.split(",")])
            continue
        log, *edges = match.groups()
        low, high = (_number(name, str(one)) for one in edges[:2])
        step = None if edges[2] is None else _number(name, edges[2])
        if isinstance(low, int) and isinstance(high, int) and isinstance(step, int | None):
            space[name] = Integer(low, high, step=1 if step is None else step, log=log is not None)
        elif step is None:
            space[name] = Real(low, high, log=log is not None)
        else:
            space[name] = Choice(_steps(Decimal(low), Decimal(high), Decimal(step)))
    return space, fixed


def _number(name: str, text: str) -> int | Decimal:
    from rustybt.cli._strategy_text import parameters

    value = parameters([f"{name}={text}"], exact=True)[name]
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise InputError(f"--param {name}: {text!r} is no number. Give LOW:HIGH, or values like A,B,C.")
    return value


def _steps(low: Decimal, high: Decimal, step: Decimal) -> list[Decimal]:
    if step <= 0 or low > high:
        raise InputError(f"--param {low}:{high}:{step} has no value: give LOW <= HIGH and a step above 0.")
    return [low + step * place for place in range(int((high - low) / step) + 1)]
