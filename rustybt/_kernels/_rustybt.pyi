"""What the native extension offers; `mypy.stubtest` holds it against the binary."""

from typing import Final

ABI: Final[int]
__version__: Final[str]

def source_hash() -> str: ...
