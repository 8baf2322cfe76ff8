"""Every public function, class and method shows in its docstring how it is used; test_documents runs the examples.

What has none stands in EXCEPTED with its reason. The list may only shrink: what has an example, or is gone, must leave
it, and nothing may be added without a look at MOST.
"""

from __future__ import annotations

import importlib
import inspect
import types
from collections.abc import Iterator

import rustybt

WHOLE = ("rustybt",)
"""Of these modules each method of a class is asked for, too."""
NAMES = (
    "rustybt.api",
    "rustybt.catalog",
    "rustybt.live",
    "rustybt.metrics",
    "rustybt.sources",
    "rustybt.testing",
    "rustybt.validation",
)

EXCEPTED = {
    "a strategy overrides it, and nobody calls it; the example of the class shows it": """
        rustybt.Strategy.analyze rustybt.Strategy.before_trading_start rustybt.Strategy.handle_data
        rustybt.Strategy.initialize rustybt.SimulationBlotter.broker
    """,
    "other steps ask it": """
        rustybt.BarData.exact_value rustybt.BarData.now_ns rustybt.Result.tell_when_saved
    """,
    "it reads what Zipline wrote, which nothing here can write; docs/guides/zipline_bundles.md": """
        rustybt.ingest_zipline
    """,
    "a part of the catalog that its own functions hand to each other": """
        rustybt.catalog.AssetRecord rustybt.catalog.Content rustybt.catalog.Count rustybt.catalog.LeftOut
        rustybt.catalog.LoadedVersion rustybt.catalog.Manifest rustybt.catalog.SpillFile rustybt.catalog.SpilledRows
        rustybt.catalog.RawBars rustybt.catalog.Rows rustybt.catalog.StoredRows rustybt.catalog.SymbolRange
        rustybt.catalog.Version rustybt.catalog.Writer rustybt.catalog.by_asset rustybt.catalog.check_bundle_name
        rustybt.catalog.figures_of rustybt.catalog.figures_of_rows rustybt.catalog.forget_run
        rustybt.catalog.newest_version rustybt.catalog.no_fault rustybt.catalog.open_loaded rustybt.catalog.open_writer
        rustybt.catalog.record_run rustybt.catalog.source_counts rustybt.catalog.spill_folder
        rustybt.catalog.store_quality rustybt.catalog.stored_counts rustybt.catalog.stored_left_out
        rustybt.catalog.touched_runs rustybt.catalog.unharmed
    """,
    "a value that the example of a function shows": """
        rustybt.catalog.BundleVersion rustybt.catalog.CacheEntry rustybt.catalog.CacheStats rustybt.catalog.StoredRun
        rustybt.catalog.VersionDiff
    """,
    "the cache of sources; docs/guides/caching.md runs it": """
        rustybt.catalog.BarCache rustybt.sources.BarStore rustybt.sources.Cached
    """,
    "a session's own parts": """
        rustybt.live.Clock rustybt.live.Feed rustybt.live.Journal rustybt.live.JournalledBlotter
        rustybt.live.JournalledBroker
    """,
    "it is made of a run's days by the engine": """
        rustybt.metrics.BenchmarkStatistics rustybt.metrics.ClassicRiskReport rustybt.metrics.DailyColumns
        rustybt.metrics.DailyLedgerField rustybt.metrics.ExpandingStatistics rustybt.metrics.ReturnsStatistic
        rustybt.metrics.SimpleLedgerField rustybt.metrics.StartOfPeriodLedgerField
        rustybt.metrics.benchmark_statistics rustybt.metrics.expanding_statistics rustybt.metrics.growth_path
        rustybt.metrics.metrics_of rustybt.metrics.ruined_on rustybt.metrics.ruined_row
        rustybt.metrics.statistics_columns rustybt.metrics.with_statistics rustybt.metrics.without_meaning
    """,
    "it asks a vendor over the network; docs/sources runs it on recorded replies": """
        rustybt.sources.Alpaca rustybt.sources.AlphaVantage rustybt.sources.CCXT rustybt.sources.Polygon
        rustybt.sources.YFinance
    """,
    "for who writes a source; docs/sources/writing_a_source.md runs one": """
        rustybt.sources.Caller rustybt.sources.Clock rustybt.sources.Failure rustybt.sources.Fetched
        rustybt.sources.Http rustybt.sources.Pace rustybt.sources.Page rustybt.sources.Progress
        rustybt.sources.DownloadRequest rustybt.sources.Secret rustybt.sources.Source rustybt.sources.Supports
        rustybt.sources.WallClock rustybt.sources.Window rustybt.sources.download rustybt.sources.find_key
        rustybt.sources.keep rustybt.sources.make_request rustybt.sources.plain_number rustybt.sources.rows_of
    """,
    "a class of tests; docs/extending and docs/sources/writing_a_source.md run it": """
        rustybt.testing.BrokerContract rustybt.testing.SourceContract
    """,
    "a rule of the validation, which `validate` calls": """
        rustybt.validation.Hit rustybt.validation.StoredBars rustybt.validation.anomalies rustybt.validation.as_policy
        rustybt.validation.beyond_the_digits rustybt.validation.found rustybt.validation.negative_volume
        rustybt.validation.not_a_number rustybt.validation.not_above_zero rustybt.validation.nothing_found
        rustybt.validation.out_of_sequence rustybt.validation.outside_of_calendar
        rustybt.validation.outside_of_range rustybt.validation.relations rustybt.validation.suspects
        rustybt.validation.timing rustybt.validation.too_precise_for_float rustybt.validation.unreadable_stamp
        rustybt.validation.unsure_stamp
    """,
    "a control; `set_max_order_size` and its like make it": """
        rustybt.api.execution.AssetDateBounds rustybt.api.execution.LongOnly rustybt.api.execution.MaxLeverage
        rustybt.api.execution.MaxOrderCount rustybt.api.execution.MaxOrderSize rustybt.api.execution.MaxPositionSize
        rustybt.api.execution.MinLeverage rustybt.api.execution.RestrictedListOrder
    """,
    "a base class or value of controls; `Context.register_trading_control` shows it": """
        rustybt.api.execution.AccountControl rustybt.api.execution.Intent rustybt.api.execution.AccountSnapshot
        rustybt.api.execution.TradingControl
    """,
    "an error that a model raises": """
        rustybt.api.slippage.LiquidityExceeded
    """,
}
LISTED = {name: reason for reason, names in EXCEPTED.items() for name in names.split()}
MOST = 129
"""How many there are; it only goes down."""


def methods(path: str, kind: type) -> Iterator[tuple[str, object]]:
    """The public methods of a class that are ours, inherited ones too."""
    for name in sorted(dir(kind)):
        home = next((base for base in kind.__mro__ if name in vars(base)), None)
        if name.startswith("_") or home is None or not home.__module__.startswith("rustybt"):
            continue
        member = inspect.getattr_static(kind, name)
        guarded = isinstance(member, property) and not isinstance(member.fget, types.FunctionType)
        if guarded or isinstance(member, types.FunctionType | classmethod | staticmethod):
            yield f"{path}.{name}", member if guarded else getattr(kind, name)


def callables(path: str, value: object, *, whole: bool) -> Iterator[tuple[str, object]]:
    if inspect.ismodule(value):
        for name in value.__all__:
            yield from callables(f"{path}.{name}", getattr(value, name), whole=whole)
    elif inspect.isclass(value):
        yield path, value
        if whole or path.endswith("_rules"):
            yield from methods(path, value)
    elif inspect.isfunction(value):
        yield path, value


def found() -> dict[str, object]:
    """By the first path under which each is met."""
    every = (
        one for home in (*WHOLE, *NAMES) for one in callables(home, importlib.import_module(home), whole=home in WHOLE)
    )
    first: dict[int, tuple[str, object]] = {}
    for path, value in every:
        first.setdefault(id(value), (path, value))
    return dict(first.values())


OFFERED = found()


def has_example(path: str, value: object) -> bool:
    """Whether its docstring has one; a method of context may have that of the function of `rustybt.api`."""
    if path.startswith("rustybt.Context."):
        value = getattr(rustybt.api, path.rpartition(".")[2], value)
    return ">>> " in (inspect.getdoc(value) or "")


def test_public_callables_are_found() -> None:
    assert {"rustybt.Result.plot", "rustybt.Context.order", "rustybt.api.date_rules.month_end"} <= OFFERED.keys()
    assert len(OFFERED) > 300


def test_every_public_callable_has_an_example() -> None:
    without = [path for path, value in OFFERED.items() if not has_example(path, value)]
    assert sorted(set(without) - LISTED.keys()) == []


def test_the_exceptions_only_shrink() -> None:
    assert [path for path in LISTED if path not in OFFERED or has_example(path, OFFERED[path])] == []
    assert len(LISTED) == MOST
