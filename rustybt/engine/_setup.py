"""What a run is made of before its first bar: the data, its axis, the parts, the joined steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rustybt._kernels import Kernel, WorkingOrder
from rustybt.core import (
    MINUTE_NS,
    Notes,
    Order,
    Phase,
    date_of,
    datetime_of,
)
from rustybt.engine._actions import CorporateActions
from rustybt.engine._agenda import Agenda
from rustybt.engine._callbacks import check_params
from rustybt.engine._capital import capital_changes_on
from rustybt.engine._compat import Compat
from rustybt.engine._currency import converter_of
from rustybt.engine._explain import Explainer
from rustybt.engine._funding import FundingPayments
from rustybt.engine._loop import Loop
from rustybt.engine._own_copies import OwnCopies
from rustybt.engine._recorder import Recorder
from rustybt.engine._resolve import shorter_bars
from rustybt.engine._state import RunState
from rustybt.engine._teller import Teller
from rustybt.engine._timetable import Timetable
from rustybt.engine._wire import met_later
from rustybt.errors import InputError
from rustybt.execution import SimulatedBroker, SimulationBlotter, WhyOpen, commission_for, slippage_for
from rustybt.ledger import Ledger
from rustybt.orders import OrderBook, OrderGate
from rustybt.strategy import (
    AccountState,
    AssetLookup,
    CapitalFlows,
    Context,
    Labels,
    Numbers,
    OrderViews,
    Portfolio,
    RunFacts,
    RunSettings,
    numbers_named,
)
from rustybt.view import BarData, Continuous, MarketView, data_class

if TYPE_CHECKING:
    from rustybt.engine._carrying import CarryingCosts
    from rustybt.engine._prepared import Prepared


def state_of(
    market: MarketView,
    data_frequency: str,
    capital: int,
    compat: Compat,
    numbers: str,
    seed: int,
    currency: str,
    wanted_currency: Any,
    notes: Notes,
    kernel: Kernel,
) -> RunState:
    """The parts of a run before its `initialize`."""
    market.kernel = kernel
    kind = numbers_named(numbers)
    labels = Labels()
    continuous = Continuous(market, history_in_ticks=compat.history_in_thousandths)
    data = _data_of(market, kind, compat, labels, continuous, kernel)
    books, book = kernel.books(), OrderBook(kernel=kernel)
    books.open_pocket(book.account, currency, capital)
    facts = _facts_of(market, data_frequency, kind.money(capital), seed)
    account = AccountState(
        books=books,
        account=book.account,
        market=market,
        data=data,
        numbers=kind,
        capital=capital,
        flows=CapitalFlows(capital),
        currency=currency,
        start_date=facts.start_date,
        figures_below_zero=compat.figures_below_zero,
        notes=notes,
    )
    axis = market.axis
    run = RunState(
        market=market,
        data=data,
        kernel=kernel,
        compat=compat,
        books=books,
        book=book,
        converter=converter_of(market, books, book.account, currency, wanted_currency, compat),
        account=account,
        lookup=AssetLookup(market, continuous, labels, axis.days[-1]),
        facts=facts,
        views=OrderViews(market, book, kind, become_limits=compat.stop_limits_become_limits),
        notes=notes,
    )
    market.on_load(run.open_slot)
    return run


def _data_of(
    market: MarketView, kind: Any, compat: Compat, labels: Labels, continuous: Continuous, kernel: Kernel
) -> Any:
    return data_class(kernel)(
        market,
        number=kind.price,
        missing=kind.missing,
        history_decimals=3 if compat.history_in_thousandths else None,
        name=labels.of,
        continuous=continuous,
        kernel=kernel,
    )


def _facts_of(market: MarketView, data_frequency: str, capital: Any, seed: int) -> RunFacts:
    axis = market.axis
    environment = {
        "arena": "backtest",
        "data_frequency": data_frequency,
        # the first minute bar, as in Zipline
        "start": datetime_of(axis.opens[0] + MINUTE_NS),
        "end": datetime_of(int(axis.calendar.closes[axis.first_session + axis.sessions - 1])),
        "capital_base": capital,
        "platform": "rustybt",
    }
    return RunFacts(date_of(axis.days[0]), environment, seed)


def settings_from(models: SimulationBlotter) -> RunSettings:
    """The settings of a run before its `initialize`."""
    return RunSettings(dict(models.slippage), dict(models.commission), models.cancel_policy, models.broker)


def context_of(run: RunState, settings: RunSettings) -> tuple[OrderGate, Context]:
    """The way of the run's orders into its book, and the strategy's `context`, whose orders go that way."""
    account, portfolio = run.account, Portfolio(run.account)
    gate = OrderGate(
        market=run.market,
        clock=run.data,
        moment=run.phase,
        books=run.books,
        book=run.book,
        rules=run.compat,
        currency=account.currency,
        kernel=run.kernel,
        quantities=account.numbers,
        conversions=run.converter,
        portfolio=portfolio,
        notes=run.notes,
    )
    context = Context(
        gate,
        run.book,
        run.views,
        account,
        portfolio=portfolio,
        lookup=run.lookup,
        settings=settings,
        facts=run.facts,
        phase=run.phase,
        schedules=run.schedules,
        recorded=run.recorded,
        fetch=run.fetch_csv,
        explain=run.explain,
        converter=run.converter,
        currencies_are_one=run.compat.currencies_are_one,
    )
    return gate, context


def joined(parts: Prepared, begun: Callable[[Prepared], OwnCopies]) -> Loop:
    """Joins the steps. begun: what comes before the first bar, and says which models and metrics the run works on."""
    run, settings, compat, given, axis = parts.run, parts.settings, parts.compat, parts.given, parts.run.market.axis
    changes = capital_changes_on(axis, given["capital_changes"])
    ledger = Ledger(run.books, run.account.capital, int(axis.calendar.opens[axis.first_session]), kernel=run.kernel)
    actions = CorporateActions(
        run.market,
        exact_pay_dates=compat.exact_pay_dates,
        keep_basis=compat.stock_dividends_keep_basis,
        currencies_are_one=compat.currencies_are_one,
        keep_owed=compat.owed_shares_ignore_splits,
        converter=run.converter,
    )
    agenda = Agenda(axis)
    funding = FundingPayments(run.market, agenda)
    timetable = Timetable(run.market, compat, agenda)
    run.schedules.on_added = timetable.listener()
    recorder = Recorder(run, ledger)
    copies = begun(parts)
    broker = _broker_of(run, settings, compat, given, recorder)
    loop = Loop(
        run,
        parts.gate,
        settings,
        ledger,
        broker,
        actions,
        recorder,
        compat,
        parts.context,
        parts.callbacks.before_trading_start,
        parts.callbacks.handle_data,
        changes,
        funding,
        copies,
        agenda,
        timetable,
        _carrying(run, settings),
    )
    _tell_of_orders(parts, loop)
    _supervise(parts, loop)
    return loop


def _tell_of_orders(parts: Prepared, loop: Loop) -> None:
    """Has the strategy hear of its orders, and ask for them."""
    run, on_order = parts.run, parts.callbacks.on_order
    read = parts.given["same_bar"], parts.given["resolve"]
    run.explainer = Explainer(run, parts.settings, loop.simulated.triggers, loop.recorder, met_later(loop.wire), read)
    if on_order is not None:
        Teller(on_order, run.book, run.views).join(loop)


def initialised(parts: Prepared) -> OwnCopies:
    """Calls `initialize`, and copies what the run was given."""
    settings, context, callbacks, decimals = parts.settings, parts.context, parts.callbacks, parts.precision
    if callbacks.initialize is not None:
        check_params(callbacks.initialize, context, parts.params)
        callbacks.initialize(context, **parts.params)
    elif parts.params:
        raise InputError(f"params={parts.params!r} were given, but there is no initialize to take them.")
    copies = OwnCopies(parts.run, parts.gate, settings, context, callbacks, parts.metrics)
    if decimals is not None and decimals.rounds():
        from rustybt.execution.slippage import AtTick

        settings.slippage = {kind: AtTick(model, decimals) for kind, model in settings.slippage.items()}
    return copies


def _supervise(parts: Prepared, loop: Loop) -> None:
    """Has somebody watch over the account, where what it may hold is set."""
    run, settings = parts.run, parts.settings
    if settings.account is None and settings.borrow is None:
        return
    from rustybt.engine._supervision import supervised

    loop.supervision = supervised(run, parts.gate, settings, loop.recorder)
    if loop.supervision is not None:
        loop.agenda.every(Phase.CLOSE, loop.supervision.at_bar)


def _carrying(run: RunState, settings: RunSettings) -> CarryingCosts | None:
    """What holding costs in a run; None where it costs nothing."""
    given: Any = settings.borrow, settings.financing, settings.rollover
    if given == (None, None, None):
        return None
    from rustybt.engine._carrying import CarryingCosts, check_currencies, check_symbols

    check_symbols(run.market, settings.borrow, settings.rollover)
    check_currencies(run.market, run.account.currency, settings.financing, settings.rollover)
    return CarryingCosts(*given)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _Shown:
    """The run as models of slippage and commission see it. days: of its sessions; none where these are longer."""

    data: BarData
    numbers: Numbers
    days: Sequence[int]
    blotter: OrderBook
    views: OrderViews

    def order_view(self, order: WorkingOrder) -> Order:
        """A working order as a strategy sees it."""
        return self.views.of(order)


def _broker_of(
    run: RunState, settings: RunSettings, compat: Compat, given: Mapping[str, Any], recorder: Recorder
) -> SimulatedBroker:
    axis = run.market.axis
    shown = _Shown(run.data, run.account.numbers, axis.days if axis.steps is None else (), run.book, run.views)
    broker = SimulatedBroker(
        run.book,
        {kind: slippage_for(model, shown) for kind, model in settings.slippage.items()},
        {kind: commission_for(model, shown) for kind, model in settings.commission.items()},
        fill_at=given["fill_at"],
        trigger=given["trigger"],
        same_bar=given["same_bar"],
        touch=given["touch"],
        ambiguous=recorder.ambiguous.append,
        shorter=shorter_bars(run, given["resolve"], given["trigger"]),
        limits_hold=not compat.limits_can_slip,
        stops_date_orders=not compat.stop_limits_become_limits,
        fees_can_fall=compat.split_of_orders,
        triggers_need_volume=compat.triggers_need_volume,
        before=0,
        sessions=run.market.axis.bars_of,
        stamps=run.market.axis.times,
        held=lambda slot: run.books.position(slot)[0],
    )
    needs, transit = compat.triggers_need_volume, broker.transit
    run.book.why = WhyOpen(broker.triggers, run.market, triggers_need_volume=needs, transit=transit)
    return broker
