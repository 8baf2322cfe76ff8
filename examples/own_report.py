"""Holds IBM above its average, and reports: three windows compared, a section of one's own; a page or a PDF.

python examples/own_report.py      # with the word pdf behind it as pages of a PDF
rustybt run -f examples/own_report.py -s 2004-01-02 -e 2009-12-31 --capital-base 100000
"""

import sys

from rustybt.api import order_target_percent, record, symbol


def initialize(context, days=100):
    context.stock, context.days = symbol("IBM"), days


def handle_data(context, data):
    closes = data.history(context.stock, "price", context.days, "1d")
    order_target_percent(context.stock, 1 if closes[-1] > closes.mean() else 0, tag="above")
    record(distance=closes[-1] / closes.mean() - 1)


def longest_trades(result):
    """The trades that were held longest."""
    trades = result.trades.sort("sessions", descending=True)
    return [
        "Trends that lasted are what pays for the others.",
        trades.select("entry", "exit", "sessions", "net").head(5),
    ]


if __name__ == "__main__":
    from rustybt import run_algorithm

    first, *others = (
        run_algorithm("2004-01-02", "2009-12-31", initialize, 100_000, handle_data, params={"days": days})
        for days in (100, 50, 200)
    )
    print(first)
    place = "own_report.pdf" if "pdf" in sys.argv else "own_report.html"
    report = first.report(
        place,
        sections=["summary", "comparison", "equity", longest_trades, ...],
        compare={f"{other.manifest['params']['days']} days": other for other in others},
        overwrite=True,
    )
    print(f"{place}: {', '.join(report.sections)}")
