"""Registering blotters, as zipline.extensions has it."""

from rustybt.zipline._blotters import load, register, unregister
from rustybt.zipline._extensions import Namespace, create_args

__all__ = ["Namespace", "create_args", "load", "register", "unregister"]
