"""The page of a saved result, result.json: what is told of one without its frames."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from rustybt.errors import ResultCorrupt, ResultNotFound

SCHEMA: Final = 3
"""Of result.json and the frames; a reader refuses a newer one. Schema 1 had no causes of orders and their events,
schema 2 no details of entries."""
WITH_CAUSES: Final = 2
WITH_DETAILS: Final = 3
RESULT_FILE: Final = "result.json"


def read_page(folder: Path) -> dict[str, Any]:
    """The content of a folder's result.json. Raises ResultNotFound, and ResultCorrupt where it can't be read."""
    file = folder / RESULT_FILE
    if not file.is_file():
        raise ResultNotFound(
            f"There is no saved result in {folder}: no {RESULT_FILE}. Pass the folder that save() named."
        )
    try:
        page = json.loads(file.read_text(encoding="utf-8"))
        schema = page["schema"]
    except (ValueError, KeyError, TypeError) as error:
        raise ResultCorrupt(f"{file} can't be read: {error}. Run the strategy again and save it anew.") from None
    if schema not in range(1, SCHEMA + 1):
        raise ResultCorrupt(
            f"{file} has schema {schema}, and this version reads up to {SCHEMA}. Use the version that wrote it."
        )
    return dict(page)
