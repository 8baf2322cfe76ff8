"""The names that vendors and exchanges have for the columns of bars, in the languages in which they write files.

Names are as `plain_name` makes them; of several that a file has, the first one of a list stands for the column.
"""

from __future__ import annotations

import re
from typing import Final

_AROUND: Final = re.compile(r"^[\s\"'<#]+|[\s\"'>*]+$")
_NUMBERED: Final = re.compile(r"^[0-9][a-z]?\. ")
_BETWEEN: Final = re.compile(r"[\s_.:-]+")
_UNIT: Final = re.compile(r"\s*[(\[]\s*([^)\]]*?)\s*[)\]]\s*$")
_NO_UNITS: Final = re.compile(
    r"(?:1?[0 ]*000s?|k|m|mm|mn|mio|million|b|bn|thousands?|lots?|lakhs?|cr|%)", re.IGNORECASE
)
"""Of what stands in brackets: a factor, by which the numbers are other ones."""
MONIES: Final = frozenset(
    {
        "usd", "usdt", "usdc", "busd", "eur", "gbp", "jpy", "chf", "cad", "aud", "nzd", "cny", "inr", "krw", "brl",
        "rub", "sek", "nok", "dkk", "pln", "try", "hkd", "sgd", "currency", "quote",
    }
)  # fmt: skip
"""In which a volume of a pair is turnover, and no number of units."""

VENDOR_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "timestamp": (
        "date time", "date/time", "gmt time", "utc time", "local time", "open time", "opentime",
        "timeopen", "time open", "window start", "ts event", "snapped at", "begins at",
        "candle begin time", "unix", "unix timestamp", "unixtime", "epoch",
    ),
    "date": (
        "day", "trade date", "tradedate", "trading date", "trading day", "exchange date", "price date",
        "quote date", "business date", "traddt", "dtyyyymmdd", "yyyymmdd", "datum", "fecha", "data",
        "dato", "tarih", "дата", "日期", "交易日期", "时间", "日付", "일자", "날짜",
    ),
    "symbol": (
        "ts code", "stock code", "ticker symbol", "act symbol", "tradingsymbol", "trading symbol",
        "tckrsymb", "ric", "instrument", "security", "股票代码", "代码", "종목코드", "銘柄コード",
    ),
    "open": (
        "open price", "opening price", "openprice", "px open", "opnpric", "eröffn",
        "first trade price", "firsttradeprice", "erster", "eröffnung", "eröffnungskurs", "ouv",
        "ouverture", "apertura", "abertura", "otwarcie", "откр", "открытие", "açılış", "开盘", "开盘价",
        "始値", "시가",
    ),
    "high": (
        "high price", "highprice", "px high", "hghpric", "high trade price", "hightradeprice", "hoch",
        "höchst", "tageshoch", "haut", "plus haut", "máximo", "maximo", "máxima", "massimo", "max",
        "najwyzszy", "макс", "максимум", "yüksek", "最高", "最高价", "高値", "고가",
    ),
    "low": (
        "low price", "lowprice", "px low", "lwpric", "low trade price", "lowtradeprice", "tief",
        "tiefst", "tagestief", "bas", "plus bas", "mínimo", "minimo", "mínima", "min", "najnizszy",
        "мин", "минимум", "düşük", "最低", "最低价", "安値", "저가",
    ),
    "close": (
        "close/last", "close price", "closing price", "closeprice", "px last", "clspric", "zuletzt",
        "settle", "settlement price", "last", "last price", "last trade price", "lasttradeprice",
        "schluss", "schlusskurs", "schlußkurs", "schluß", "clot", "clôture", "cloture", "dernier",
        "cierre", "último", "chiusura", "ultimo", "fechamento", "zamkniecie", "цена", "закрытие",
        "kapanış", "şimdi", "收盘", "收盘价", "終値", "종가", "price",
    ),
    "volume": (
        "number of shares", "no of shares", "total traded quantity", "tottrdqty", "ttltradgvol",
        "traded quantity", "shares", "px volume", "share volume", "tickvol",
        "tick volume", "tickvolume", "stücke", "stuecke", "stück", "volumen stück",
        "umsatz stück", "volumen", "umsatz", "wolumen", "volumi",
        "volume traded", "объём", "объем", "hacim", "hac", "成交量", "出来高", "거래량",
    ),
}  # fmt: skip
TICK_VOLUMES: Final = ("tickvol", "tick volume", "tickvolume")
"""Changes of the price, which stand for the volume where nobody counts what is traded."""
LETTERS: Final = {"o": "open", "h": "high", "l": "low", "c": "close", "v": "volume", "t": "timestamp"}
"""Of files that have no other names than those."""


def plain_name(name: str) -> str:
    """A column's name without what differs from maker to maker: case, brackets, points and numbers before it."""
    plain = _AROUND.sub("", name).lower()
    plain = _NUMBERED.sub("", plain)
    unit = _UNIT.search(plain)
    if unit and not _NO_UNITS.fullmatch(unit[1]):
        plain = plain[: unit.start()] + (f" {unit[1]}" if plain.startswith(("vol", "umsatz")) else "")
    return _BETWEEN.sub(" ", plain).strip()
