"""What a run is made of before its first bar: the data, its axis, the desk, the joined steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rustybt._kernels import Kernel
from rustybt.core import (
    MINUTE_NS,
    Notes,
    Order,
    OrderStatus,
    date_of,
    datetime_of,
)
from rustybt.engine._actions import CorporateActions
from rustybt.engine._agenda import Agenda
from rustybt.engine._capital import capital_changes_on
from rustybt.engine._compat import Compat
from rustybt.engine._currency import exchange_of
from rustybt.engine._funding import FundingPayments
from rustybt.engine._loop import Loop
from rustybt.engine._own_copies import OwnCopies
from rustybt.engine._recorder import Recorder
from rustybt.engine._timetable import Timetable
from rustybt.errors import InputError
from rustybt.execution import SimulatedBroker, SimulationBlotter, WhyOpen, commission_for, slippage_for
from rustybt.execution.slippage import AtTick
from rustybt.ledger import CurrencyBooks, Ledger
from rustybt.orders import OrderBook, OrderGate
from rustybt.strategy import Context, Desk, Funding, Labels, Portfolio, numbers_named
from rustybt.view import Continuous, Instrument, MarketView, data_class

if TYPE_CHECKING:
    from rustybt.engine._prepared import Prepared


def desk_of(
    market: MarketView,
    data_frequency: str,
    capital: int,
    compat: Compat,
    numbers: str,
    seed: int,
    blotter: SimulationBlotter,
    currency: str,
    wanted_currency: Any,
    notes: Notes,
    kernel: Kernel,
) -> Desk:
    kind = numbers_named(numbers)
    axis = market.axis
    last_session = axis.first_session + axis.sessions - 1
    labels = Labels()
    decimals = 3 if compat.history_in_thousandths else None
    continuous = Continuous(market, history_in_ticks=compat.history_in_thousandths)
    exchange = exchange_of(market, currency, wanted_currency, compat)
    make = kernel.books
    books = make(capital) if exchange is None else CurrencyBooks(capital, currency, exchange.rates, make)
    desk = _RunDesk(
        market=market,
        continuous=continuous,
        data=data_class(kernel)(
            market,
            number=kind.price,
            missing=kind.missing,
            history_decimals=decimals,
            name=labels.of,
            continuous=continuous,
            kernel=kernel,
        ),
        books=books,
        blotter=OrderBook(kernel=kernel),
        numbers=kind,
        capital=capital,
        funding=Funding(capital),
        currency=currency,
        start_date=date_of(int(axis.calendar.days[axis.first_session])),
        environment={
            "arena": "backtest",
            "data_frequency": data_frequency,
            # the first minute bar, as in Zipline
            "start": datetime_of(int(axis.calendar.opens[axis.first_session]) + MINUTE_NS),
            "end": datetime_of(int(axis.calendar.closes[last_session])),
            "capital_base": kind.money(capital),
            "platform": "rustybt",
        },
        look_up_day=int(axis.calendar.days[last_session]),
        seed=seed,
        slippage=dict(blotter.slippage),
        commission=dict(blotter.commission),
        cancel_policy=blotter.cancel_policy,
        broker_of=blotter.broker,
        compat=compat,
        labels=labels,
        notes=notes,
        kernel=kernel,
        exchange=exchange,
    )
    market.on_load(desk.open_slot)
    return desk


def context_of(desk: Desk) -> tuple[OrderGate, Context]:
    """The way of the run's orders into its book, and the strategy's `context`, whose orders go that way."""
    portfolio = Portfolio(desk)
    gate = OrderGate(
        market=desk.market,
        clock=desk.data,
        moment=desk,
        books=desk.books,
        book=desk.blotter,
        rules=desk.compat,
        currency=desk.currency,
        kernel=desk.kernel,
        quantities=desk.numbers,
        conversions=desk.exchange,
        portfolio=portfolio,
    )
    return gate, Context(desk, gate, portfolio)


class _RunDesk(Desk):
    """The desk of a run: what it needs of the steps that a strategy does not know."""

    __slots__ = ()

    def order_view(self, order: Any) -> Order:
        return _order_view(self, order)

    def fetch_csv(self, **asked: Any) -> Any:
        from rustybt.engine._fetch import Request, fetch_csv

        return fetch_csv(self, Request(**asked))

    def open_slot(self, listing: Instrument) -> None:
        """Opens the books for an asset that was loaded."""
        _open_slot(self, listing)


def _open_slot(desk: Desk, listing: Instrument) -> None:
    # books in several currencies ask first in which
    of_currency = () if desk.exchange is None else (listing.asset.currency,)
    listing.slot = desk.books.open_slot(
        *of_currency,
        listing.price,
        listing.lane_scale,
        listing.fill_scale,
        listing.quantity_scale,
        listing.step,
        listing.multiplier,
        listing.multiplier_scale,
        listing.settles,
    )
    desk.listing_of_slot.append(listing)
    listing.foreign = listing.asset.currency != desk.currency and not desk.compat.currencies_are_one
    listing.conditional = listing.conditional or listing.foreign


def _order_view(desk: Desk, order: Any) -> Order:
    listing, numbers = order.listing, desk.numbers
    limit = None if order.limit is None else numbers.price(order.limit, listing.fill_scale)
    stop = None if order.stop is None else numbers.price(order.stop, listing.fill_scale)
    stop_reached = order.stop_reached
    if stop_reached and limit is not None and desk.compat.stop_limits_become_limits:
        stop, stop_reached = None, False
    cause = desk.blotter.cause_of(order)
    reason = order.reason
    if reason is None and order.status is OrderStatus.OPEN:
        reason = cause.sentence
    return Order(
        id=desk.blotter.order_id(order.number),
        asset=listing.asset,
        amount=numbers.quantity(order.amount, listing.quantity_scale),
        filled=numbers.quantity(order.filled, listing.quantity_scale),
        limit=limit,
        stop=stop,
        limit_reached=order.limit_reached,
        stop_reached=stop_reached,
        commission=numbers.money(order.commission),
        created=datetime_of(order.created),
        dt=datetime_of(order.changed),
        status=order.status,
        reason=reason,
        cause=None if cause is None else cause.label,
        account=desk.blotter.account,
    )


def initialised(parts: Prepared) -> Loop:
    """Calls `initialize`, and joins the steps."""
    desk, gate, context = parts.desk, parts.gate, parts.context
    functions, compat = parts.functions, parts.compat
    given, params, decimals = parts.given, parts.params, parts.precision
    axis = desk.market.axis
    changes = capital_changes_on(axis, given["capital_changes"])
    stamp = int(axis.calendar.opens[axis.first_session])
    ledger = Ledger(desk.books, desk.currency, desk.capital, stamp, kernel=desk.kernel)
    actions = CorporateActions(
        desk.market,
        exact_pay_dates=compat.exact_pay_dates,
        keep_basis=compat.stock_dividends_keep_basis,
        currencies_are_one=compat.currencies_are_one,
        keep_owed=compat.owed_shares_ignore_splits,
        exchange=desk.exchange,
    )
    agenda = Agenda(axis)
    funding = FundingPayments(desk.market, agenda)
    timetable = Timetable(axis, compat, agenda)
    desk.on_schedule = timetable.listener()
    recorder = Recorder(desk, ledger)
    if functions.initialize is not None:
        functions.initialize(context, **params)
    elif params:
        raise InputError(f"params={params!r} were given, but there is no initialize to take them.")
    copies = OwnCopies(desk, gate, context, functions, parts.metrics)
    if decimals is not None and decimals.rounds():
        desk.slippage = {kind: AtTick(model, decimals) for kind, model in desk.slippage.items()}
    broker = _broker_of(desk, compat, given["fill_at"], given["trigger"])
    return Loop(
        desk,
        gate,
        ledger,
        broker,
        actions,
        recorder,
        compat,
        context,
        functions.before_trading_start,
        functions.handle_data,
        changes,
        funding,
        copies,
        agenda,
        timetable,
    )


def _broker_of(desk: Desk, compat: Compat, fill_at: str, trigger: str) -> SimulatedBroker:
    broker = SimulatedBroker(
        desk.blotter,
        {kind: slippage_for(model, desk) for kind, model in desk.slippage.items()},
        {kind: commission_for(model, desk) for kind, model in desk.commission.items()},
        fill_at=fill_at,
        trigger=trigger,
        limits_hold=not compat.limits_can_slip,
        stops_date_orders=not compat.stop_limits_become_limits,
        fees_can_fall=compat.split_of_orders,
        triggers_need_volume=compat.triggers_need_volume,
        before=0,
    )
    desk.blotter.why = WhyOpen(broker.triggers, desk.market)
    return broker
