"""`rustybt run`: a strategy file over a bundle."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

import click

from rustybt.errors import InputError, RustyBTError

CALLBACKS = ("initialize", "handle_data", "before_trading_start", "analyze")


@click.command()
@click.option("-f", "--algofile", type=click.Path(path_type=Path), required=True, help="The strategy, a Python file.")
@click.option("-b", "--bundle", default="sample", show_default=True, help="The bundle to run on.")
@click.option("-s", "--start", required=True, help="The first day, like 2010-01-04.")
@click.option("-e", "--end", required=True, help="The last day.")
@click.option("--capital-base", default="10000000", show_default=True, help="Cash at the start.")
@click.option(
    "--data-frequency", type=click.Choice(["daily", "minute"]), default="daily", show_default=True, help="Which bars."
)
@click.option("-bf", "--benchmark-file", type=click.Path(path_type=Path), default=None, help="Returns to compare with.")
@click.option("--benchmark-symbol", default=None, help="The asset to compare with, by symbol.")
@click.option("--benchmark-sid", type=int, default=None, help="The asset to compare with, by sid.")
@click.option("-o", "--output", type=click.Path(path_type=Path), default=None, help="The folder to save the result to.")
@click.option("--compat", type=click.Choice(["zipline"]), default=None, help="Reproduce Zipline where we differ.")
@click.option("--numbers", type=click.Choice(["decimal", "float"]), default="decimal", show_default=True)
@click.option("--progress/--no-progress", default=None, help="A progress bar; by default on terminals only.")
def run(
    algofile: Path,
    bundle: str,
    start: str,
    end: str,
    capital_base: str,
    data_frequency: str,
    benchmark_file: Path | None,
    benchmark_symbol: str | None,
    benchmark_sid: int | None,
    output: Path | None,
    compat: str | None,
    numbers: str,
    progress: bool | None,
) -> None:
    """Runs the strategy in a file: its functions initialize, handle_data, before_trading_start and analyze, or the
    one subclass of rustybt.Strategy that it defines."""
    from rustybt.engine import run_algorithm
    from rustybt.results import print_summary

    if output is not None and output.exists() and any(output.iterdir()):
        raise InputError(f"{output} is there already and not empty. Name a new folder with -o.")
    if benchmark_sid is not None and benchmark_symbol is not None:
        raise InputError("Both --benchmark-symbol and --benchmark-sid were given. Give the one or the other.")
    callbacks = load_strategy(algofile)
    try:
        result = run_algorithm(
            start,
            end,
            capital_base=capital_base,
            data_frequency=data_frequency,
            bundle=bundle,
            benchmark=benchmark_symbol if benchmark_sid is None else benchmark_sid,
            benchmark_returns=benchmark_file,
            compat=compat,
            numbers=numbers,
            progress=progress,
            **callbacks,
        )
    except RustyBTError:
        raise
    except Exception as error:  # noqa: BLE001  whatever a strategy raises is shown as its own
        # the strategy's own mistake: its lines matter, ours do not
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == str(algofile)]
        lines = "".join(traceback.format_list(frames))
        notes = "".join(f"\n  {note}" for note in getattr(error, "__notes__", ()))
        click.echo(f"{lines}rustybt: the strategy raised {type(error).__name__}: {error}{notes}", err=True)
        raise SystemExit(1) from None
    place = result.save(output)
    print_summary(result)
    click.echo(f"saved to {place}")


def load_strategy(path: Path) -> dict[str, Any]:
    """The callbacks of a strategy file, as run_algorithm takes them. Raises InputError where there are none."""
    from rustybt.strategy import Strategy

    try:
        code = compile(path.read_text(encoding="utf-8"), str(path), "exec")
    except FileNotFoundError:
        raise InputError(f"{path} does not exist. Name a Python file with -f.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} can't be read: {error}. Name a Python file with -f.") from None
    except SyntaxError as error:
        raise InputError(f"{path}, line {error.lineno}: {error.msg}. Mend it and run again.") from None
    namespace: dict[str, Any] = {"__name__": path.stem, "__file__": str(path)}
    exec(code, namespace)
    found = {name: namespace[name] for name in CALLBACKS if callable(namespace.get(name))}
    if found:
        return found
    classes = [
        value
        for value in namespace.values()
        if isinstance(value, type) and issubclass(value, Strategy) and value.__module__ == path.stem
    ]
    if len(classes) == 1:
        return {"strategy": classes[0]}
    many = ", ".join(cls.__name__ for cls in classes)
    raise InputError(
        f"{path} defines {'several strategies: ' + many if classes else 'no strategy'}. Define the functions "
        "initialize and handle_data, or one subclass of rustybt.Strategy."
    )
