"""Registering blotters by name, as zipline.extensions does: in the registry that runs look into."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rustybt.errors import InputError
from rustybt.execution import BLOTTERS, SimulationBlotter, blotter_named, register_blotter


def register(interface: type, name: str, custom_class: Callable[[], SimulationBlotter] | None = None) -> Any:
    """Registers what makes a blotter, under a name that --blotter takes. Without one it returns a decorator.

    interface: zipline.finance.blotter.Blotter. Raises InputError where the name is taken.
    """
    _checked(interface)
    if custom_class is None:
        return lambda made: register(interface, name, made)
    if name in BLOTTERS:
        raise InputError(f"The blotter {name!r} is registered already. Choose another name, or unregister it.")
    register_blotter(name, custom_class)
    return custom_class


def unregister(interface: type, name: str) -> None:
    """Removes a blotter. Raises InputError where there is none of that name."""
    load(interface, name)
    del BLOTTERS[name]


def load(interface: type, name: str) -> SimulationBlotter:
    """A new blotter of that name. Raises InputError where there is none."""
    _checked(interface)
    return blotter_named(name)


def _checked(interface: type) -> None:
    if interface is not SimulationBlotter:
        raise InputError(f"{interface!r} can't be extended here: zipline.finance.blotter.Blotter can.")
