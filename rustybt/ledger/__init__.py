"""Exact books: cash, positions and corporate actions. Entries are append-only, everything else is their fold."""

from rustybt.ledger._ledger import Books, Entry, Instrument, Ledger, Receivable, Shares

__all__ = ["Books", "Entry", "Instrument", "Ledger", "Receivable", "Shares"]
