"""Accounts by name, with their parameters as a user writes them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, Final

from rustybt.core import exact_number
from rustybt.errors import InputError
from rustybt.orders.accounts._rules import CashAccount, FuturesAccount, Isolated, Portfolio, RegT, Rule

type Read = Callable[[Any, str], Any]


def account_named(kind: Any, parameters: Mapping[str, Any]) -> CashAccount | Rule:
    """The rule of an account, a user's own as it is.

    Raises InputError for an unknown name or parameter, and for what means nothing.
    """
    if all(hasattr(kind, name) for name in ("refused", "initial", "maintenance")) and not isinstance(kind, type):
        return kind  # type: ignore[no-any-return]
    if not isinstance(kind, str) or kind not in KINDS:
        raise InputError(f"set_account({kind!r}): choose one of {', '.join(KINDS)}.")
    make, known = KINDS[kind]
    unknown = sorted(parameters.keys() - known.keys())
    if unknown:
        raise InputError(f"set_account({kind!r}) takes no {unknown[0]}=. Choose among {', '.join(known)}.")
    read = {known[name][0]: known[name][1](value, name) for name, value in parameters.items()}
    rule = make(**read)
    if isinstance(rule, RegT) and rule.long > rule.opening:
        raise InputError(
            f"set_account('reg_t'): maintenance={parameters.get('maintenance', '0.25')!r} is above initial="
            f"{parameters.get('initial', '0.5')!r}, so that a new position would be called at once. Pass less."
        )
    return rule  # type: ignore[no-any-return]


def _share(given: Any, what: str) -> Fraction:
    number = Fraction(exact_number(given, what))
    if not 0 < number <= 1:
        raise InputError(f"{what}={given!r}: pass a share of the value, above 0 and up to 1; 0.5 is half of it.")
    return number


def _money(given: Any, what: str) -> Fraction:
    number = Fraction(exact_number(given, what))
    if number < 0:
        raise InputError(f"{what}={given!r} is negative. Pass 0 or more.")
    return number


def _leverage(given: Any, what: str) -> Fraction:
    number = _money(given, what)
    if number < 1:
        raise InputError(f"{what}={given!r}: pass 1 or more; 10 sets a tenth of the value aside.")
    return number


def _count(given: Any, what: str) -> int:
    try:
        count = operator.index(given)
    except TypeError:
        count = -1
    if isinstance(given, bool) or count < 0:
        raise InputError(f"{what}={given!r}: pass a whole number of sessions, 0 or more.")
    return count


def _moves(given: Any, what: str) -> dict[str, Fraction]:
    if not isinstance(given, Mapping):
        return {"": _share(given, what)}
    return {
        "": Fraction("0.15"),
        **{str(getattr(name, "symbol", name)): _share(one, what) for name, one in given.items()},
    }


def _margins(given: Any, what: str) -> dict[str, tuple[Fraction, Fraction]]:
    if not isinstance(given, Mapping) or not given:
        raise InputError(f"{what}={given!r}: pass margins by root symbol, like {{'ES': (12_000, 11_000)}}.")
    return {str(getattr(name, "symbol", name)): _pair(one, what) for name, one in given.items()}


def _pair(given: Any, what: str) -> tuple[Fraction, Fraction]:
    pair = given if isinstance(given, list | tuple) else (given, given)
    if len(pair) != 2:
        raise InputError(f"{what}: {given!r} is no pair of an initial and a maintenance margin.")
    initial, maintenance = _money(pair[0], what), _money(pair[1], what)
    if maintenance > initial:
        raise InputError(f"{what}: a maintenance margin of {given[1]!r} is above the initial one. Change their order.")
    return initial, maintenance


def _tiers(given: Any, what: str) -> tuple[tuple[Fraction | None, Fraction, Fraction], ...]:
    if not isinstance(given, list | tuple):
        return ((None, _share(given, what), Fraction(0)),)
    tiers = []
    for one in given:
        if not isinstance(one, list | tuple) or len(one) not in (2, 3):
            raise InputError(f"{what}: {one!r} is no tier. Give up to which value it goes, its rate and its amount.")
        top = None if one[0] is None else _money(one[0], what)
        tiers.append((top, _share(one[1], what), _money(one[2] if len(one) == 3 else 0, what)))
    tops = [top for top, _, _ in tiers[:-1] if top is not None]
    if not tiers or tiers[-1][0] is not None or len(tops) + 1 < len(tiers) or tops != sorted(set(tops)):
        raise InputError(f"{what}={given!r}: give tiers that rise, the last one up to None.")
    return tuple(tiers)


KINDS: Final[dict[str, tuple[Any, dict[str, tuple[str, Read]]]]] = {
    "cash": (CashAccount, {"settlement": ("settlement", _count), "cushion": ("cushion", _money)}),
    "reg_t": (
        RegT,
        {
            "initial": ("opening", _share),
            "maintenance": ("long", _share),
            "short_maintenance": ("short", _money),
            "short_per_share": ("short_least", _money),
            "cheap_below": ("cheap", _money),
            "cheap_per_share": ("cheap_least", _money),
            "minimum_equity": ("least", _money),
        },
    ),
    "portfolio": (Portfolio, {"moves": ("moves", _moves), "minimum_equity": ("least", _money)}),
    "futures": (FuturesAccount, {"margins": ("margins", _margins)}),
    "isolated": (Isolated, {"leverage": ("leverage", _leverage), "tiers": ("tiers", _tiers)}),
}
"""By name the rule, and by the name of each parameter the field it sets and how it is read."""
