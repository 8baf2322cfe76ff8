"""What may be asked of a picture."""

from typing import Literal

type Kind = Literal["equity", "trades", "drawdown", "monthly", "rolling", "distribution", "exposure", "costs"]
type Backend = Literal["matplotlib", "plotly"]
type Theme = Literal["light", "dark"]
