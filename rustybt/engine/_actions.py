"""Corporate actions of a run: what takes effect before which session's first bar."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from rustybt.core import CashDividend, Split, StockDividend, date_of
from rustybt.errors import CurrencyMismatch
from rustybt.ledger import Ledger, Receivable, Shares
from rustybt.view import Instrument, MarketView

if TYPE_CHECKING:
    from rustybt.engine._converter import CurrencyConverter


class CorporateActions:
    """Dividends and splits of the assets that a run touches, by the run's session; in one of weeks or months, by step.

    exact_pay_dates: a dividend is paid only on a pay date that is a session; else a missing one is its ex-date, and
    one that is no session becomes the next session. keep_basis: shares paid as a dividend leave the cost per share
    as it was, not the cost of the position. currencies_are_one: a dividend's money is its asset's, whatever its name.
    keep_owed: shares that are earned but not paid stay as many when they are split. converter: what a run of several
    currencies has.
    """

    def __init__(
        self,
        market: MarketView,
        *,
        exact_pay_dates: bool,
        keep_basis: bool = False,
        currencies_are_one: bool = False,
        keep_owed: bool = False,
        converter: CurrencyConverter | None = None,
    ) -> None:
        self._market = market
        self._one_money = currencies_are_one
        self._converter = converter
        self._keep_basis = keep_basis
        self._keep_owed = keep_owed
        self._days, self._first = market.axis.action_days()
        self._exact = exact_pay_dates
        self._dividends: dict[int, list[tuple[Instrument, CashDividend]]] = {}
        self._splits: dict[int, list[tuple[Instrument, Split]]] = {}
        self._due: dict[int, list[Receivable]] = {}
        self._in_shares: dict[int, list[tuple[Instrument, StockDividend]]] = {}
        self._shares_due: dict[int, list[Shares]] = {}
        self._stock_dividends: dict[int, list[StockDividend]] = {}
        for dividend in market.version.stock_dividends():
            self._stock_dividends.setdefault(dividend.sid, []).append(dividend)
        market.on_load(self._register)

    def _register(self, instrument: Instrument) -> None:
        for dividend in instrument.dividends:
            self._dividends.setdefault(self._session(dividend.ex_day), []).append((instrument, dividend))
        for in_shares in self._stock_dividends.get(instrument.asset.sid, ()):
            self._in_shares.setdefault(self._session(in_shares.ex_day), []).append((instrument, in_shares))
        for split in instrument.splits:
            if split.prices_only:
                continue
            self._splits.setdefault(self._session(split.ex_day), []).append((instrument, split))

    def _session(self, day: int) -> int:
        """The run's first session on or after a day."""
        return int(self._days.searchsorted(day, side="left")) - self._first

    def goes_ex(self, session: int, instrument: Instrument) -> Fraction:
        """The cash dividends of a unit that go ex with a session."""
        amounts = [
            Fraction(one.amount, 10**one.scale) for held, one in self._dividends.get(session, ()) if held is instrument
        ]
        return sum(amounts, Fraction(0))

    def dividends(self, session: int, stamp: int, ledger: Ledger) -> tuple[int, int]:
        """Earns what goes ex with this session, then pays what is due with it.

        Returns what was paid, as money: in cash, and in shares of what was held already, at their marks. (Zipline
        values shares of what was not held at 0 until the next bar.)
        """
        if not (self._dividends or self._due or self._stock_dividends or self._shares_due):
            return 0, 0
        if self._stock_dividends:
            self._earn_shares(session, ledger)
        earned = self._dividends.get(session)
        for instrument, dividend in sorted(earned, key=_by_key) if earned else ():
            other = dividend.currency != instrument.asset.currency and not self._one_money
            if other and ledger.books.position(instrument.slot)[0]:
                raise CurrencyMismatch(
                    f"{instrument.asset.symbol} pays a dividend in {dividend.currency} on {date_of(dividend.ex_day)}, "
                    f"and trades in {instrument.asset.currency}. Ingest the bundle again with amounts in that currency."
                )
            owed = ledger.earn_dividend(instrument, dividend.amount, dividend.scale, dividend.ex_day)
            pays = self._pay_session(dividend.pay_day, session)
            if owed is not None and pays is not None:
                self._due.setdefault(pays, []).append(owed)
        paid = 0
        for owed in self._due.pop(session, ()):
            ledger.pay_dividend(stamp, owed)
            paid += ledger.books.in_base(owed.instrument.pocket, owed.amount)
        in_shares = 0
        for shares in self._shares_due.pop(session, ()):
            slot, books = shares.instrument.slot, ledger.books
            before = books.market_value(slot) if books.position(slot)[0] else None
            ledger.pay_shares(stamp, shares, keep_basis=self._keep_basis)
            if before is not None:
                in_shares += books.market_value(slot) - before
        return paid, in_shares

    def _earn_shares(self, session: int, ledger: Ledger) -> None:
        """What goes ex in shares. Paid after the session's cash, and so earned before it: nothing paid today earns."""
        for instrument, dividend in sorted(self._in_shares.get(session, ()), key=_by_key):
            if not ledger.books.position(instrument.slot)[0]:
                continue
            payment = self._market.instrument(self._market.version.asset(dividend.payment_sid))
            if payment.foreign and not self._countable(payment, ledger):
                raise CurrencyMismatch(
                    f"{instrument.asset.symbol} pays a dividend in {payment.asset.symbol} on "
                    f"{date_of(dividend.ex_day)}, which trades in {payment.asset.currency}: without a rate the "
                    "books can't hold both. Sell it before that day, or ingest the pair of the two currencies with "
                    "the bundle."
                )
            owed = ledger.earn_shares(instrument, payment, dividend.numerator, dividend.denominator)
            pays = self._pay_session(dividend.pay_day, session)
            if owed is not None and pays is not None:
                self._shares_due.setdefault(pays, []).append(owed)

    def _countable(self, instrument: Instrument, ledger: Ledger) -> bool:
        """Whether money of an asset's currency can be counted in the run's, now."""
        converter, currency = self._converter, instrument.asset.currency
        if converter is None or converter.rates.route(currency, converter.base) is None:
            return False
        return converter.refusal(currency, ledger.books.bar) is None

    def _pay_session(self, pay_day: int | None, session: int) -> int | None:
        if pay_day is None:
            return None if self._exact else session
        pays = self._session(pay_day)
        if self._exact:
            place = pays + self._first
            exists = place < len(self._days) and int(self._days[place]) == pay_day
            return pays if exists and pays >= session else None
        return max(pays, session)

    def restate_owed(self, instrument: Instrument, numerator: int, denominator: int) -> None:
        """Turns the shares of an asset that are owed, but not paid, into those of after a split."""
        if self._keep_owed:
            return
        for due in self._shares_due.values():
            for place, owed in enumerate(due):
                if owed.instrument is instrument:
                    due[place] = owed._replace(split=owed.split * Fraction(denominator, numerator))

    def state(self) -> dict[str, Any]:
        """Payments that were earned and are not made, as plain values."""
        due = {pays: [(one.instrument.slot, *one[1:]) for one in owed] for pays, owed in self._due.items()}
        shares = {
            pays: [(one.instrument.slot, one.quantity, one.reason, *one.split.as_integer_ratio()) for one in owed]
            for pays, owed in self._shares_due.items()
        }
        return {"due": due, "shares": shares}

    def restore(self, state: dict[str, Any], instruments: Sequence[Instrument]) -> None:
        """Takes over what `state` gave. instruments: by slot."""
        self._due = {
            pays: [Receivable(instruments[slot], *rest) for slot, *rest in owed] for pays, owed in state["due"].items()
        }
        self._shares_due = {
            pays: [
                Shares(instruments[slot], quantity, reason, Fraction(*ratio)) for slot, quantity, reason, *ratio in owed
            ]
            for pays, owed in state["shares"].items()
        }

    def falls_due(self, step: int) -> bool:
        """Whether something is earned, paid or split with a step."""
        return any(step in by_step for by_step in (self._dividends, self._splits, self._in_shares)) or (
            step in self._due or step in self._shares_due
        )

    def splits(self, session: int) -> list[tuple[Instrument, Split]]:
        """The splits that take effect before this session's first bar."""
        found = self._splits.get(session)
        return sorted(found, key=_by_key) if found else []


def _by_key(item: tuple[Instrument, Any]) -> str:
    return item[0].asset.key
