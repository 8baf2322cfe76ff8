"""What the native extension offers; `mypy.stubtest` holds it against the binary."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, final

from rustybt.core import OrderStatus

__all__ = [
    "ABI",
    "Books",
    "Floor",
    "Intake",
    "Lookup",
    "Prices",
    "Rows",
    "Sheet",
    "Weigher",
    "WorkingOrder",
    "__version__",
    "answering",
    "order_rows",
    "source_hash",
    "whole_steps",
]

ABI: Final[int]
__version__: Final[str]

def source_hash() -> str: ...
def whole_steps(numerator: int, denominator: int) -> int: ...

@final
class Books:
    def __new__(cls, cash: int) -> Books: ...
    @property
    def cash(self) -> int: ...
    @property
    def posted(self) -> int: ...
    @property
    def bar(self) -> int: ...
    def open_slot(
        self,
        lane: Sequence[int],
        lane_scale: int,
        fill_scale: int,
        quantity_scale: int,
        step: int,
        multiplier: int,
        multiplier_scale: int,
        settles: bool = False,
    ) -> int: ...
    def seek(self, bar: int) -> None: ...
    def mark(self, slot: int) -> int: ...
    def override_mark(self, slot: int, price: int) -> None: ...
    def clear_overrides(self) -> None: ...
    def gross(self, slot: int, quantity: int, price: int) -> int: ...
    def fill(self, slot: int, quantity: int, price: int) -> int: ...
    def charge(self, slot: int, amount: int) -> None: ...
    def post(self, amount: int) -> None: ...
    def unsettled(self) -> list[int]: ...
    def variation(self) -> int: ...
    def settle(self, slot: int) -> int: ...
    def set_position(self, slot: int, quantity: int, cost: int) -> None: ...
    def held(self) -> list[int]: ...
    def position(self, slot: int) -> tuple[int, int]: ...
    def write_positions(self, rows: Rows) -> None: ...
    def exposure(self, slot: int) -> int: ...
    def worth(self, slot: int) -> int: ...
    def positions_value(self) -> int: ...
    def value(self) -> int: ...
    def long_and_short_exposure(self) -> tuple[int, int]: ...
    def long_and_short(self) -> tuple[int, int, int, int]: ...
    def size_of_value(self, slot: int, money: int, money_scale: int, price: int, target: bool) -> int: ...
    def size_of_weight(self, slot: int, weight: int, weight_scale: int, price: int, target: bool) -> int: ...

def answering(class_: type, slot: str, doc: str) -> Any: ...

@final
class Prices:
    def __new__(cls, market: Any) -> Prices: ...
    def learn(self, asset: Any, field: str, lane: Sequence[int], numbers: Any) -> None: ...

@final
class Rows:
    def __new__(cls, kinds: str) -> Rows: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[tuple[Any, ...]]: ...
    def add(self, row: tuple[Any, ...]) -> None: ...
    def since(self, first: int) -> list[tuple[Any, ...]]: ...
    def columns(self) -> list[Any]: ...
    def sheet(
        self,
        lookup: Lookup,
        slots: int,
        columns: Sequence[tuple[str, str, int | None, str | None]],
        orders: Rows | None = None,
    ) -> Sheet | None: ...

@final
class Lookup:
    def __new__(
        cls,
        symbols: Sequence[str],
        keys: Sequence[str],
        sids: Sequence[int],
        quantity_scales: Sequence[int],
        fill_scales: Sequence[int],
        days: Sequence[int],
        prefix: str,
        orders: int,
    ) -> Lookup: ...

@final
class Sheet:
    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[Any, Any]: ...

@final
class Weigher:
    def __new__(cls, desk: Any, scaled: Callable[..., Any], large: int) -> Weigher: ...
    def learn(self, asset: Any, listing: Any) -> None: ...
    def order(self, asset: Any, weight: Any, target: bool) -> Any: ...

@final
class WorkingOrder:
    amount: int
    filled: int
    limit: int | None
    limit_reached: bool
    stop: int | None
    stop_reached: bool
    commission: int
    charged: int
    changed: int
    reason: str | None
    why: int
    def __new__(
        cls, number: int, listing: Any, amount: int, limit: int | None, created: int, stop: int | None = None
    ) -> WorkingOrder: ...
    @property
    def number(self) -> int: ...
    @property
    def listing(self) -> Any: ...
    @property
    def plain(self) -> bool: ...
    @property
    def created(self) -> int: ...
    @property
    def status(self) -> OrderStatus: ...
    @status.setter
    def status(self, status: int) -> None: ...

@final
class Intake:
    def __new__(
        cls,
        orders: list[WorkingOrder],
        open: dict[int, list[WorkingOrder]],
        quiet: dict[int, Any],
        events: Rows,
    ) -> Intake: ...
    def accept(
        self,
        listing: Any,
        amount: int,
        limit: int | None,
        stamp: int,
        stop: int | None = None,
        reason: str | None = None,
    ) -> WorkingOrder: ...

def order_rows(orders: list[WorkingOrder], names: Sequence[str], whys: Sequence[str]) -> Rows: ...

@final
class Floor:
    def __new__(
        cls,
        books: Books,
        open: dict[int, list[WorkingOrder]],
        quiet: dict[int, tuple[Any, Any, int, int]],
        entries: Rows,
        events: Rows,
        transactions: Rows,
        meet: Callable[[Any], None],
        no_price: Callable[[WorkingOrder, int], Exception],
        field: str,
        slippage: tuple[int, int, int, int, int] | None,
        commission: tuple[int, int, int] | None,
        limits_hold: bool,
        stops_date_orders: bool,
        fees_can_fall: bool,
    ) -> Floor: ...
    def work(self, bar: int, stamp: int, session: int) -> bool: ...
