"""JSON over HTTPS. Numbers stay what their text says: integers, else Decimal. Keys never reach a message."""

from __future__ import annotations

import datetime as dt
import email.utils
import gzip
import http.client
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from rustybt._version import __version__
from rustybt.errors import (
    InputError,
    SourceError,
    SourceMalformed,
    SourceRateLimited,
    SourceRefused,
    SourceUnavailable,
    SourceUnknownSymbol,
)

_SHOWN: Final = 200
_AGENT: Final = f"rustybt/{__version__}"


class Http:
    """Asks one vendor for JSON.

    source: the vendor's name, for messages. secrets: texts that no message may show.
    timeout: seconds of silence after which the vendor counts as unavailable.
    The usual variables (HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE) are honoured.
    """

    def __init__(
        self, source: str, *, headers: Mapping[str, str] | None = None, secrets: tuple[str, ...] = (), timeout: float
    ) -> None:
        self._source = source
        self._headers = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": _AGENT}
        self._headers |= headers or {}
        self._secrets = tuple(secret for secret in secrets if secret)
        self._timeout = timeout
        # a redirect to elsewhere would carry the key along: it is an error, not followed
        self._opener = urllib.request.build_opener(_NoRedirect)

    def get(self, url: str, params: Mapping[str, object] | None = None) -> Any:
        """The JSON behind a URL. Parameters that are None are left out. Raises a SourceError."""
        given = {name: str(value) for name, value in (params or {}).items() if value is not None}
        if given:
            url = f"{url}{'&' if '?' in url else '?'}{urllib.parse.urlencode(given)}"
        if not url.startswith(("https://", "http://")):
            raise InputError(f"{self._source}: {self.clean(url)} is no address. Pass one that begins with https://.")
        try:
            with self._opener.open(urllib.request.Request(url, headers=self._headers), timeout=self._timeout) as reply:
                body = self._body(reply)
        except urllib.error.HTTPError as error:
            with error:
                raise self._refused(error) from None
        except (OSError, http.client.HTTPException) as error:
            # not `from error`: what it says may quote the address, and with it the key
            reason = self.clean(str(getattr(error, "reason", error)) or type(error).__name__)
            raise SourceUnavailable(
                f"{self._source} can't be reached: {reason}. Check the connection, then run the same again."
            ) from None
        return self._parsed(body)

    def _body(self, reply: Any) -> bytes:
        body: bytes = reply.read()
        if reply.headers.get("Content-Encoding") != "gzip":
            return body
        try:
            return gzip.decompress(body)
        except (OSError, EOFError):
            raise SourceMalformed(
                f"{self._source} sent a reply whose compression is broken. Run the same again.", may_pass=True
            ) from None

    def _parsed(self, body: bytes) -> Any:
        try:
            return json.loads(body, parse_float=Decimal, parse_constant=lambda text: None)
        except ValueError:
            shown = self.clean(body[:_SHOWN].decode("utf-8", "replace"))
            raise SourceMalformed(
                f"{self._source} sent what is no JSON: {shown!r}. Run the same again later.", may_pass=True
            ) from None

    def _refused(self, error: urllib.error.HTTPError) -> SourceError:
        said = self.clean(_message_in(_read(error)))
        told = f"{self._source} answered {error.code}{': ' + said if said else ''}"
        if error.code in (401, 402, 403):
            return SourceRefused(f"{told}. Check the key, and what its plan allows.", stops=error.code == 401)
        if error.code == 429:
            wait = _retry_after(error.headers.get("Retry-After"))
            return SourceRateLimited(f"{told}. Ask less often, or wait.", retry_after=wait)
        if error.code == 404:
            return SourceUnknownSymbol(f"{told}. Check the spelling of the symbol.")
        if error.code >= 500 or error.code == 408:
            wait = _retry_after(error.headers.get("Retry-After"))
            return SourceUnavailable(f"{told}. Run the same again later.", retry_after=wait)
        return SourceError(f"{told}. Check symbols, dates and frequency.")

    def clean(self, text: str) -> str:
        """A text without keys, in one line, and not too long: fit for a message."""
        for secret in self._secrets:
            text = text.replace(secret, "***").replace(urllib.parse.quote_plus(secret), "***")
        return " ".join(text.split())[:_SHOWN]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_more: Any) -> None:
        return None


def _read(error: urllib.error.HTTPError) -> bytes:
    try:
        body = error.read(10_000)
        return gzip.decompress(body) if error.headers.get("Content-Encoding") == "gzip" else body
    except (OSError, EOFError, http.client.HTTPException):
        return b""


def _message_in(body: bytes) -> str:
    """A vendor's words on an error: the field for it, else the text."""
    text = body.decode("utf-8", "replace")
    try:
        found = json.loads(text)
    except ValueError:
        return "" if "<" in text else text
    if isinstance(found, dict):
        for name in ("error", "message", "Error Message", "Information"):
            if isinstance(found.get(name), str):
                return str(found[name])
    return ""


def _retry_after(text: str | None) -> float | None:
    """Seconds, or the time until a date."""
    if not text:
        return None
    if re.fullmatch(r"\d{1,9}", text.strip(), re.ASCII):
        return float(text)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:  # "-0000" says that the zone is not told; dates of HTTP are in UTC
        moment = moment.replace(tzinfo=dt.UTC)
    return max(0.0, (moment - dt.datetime.now(dt.UTC)).total_seconds())
