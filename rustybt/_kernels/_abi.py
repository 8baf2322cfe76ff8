"""What a native binary must agree with before it is used.

Standard library only: the build backend loads this file too.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Final

KERNEL_ABI: Final = 29
"""Counts up with every change of what Python calls in the extension; `ABI` in rust/crates/rustybt-python agrees."""


def source_hash(checkout: Path) -> str | None:
    """SHA-256 in hex over the Rust sources and manifests of a checkout; None where there are none.

    checkout: the folder that holds pyproject.toml and rust/. Names and contents count, dates do not.
    Costs about 0.3 ms for ten files.
    """
    rust = checkout / "rust"
    files = [
        os.path.join(folder, name)
        for folder, _, names in os.walk(rust)
        for name in names
        if name.endswith(".rs") or name == "Cargo.toml"
    ]
    if not files:
        return None
    digest = hashlib.sha256()
    for path in [*sorted(files), os.path.join(checkout, "Cargo.toml"), os.path.join(checkout, "Cargo.lock")]:
        digest.update(os.path.relpath(path, checkout).replace(os.sep, "/").encode())
        with open(path, "rb") as file:
            content = file.read()
        digest.update(b"\0%d\0" % len(content))
        digest.update(content)
    return digest.hexdigest()
