"""run_algorithm with Zipline's parameters, and Zipline's frame for an answer."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rustybt import engine
from rustybt.errors import NotYetAvailable
from rustybt.execution import SimulationBlotter, blotter_named
from rustybt.results import Result
from rustybt.strategy import parts_of
from rustybt.zipline._active import activate, deactivate, entered
from rustybt.zipline._algorithm import TradingAlgorithm, data_of
from rustybt.zipline._bundle import chosen_bundle
from rustybt.zipline._extensions import load_extensions
from rustybt.zipline._metrics import ScriptMetrics, in_floats, metrics_for
from rustybt.zipline._notice import tell_differences
from rustybt.zipline._pandas import pandas

type Function = Callable[..., Any]

DEFAULT_BUNDLE = "quantopian-quandl"


def run_algorithm(
    start: Any,
    end: Any,
    initialize: Function,
    capital_base: Any,
    handle_data: Function | None = None,
    before_trading_start: Function | None = None,
    analyze: Function | None = None,
    data_frequency: str = "daily",
    bundle: str = DEFAULT_BUNDLE,
    bundle_timestamp: Any = None,
    trading_calendar: Any = None,
    metrics_set: Any = "default",
    benchmark_returns: Any = None,
    default_extension: bool = True,
    extensions: Iterable[str] = (),
    strict_extensions: bool = True,
    environ: Mapping[str, str] = os.environ,
    custom_loader: Any = None,
    blotter: Any = "default",
) -> Any:
    """Runs a script written for Zipline, and returns Zipline's performance frame: pandas, floats, a row per session.

    The parameters are Zipline's. The books are exact inside; Zipline's behaviour is kept throughout, as with
    `rustybt.run_algorithm(compat="zipline")`.
    start, end: first and last day, Timestamps without a time zone, dates or text.
    bundle: one of `rustybt bundles`; Zipline's default names mean the sample where no bundle has that name.
    environ: read by extensions and for ZIPLINE_ROOT.
    Raises MissingExtra without pandas, and what rustybt.run_algorithm raises.
    """
    pandas()
    if custom_loader is not None:
        raise NotYetAvailable("custom_loader: Pipeline comes with a later version of RustyBT. Leave it out.")
    load_extensions(default_extension, extensions, strict_extensions, environ)
    functions = {
        "initialize": initialize,
        "handle_data": handle_data,
        "before_trading_start": before_trading_start,
        "analyze": analyze,
    }
    return run_functions(
        functions,
        start=start,
        end=end,
        capital_base=capital_base,
        data_frequency=data_frequency,
        bundle=bundle,
        bundle_timestamp=bundle_timestamp,
        trading_calendar=trading_calendar,
        metrics_set=metrics_set,
        benchmark_returns=benchmark_returns,
        blotter=blotter,
        environ=environ,
    )


def run_functions(
    functions: dict[str, Any],
    *,
    start: Any,
    end: Any,
    capital_base: Any,
    data_frequency: str = "daily",
    bundle: str = DEFAULT_BUNDLE,
    bundle_timestamp: Any = None,
    trading_calendar: Any = None,
    metrics_set: Any = "default",
    benchmark_returns: Any = None,
    benchmark: Any = None,
    blotter: Any = "default",
    environ: Mapping[str, str] = os.environ,
    remarks: Iterable[str] = (),
) -> Any:
    """The run behind run_algorithm and the scripts.

    functions: the callbacks by name. benchmark: the symbol or the sid of the asset that the run is compared with,
    unless the script sets another one. remarks: what else to say on standard error.
    """
    pandas()
    given = {
        "bundle_timestamp": bundle_timestamp,
        "trading_calendar": trading_calendar,
        "benchmark": benchmark,
        "benchmark_returns": benchmark_returns,
    }
    name, about_bundle = chosen_bundle(bundle, environ.get("RUSTYBT_ROOT"))
    initialize = functions.get("initialize")
    script = Script(initialize, functions.get("analyze"), blotter_named(blotter))
    # known by the script's name, which stands in the manifest
    begin = script.begin if initialize is None else known_as(initialize, script.begin)
    given["metrics_set"], script.metrics = metrics_for(metrics_set, lambda: script.context)
    tell_differences(name, *about_bundle, *remarks)
    token = activate(None)
    try:
        engine.run_algorithm(
            start,
            end,
            initialize=begin,
            handle_data=script.calling(functions.get("handle_data")),
            before_trading_start=script.calling(functions.get("before_trading_start")),
            analyze=script.end,
            capital_base=capital_base,
            data_frequency=data_frequency,
            bundle=name,
            compat="zipline",
            numbers="float",
            default_extension=False,
            environ=environ,
            **{key: value for key, value in given.items() if value is not None},
        )
    except BaseException as error:
        if hasattr(error, "result") and script.frame is not None:
            error.result = script.frame  # what would have been returned
        raise
    finally:
        deactivate(token)
    return script.frame


class Script:
    """The callbacks of a script as the engine calls them, and the frame that they lead to.

    context, data: what the script gets; there from `initialize` on. metrics: those of a set of the script's own.
    """

    def __init__(self, initialize: Any, analyze: Any, blotter: SimulationBlotter) -> None:
        self._initialize = initialize
        self._analyze = analyze
        self._blotter = blotter
        self.context: Any = None
        self.data: Any = None
        self.frame: Any = None
        self.metrics: ScriptMetrics | None = None

    def begin(self, context: Any) -> None:
        """Gives the script its own context, and calls its `initialize`."""
        self.context = TradingAlgorithm(context)
        self.data = data_of(self.context)
        parts_of(context).settings.wrappers += [self.context, self.data, self.context.portfolio, self.context.account]
        entered(self.context)
        self.context.set_models(self._blotter)
        if self._initialize is not None:
            self._initialize(self.context)

    def calling(self, function: Any) -> Any:
        """A callback of the script as the engine calls it."""
        return None if function is None else lambda _context, _data: function(self.context, self.data)

    def end(self, _context: Any, result: Result) -> None:
        """Makes the frame, and calls the script's `analyze` with it."""
        own = self.metrics
        self.frame = self.context.frame_of(result) if own is None else own.frame()
        self.context.risk_report = in_floats(result.risk_report)
        if self._analyze is not None:
            self._analyze(self.context, self.frame)


def known_as(script: Function, function: Function) -> Function:
    """A function under the name and the file of the script's."""

    @functools.wraps(script)
    def called(context: Any) -> Any:
        return function(context)

    return called
