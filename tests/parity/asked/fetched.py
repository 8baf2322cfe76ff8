"""What fetch_csv makes of files of any making, over http as Zipline wants it."""

import http.server
import threading

from zipline.api import fetch_csv, symbol

from tests.parity._told import tell

FILES = {
    "plain": "date,symbol,x,words\n2016-05-03,CHARLIE,1,one\n2016-05-03,ECHO,2,two\n"
    "2016-05-09,CHARLIE,3,\n2016-05-09,NOPE,4,x\n",
    "slashes": "date,symbol,x\n5/3/2016,CHARLIE,1\n5/10/2016,CHARLIE,2\n12/1/2015,BRAVO,3\n",
    "backwards": "date,symbol,x\n2016-05-12,CHARLIE,3\n2016-05-03,CHARLIE,1\n2016-05-05,charlie,2\n",
    "columns": "when;ticker;x;y\n2016-05-03;CHARLIE;1,5;2\n2016-05-06;CHARLIE;2,5;3\n",
    "values": "date,x,flag,price\n2016-05-03,1,True,7\n2016-05-06,,False,8\n2016-05-09,3,,9\n",
    "twice": "date,symbol,x\n2016-05-03,CHARLIE,1\n2016-05-03,CHARLIE,2\n2016-05-04,BRAVO,5\n2016-05-04,CHARLIE,\n",
    "early": "date,symbol,x\n2015-12-31,CHARLIE,1\n2016-08-31,CHARLIE,9\n2017-05-03,CHARLIE,99\n",
    "weekend": "date,symbol,x\n2016-05-07,CHARLIE,1\n2016-05-08,CHARLIE,2\n2016-05-30,CHARLIE,3\n",
    "evening": "date,symbol,x\n2016-05-03 23:30,CHARLIE,1\n2016-05-05 20:00,CHARLIE,2\n2016-05-06 03:00,CHARLIE,3\n",
    "no dates": "date,symbol,x\n2016-05-03,CHARLIE,1\nsoon,CHARLIE,2\n,CHARLIE,3\n",
    "own price": "date,symbol,price,volume,mine\n2016-05-03,CHARLIE,-1,-2,-3\n",
    "missing": "date,symbol,x\n2016-05-03,NA,1\n2016-05-03,CHARLIE,NA\n2016-05-04,CHARLIE,nan\n",
    "a sid": "date,symbol,sid,x\n2016-05-03,CHARLIE,7,1\n",
}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        text = FILES.get(self.path[1:].partition("?")[0].replace("%20", " "))
        self.send_response(200 if text else 404)
        self.send_header("Content-Type", "text/csv; charset=utf-8")
        self.end_headers()
        self.wfile.write((text or "").encode())

    def log_message(self, *arguments):
        pass


def halved(frame):
    frame["x"] = frame["x"] / 2
    return frame


def doubled(frame):
    return frame.assign(z=frame["x"] * 2)


def initialize(context):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    home = f"http://127.0.0.1:{server.server_port}/"
    context.server = server
    context.bar = 0
    context.assets = [symbol("CHARLIE"), symbol("BRAVO"), symbol("ECHO")]

    def fetch(name, **options):
        # a prefix for the columns, so that files can be told apart
        given = options.pop("post_func", None)

        def named(frame):
            frame = frame if given is None else given(frame)
            label = options.get("symbol") or name
            return frame.rename(columns={one: f"{label}.{one}" for one in frame.columns if one != "sid"})

        tell(f"fetch {name}", lambda: bool(fetch_csv(home + name.replace(" ", "%20"), post_func=named, **options)))

    fetch("plain")
    fetch("slashes")
    fetch("backwards", pre_func=halved, post_func=doubled)
    fetch("columns", date_column="when", symbol_column="ticker", sep=";", decimal=",")
    fetch("values", symbol="V")
    fetch("twice")
    fetch("early")
    fetch("weekend")
    fetch("no dates")
    fetch("own price")
    fetch("missing")
    fetch("a sid")
    tell("not there", lambda: fetch_csv(home + "nope"))
    tell("an odd option", lambda: fetch_csv(home + "plain", nonsense=5))


ASKED = {
    "plain": ("x", "words"),
    "slashes": ("x",),
    "backwards": ("x", "z"),
    "columns": ("x", "y"),
    "twice": ("x",),
    "early": ("x",),
    "weekend": ("x",),
    "no dates": ("x",),
    "own price": ("price", "mine"),
    "missing": ("x",),
    "a sid": ("x",),
}


def handle_data(context, data):
    context.bar += 1
    if context.bar > 12 and context.bar < 84:
        return
    for name, fields in ASKED.items():
        for field in fields:
            for asset in context.assets[: 1 if name == "plain" and field == "words" else 3]:
                label = f"{name}.{field}"
                tell(
                    f"{data.current_session.date()} {label} {asset.symbol}", lambda a=asset, f=label: data.current(a, f)
                )
    for field in ("x", "flag", "price"):
        tell(f"V {field}", lambda field=field: data.current("V", f"V.{field}"))
    tell("both", lambda: data.current(context.assets, "plain.x"))
    tell("with a price", lambda: data.current(context.assets[0], ["close", "plain.x"]))
    tell("all", lambda: data.current(context.assets, ["close", "plain.x"]))
    tell("assets", lambda: sorted(asset.symbol for asset in data.fetcher_assets))


def analyze(context, perf):
    context.server.shutdown()
    context.server.server_close()
