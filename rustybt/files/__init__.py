"""Frames and files as tables of text: CSV of any making, Parquet, Polars, pandas, Arrow."""

from rustybt.files._alike import read_each
from rustybt.files._archive import stored_at
from rustybt.files._csv import CsvFile
from rustybt.files._dialect import Dialect, as_dialect
from rustybt.files._even import YEARS
from rustybt.files._form import Form
from rustybt.files._moments import check_zone, parsed_stamps
from rustybt.files._names import STAMP_COLUMNS
from rustybt.files._notes import Notes
from rustybt.files._tables import (
    FRAME_ROWS,
    Table,
    check_dates,
    given_items,
    is_blank,
    need_columns,
    place_of,
    read_pieces,
    read_tables,
    text_column,
)
from rustybt.files._uneven import UnevenLine
from rustybt.files._unread import ADJUSTED_CLOSES, unread_columns, unread_note

__all__ = [
    "ADJUSTED_CLOSES",
    "FRAME_ROWS",
    "STAMP_COLUMNS",
    "YEARS",
    "CsvFile",
    "Dialect",
    "Form",
    "Notes",
    "Table",
    "UnevenLine",
    "as_dialect",
    "check_dates",
    "check_zone",
    "given_items",
    "is_blank",
    "need_columns",
    "parsed_stamps",
    "place_of",
    "read_each",
    "read_pieces",
    "read_tables",
    "stored_at",
    "text_column",
    "unread_columns",
    "unread_note",
]
