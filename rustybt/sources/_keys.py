"""Keys of vendors: from the environment, else from one file. They are never shown."""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path
from typing import Final

from rustybt.errors import InputError, SourceRefused

FILE_VARIABLE: Final = "RUSTYBT_SOURCES"


class Secret:
    """A key. Its text comes out of `reveal` only: neither repr, str, format nor pickle shows it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The key itself, for the one place that sends it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __reduce__(self) -> str | tuple[object, ...]:
        raise InputError("A key is not written into a file. Set it in the environment where it is needed.")


def keys_file() -> Path:
    """The file that keys are read from: RUSTYBT_SOURCES, else sources.toml in the user's configuration folder.

    >>> from rustybt.sources import keys_file
    >>> keys_file().name
    'sources.toml'
    """
    if given := os.environ.get(FILE_VARIABLE):
        return Path(given).expanduser()
    if sys.platform == "win32":
        base = Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return base / "rustybt" / "sources.toml"


def keep(given: str | Secret | None) -> Secret | None:
    """A key as it was given, from now on not to be seen."""
    return Secret(given) if isinstance(given, str) else given


def find_key(given: Secret | None, source: str, name: str, *variables: str) -> Secret:
    """The key: as given, else of the first environment variable that is set, else `name` in table `source` of the file.

    Raises SourceRefused where there is none, InputError where the file can't be read.
    """
    if given is not None:
        return given
    text = next((value for v in variables if (value := os.environ.get(v))), None)
    if text is None:
        text = _from_file(source, name)
    if not text:
        raise SourceRefused(
            f"{source} needs a key ({name}). Set {' or '.join(variables)} in the environment, "
            f"or write it into {keys_file()} under [{source}].",
            stops=True,
        )
    return Secret(text.strip())


def _from_file(source: str, name: str) -> str | None:
    path = keys_file()
    if not path.is_file():
        return None
    try:
        value = tomllib.loads(path.read_text(encoding="utf-8")).get(source, {}).get(name)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, AttributeError):
        # not `from error`: what TOML says may quote the line, and the line may be a key
        raise InputError(f"{path} can't be read as TOML. Write it like: [{source}] and below {name} = '...'.") from None
    return value if isinstance(value, str) else None
