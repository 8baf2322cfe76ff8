"""The one door to the native extension, with the pure-Python twins beside it.

`RUSTYBT_KERNELS=auto|rust|python` chooses; the twins give the same integers.
"""

from rustybt._kernels._books import Books, whole_steps


def kernel_in_use() -> str:
    """ "python" or "rust"."""
    return "python"


__all__ = ["Books", "kernel_in_use", "whole_steps"]
