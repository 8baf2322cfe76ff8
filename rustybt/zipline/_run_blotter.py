"""`context.blotter`: the orders of a run and the models that fill them, as Zipline's blotter shows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import Any, Final

from rustybt.core import OrderStatus
from rustybt.errors import NotYetAvailable
from rustybt.orders import OrderBook
from rustybt.strategy import OrderViews, TradingAlgorithm, parts_of
from rustybt.zipline._assets import Asset, AssetWrapper, Equity, Future, unwrap
from rustybt.zipline._models import WrappedModel
from rustybt.zipline._orders import WorkingOrder

KINDS: Final = {Equity: "equity", Future: "future"}
"""The classes of assets by which models are set."""
MOST_SHARES: Final = 10**11


class Models(MutableMapping[Any, Any]):
    """The models of a run by class of asset, Equity and Future. Setting one is `set_slippage` or `set_commission`."""

    def __init__(self, models: Mapping[Any, object], change: Callable[..., None]) -> None:
        self._models = models
        self._change = change

    def __getitem__(self, kind: Any) -> Any:
        model = self._models[KINDS[kind]]
        return model.model if isinstance(model, WrappedModel) else model

    def __setitem__(self, kind: Any, model: Any) -> None:
        self._change(*((model, None) if KINDS[kind] == "equity" else (None, model)))

    def __delitem__(self, kind: Any) -> None:
        raise KeyError(f"{kind!r}: a run has a model for each class of assets. Set another one.")

    def __iter__(self) -> Iterator[Any]:
        return iter(KINDS)

    def __len__(self) -> int:
        return len(KINDS)

    def __repr__(self) -> str:
        return repr(dict(self))


class Orders(Mapping[str, WorkingOrder]):
    """All orders of the run by id, those that are done too: snapshots of the moment in which they are asked for."""

    def __init__(self, book: OrderBook, views: OrderViews, wrapper: AssetWrapper) -> None:
        self._book = book
        self._views = views
        self._wrapper = wrapper

    def __getitem__(self, order_id: str) -> WorkingOrder:
        order = self._book.find(order_id)
        if order is None:
            raise KeyError(order_id)
        return WorkingOrder.of(self._views.of(order), self._wrapper)

    def __iter__(self) -> Iterator[str]:
        book = self._book
        return (book.order_id(order.number) for order in list(book.orders))

    def __len__(self) -> int:
        return len(self._book.orders)

    def __repr__(self) -> str:
        return repr(dict(self))


class RunBlotter:
    """The orders of a run and what fills them. Orders are snapshots; what is set in the models goes for the whole run.

    orders: all of them by id. slippage_models, commission_models: by class of asset. max_shares: the largest buy.
    """

    def __init__(self, context: Any, run: TradingAlgorithm, wrapper: AssetWrapper) -> None:
        self._context = context
        self._run = run
        parts = parts_of(run)
        self._book, self._views = parts.book, parts.views
        self._wrapper = wrapper
        self.orders = Orders(self._book, self._views, wrapper)
        self._settings = settings = parts.settings
        self.slippage_models = Models(settings.slippage, context.set_slippage)
        self.commission_models = Models(settings.commission, context.set_commission)
        self.max_shares = MOST_SHARES

    @property
    def cancel_policy(self) -> Any:
        """When open orders are cancelled by themselves; setting it is `set_cancel_policy`."""
        return self._settings.cancel_policy

    @cancel_policy.setter
    def cancel_policy(self, policy: Any) -> None:
        self._context.set_cancel_policy(policy)

    @property
    def current_dt(self) -> Any:
        """The moment, a Timestamp in UTC."""
        return self._context.datetime

    @property
    def open_orders(self) -> dict[Asset, list[WorkingOrder]]:
        """The open orders by asset, oldest first; an empty list for an asset that has none."""
        view = self._views.of
        found: dict[Asset, list[WorkingOrder]] = defaultdict(list)
        for queue in self._book.open.values():
            asset = self._wrapper.of(queue[0].instrument.asset)
            found[asset] = [WorkingOrder.of(view(order), self._wrapper) for order in queue]
        return found

    def order(self, asset: Any, amount: int, style: Any, order_id: str | None = None) -> str | None:
        """Places an order. Market orders pass the controls, as in Zipline. order_id: ids are the run's own."""
        if order_id is not None:
            raise NotYetAvailable(f"blotter.order(order_id={order_id!r}): a run gives its own ids. Leave it out.")
        if not amount:
            return None
        if style is None or style.get_limit_price(amount > 0) is style.get_stop_price(amount > 0) is None:
            return str(self._run.batch_market_order({unwrap(asset): amount})[0])
        made: str | None = self._context.order(asset, amount, style=style)
        return made

    def batch_order(self, order_arg_lists: Iterable[Iterable[Any]]) -> list[str | None]:
        """Places several orders, each given by the arguments of `order`; their ids."""
        return [self.order(*arguments) for arguments in order_arg_lists]

    def cancel(self, order_id: Any, relay_status: bool = True) -> None:
        """Cancels an order that is open; other ids are passed over. relay_status: a cancelled order always shows up."""
        self._context.cancel_order(order_id)

    def cancel_all_orders_for_asset(self, asset: Any, warn: bool = False, relay_status: bool = True) -> None:
        """Cancels the open orders of an asset."""
        for order in self._context.get_open_orders(asset):
            self.cancel(order.id)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise NotYetAvailable(
            f"blotter.{name} is not offered. There are open_orders, orders, order, batch_order, cancel, "
            "cancel_all_orders_for_asset, slippage_models, commission_models and cancel_policy."
        )

    def __repr__(self) -> str:
        still_open = sum(order.status is OrderStatus.OPEN for order in self._book.orders)
        return (
            f"RunBlotter(slippage_models={self.slippage_models}, commission_models={self.commission_models}, "
            f"cancel_policy={self.cancel_policy!r}, orders={len(self.orders)}, open={still_open})"
        )
