"""A headless Chromium, spoken to by pipe: pages opened as a reader opens them, without any network."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")


def find_browser() -> str | None:
    """The browser of RUSTYBT_BROWSER, else the first of Chromium's kind on the path."""
    return os.environ.get("RUSTYBT_BROWSER") or next((path for name in NAMES if (path := shutil.which(name))), None)


class Browser:
    """A process of Chromium, with one page at a time.

    problems: what the page said on its console, the errors that it raised, and addresses that it asked for.
    """

    def __init__(self, program: str) -> None:
        self._folder = tempfile.mkdtemp(prefix="rustybt-browser-")
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()

        def connect() -> None:
            # the browser reads from 3 and writes to 4
            first, second = os.dup(theirs_in), os.dup(theirs_out)
            os.dup2(first, 3)
            os.dup2(second, 4)

        arguments = ["--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--no-first-run"]
        arguments += [
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--hide-scrollbars",
            "--disable-extensions",
        ]
        self._process = subprocess.Popen(
            [program, *arguments, f"--user-data-dir={self._folder}", "about:blank"],
            preexec_fn=connect,  # noqa: PLW1509 - the tests have no other thread
            close_fds=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        # not select(), which knows no file beyond the thousandth
        self._poll = select.poll()
        self._poll.register(self._in, select.POLLIN)
        self._number = 0
        self._buffer = b""
        self._session: str | None = None
        self._loaded = False
        self.problems: list[str] = []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **params: Any) -> Any:
        """What a command gives; what the page does meanwhile is noted."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self._note(answer)

    def _next(self) -> dict[str, Any]:
        until = time.monotonic() + 60
        while b"\0" not in self._buffer:
            if not self._poll.poll(max(0.0, until - time.monotonic()) * 1000):
                raise TimeoutError("The browser did not answer in a minute.")
            read = os.read(self._in, 1 << 20)
            if not read:
                raise RuntimeError("The browser has ended.")
            self._buffer += read
        message, _, self._buffer = self._buffer.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        return found

    def _note(self, event: dict[str, Any]) -> None:
        method, params = event.get("method"), event.get("params", {})
        if method == "Page.loadEventFired":
            self._loaded = True
        elif method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.problems.append(details.get("exception", {}).get("description") or details["text"])
        elif method == "Runtime.consoleAPICalled":
            self.problems.append(" ".join(str(one.get("value", one.get("description"))) for one in params["args"]))
        elif method == "Log.entryAdded":
            self.problems.append(params["entry"]["text"])
        elif method == "Network.requestWillBeSent" and not params["request"]["url"].startswith(
            ("file:", "data:", "about:")
        ):
            self.problems.append(f"asked for {params['request']['url']}")

    def open(self, path: Path, *, width: int = 1200, height: int = 900, dark: bool = False, wait: bool = True) -> float:
        """Opens a file; returns the seconds until its script is done and, with wait, what is seen is drawn."""
        self.problems.clear()
        phone = width < 600
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])
        self._loaded = False
        began = time.perf_counter()
        self.ask("Page.navigate", url=path.resolve().as_uri())
        while not self._loaded:
            self._note(self._next())
        if wait:
            self.run("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))")
        return time.perf_counter() - began

    def run(self, script: str) -> Any:
        """What an expression comes to, as JSON has it."""
        found = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise RuntimeError(found["exceptionDetails"].get("exception", {}).get("description"))
        return found["result"].get("value")

    def press(self, key: str) -> None:
        """Presses a key and lets it go."""
        text = {"text": key} if len(key) == 1 else {}
        self.ask("Input.dispatchKeyEvent", type="keyDown", key=key, **text)
        self.ask("Input.dispatchKeyEvent", type="keyUp", key=key)

    def mouse(self, kind: str, x: float, y: float) -> None:
        """A move, press or release of the mouse."""
        button = "none" if kind == "mouseMoved" else "left"
        self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button=button, buttons=1, clickCount=1)

    def picture(self, path: Path, *, whole: bool = True) -> Path:
        """A picture of the page: of all of it, or of what is seen; also kept in the folder of RUSTYBT_PICTURES."""
        width = self.run("innerWidth")
        if whole:
            self.run("scrollTo(0, 0)")
            tall = min(self.run("document.documentElement.scrollHeight"), 16_000)
            phone = width < 600
            self.ask("Emulation.setDeviceMetricsOverride", width=width, height=tall, deviceScaleFactor=1, mobile=phone)
            self.run("new Promise(done => setTimeout(() => requestAnimationFrame(() => done(1)), 300))")
        path.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot", format="png")["data"]))
        if kept := os.environ.get("RUSTYBT_PICTURES"):
            Path(kept).mkdir(parents=True, exist_ok=True)
            shutil.copy(path, kept)
        return path

    def paper(self, path: Path) -> Path:
        """The page as it is printed."""
        path.write_bytes(base64.b64decode(self.ask("Page.printToPDF", printBackground=True)["data"]))
        return path

    def close(self) -> None:
        """Ends the process."""
        with contextlib.suppress(RuntimeError, OSError, TimeoutError):
            self._session = None
            self.ask("Browser.close")
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._in)
        os.close(self._out)
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def browser() -> Iterator[Browser]:
    """For a fixture: one process for the tests of a module."""
    program = find_browser()
    assert program is not None
    with Browser(program) as opened:
        yield opened
