"""A sweep over pairs of averages in vectorbt. Run by an interpreter that has it: it wants another pandas than Zipline.

    python benchmarks/_on_vectorbt.py CLOSES.npy FAST SLOW QUANTITY CASH

FAST, SLOW: windows, with commas between them. Prints JSON: the CPU seconds of a sweep that follows one that compiled,
the final value and the number of orders of each pair.
"""

from __future__ import annotations

import json
import resource
import sys
from typing import Any


def cpu() -> float:
    """Core-seconds of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def sweep(closes: Any, pairs: list[tuple[int, int]], quantity: int, cash: int) -> tuple[list[float], list[int]]:
    """All pairs at once: bought where the fast one crosses up, sold where it crosses down, at the next bar's close."""
    import pandas as pd
    import vectorbt as vbt

    price = pd.Series(closes)
    fast, slow = [vbt.MA.run(price, [pair[place] for pair in pairs], run_unique=True) for place in (0, 1)]
    entries, exits = fast.ma_crossed_above(slow).vbt.fshift(1), fast.ma_crossed_below(slow).vbt.fshift(1)
    portfolio = vbt.Portfolio.from_signals(
        price, entries, exits, size=quantity, init_cash=cash, fees=0, slippage=0, freq="1min"
    )
    return portfolio.final_value().tolist(), portfolio.orders.count().tolist()


def main() -> None:
    """Compiles with a few pairs, then measures all of them."""
    import numpy as np

    closes = np.load(sys.argv[1])
    fast, slow = [[int(window) for window in given.split(",")] for given in sys.argv[2:4]]
    quantity, cash = map(int, sys.argv[4:])
    pairs = [(one, other) for one in fast for other in slow]
    sweep(closes[:5_000], pairs[:3], quantity, cash)
    begun = cpu()
    values, orders = sweep(closes, pairs, quantity, cash)
    print(json.dumps({"cpu": cpu() - begun, "values": values, "orders": orders}))


if __name__ == "__main__":
    main()
