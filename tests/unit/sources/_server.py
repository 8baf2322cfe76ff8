"""A vendor on a local socket: routes answer what documents or recordings say, or the trouble that a test asks for."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass
class Asked:
    path: str
    query: dict[str, str]
    headers: dict[str, str]


@dataclass
class Reply:
    """body: text, bytes, or what JSON is made of."""

    body: object = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    hang_up: bool = False


type Route = Callable[[Asked], Reply]


class Vendor:
    """A server with routes by the beginning of the path. `trouble` is answered first, one reply a call."""

    def __init__(self) -> None:
        self.routes: dict[str, Route] = {}
        self.trouble: list[Reply] = []
        self.asked: list[Asked] = []
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                vendor._answer(self)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        asked = Asked(unquote(parts.path), query, {k.lower(): v for k, v in handler.headers.items()})
        self.asked.append(asked)
        reply = self.trouble.pop(0) if self.trouble else self._route(asked)
        if reply.hang_up:
            handler.close_connection = True
            handler.connection.close()
            return
        body = reply.body if isinstance(reply.body, bytes) else None
        if body is None:
            body = (reply.body if isinstance(reply.body, str) else json.dumps(reply.body)).encode()
        handler.send_response(reply.status)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **reply.headers}
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    def _route(self, asked: Asked) -> Reply:
        for prefix in sorted(self.routes, key=len, reverse=True):
            if asked.path.startswith(prefix):
                return self.routes[prefix](asked)
        return Reply({"error": "no such path"}, 404)
