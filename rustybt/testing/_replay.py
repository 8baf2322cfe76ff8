"""A local server that answers with what was recorded, so that a source can be run without its vendor."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote


@contextmanager
def replay(replies: Mapping[str, str]) -> Iterator[str]:
    """Serves text by the beginning of the path with its query, the longest that fits; else 404. Gives its address.

    replies: such as {"/v2/aggs/ticker/AAPL/": '{"status": "OK", "results": []}'}.

    >>> from rustybt.sources import AlphaVantage
    >>> from rustybt.testing import replay
    >>> day = '{"1. open": "10", "2. high": "12", "3. low": "9", "4. close": "11", "5. volume": "100"}'
    >>> recorded = {"/query?function=TIME_SERIES_DAILY&": '{"Time Series (Daily)": {"2024-01-02": %s}}' % day}
    >>> with replay(recorded) as address:
    ...     source = AlphaVantage("any key", actions=False, base_url=f"{address}/query")
    ...     print(source.fetch(["IBM"], "2024-01-02", "2024-01-02").bars["close"].to_list())
    [Decimal('11')]
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = unquote(self.path)
            fitting = [beginning for beginning in replies if path.startswith(beginning)]
            body = replies[max(fitting, key=len)].encode() if fitting else b"{}"
            self.send_response(200 if fitting else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
