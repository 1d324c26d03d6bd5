"""A real browser without a window, told what to do through a pair of pipes: no driver, no port, no package.

Chromium reads commands from file 3 and answers on file 4, each a JSON object that ends with a zero byte (the
DevTools protocol, with `--remote-debugging-pipe`).
"""

import fcntl
import json
import os
import select
import shutil
import signal
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
PATIENCE = 60.0
"""Seconds that an answer may take on a busy machine."""

OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run",
    "--disable-background-networking", "--disable-extensions", "--remote-debugging-pipe",
)  # fmt: skip


def find() -> str | None:
    """Return the path of a browser; None where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """Speaks to a browser that runs."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands, self._answers = commands, answers
        self._number, self._buffer = 0, b""
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, session: str | None = None, /, **params: Any) -> Any:
        """Return what the browser answers to a command; what it tells on the way is kept in `events`."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        os.write(self._commands, json.dumps(message | ({"sessionId": session} if session else {})).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]
            self.events.append(answer)

    def wait(self, method: str) -> dict[str, Any]:
        """Return the first event of a kind that has not been waited for yet."""
        while True:
            for place, event in enumerate(self.events):
                if event["method"] == method:
                    return self.events.pop(place)
            self.events.append(self._next())

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._answers], [], [], PATIENCE)
            assert ready, "the browser does not answer"
            part = os.read(self._answers, 1 << 16)
            assert part, "the browser has ended"
            self._buffer += part
        message, _, self._buffer = self._buffer.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        return found


class Page:
    """Holds one page that a browser shows, and what it complained of or asked the network for."""

    def __init__(self, browser: Browser, width: int = 1200, height: int = 900) -> None:
        self._browser = browser
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.resize(width, height)

    def resize(self, width: int, height: int) -> None:
        """Give the page a window of so many pixels."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def call(self, method: str, **params: Any) -> Any:
        """Return what the page answers to a command."""
        return self._browser.call(method, self._session, **params)

    def open(self, path: Path) -> None:
        """Show a file, and wait until it is there."""
        self._browser.events.clear()
        self.call("Page.navigate", url=path.as_uri())
        self._browser.wait("Page.loadEventFired")

    def run(self, script: str) -> Any:
        """Return what a script gives, as plain values."""
        found = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def move(self, x: float, y: float, kind: str = "mouseMoved", **more: Any) -> None:
        """Move the mouse, or press or release its button."""
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def press(self, key: str) -> None:
        """Press a key, such as ArrowRight."""
        codes = {"ArrowDown": 40, "ArrowLeft": 37, "ArrowRight": 39, "Tab": 9, "Enter": 13, " ": 32}
        text = {"Enter": "\r", " ": " "}.get(key)
        for kind in ("keyDown", "keyUp"):
            more = {"text": text} if text and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=codes[key], **more)

    def prefer(self, **features: str) -> None:
        """Let the page find other preferences: colours, medium."""
        media = features.pop("media", "")
        listed = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.call("Emulation.setEmulatedMedia", media=media, features=listed)

    def picture(self, path: Path, clip: tuple[int, int, int, int] | None = None) -> None:
        """Keep a picture of the page, of a part given by its left, top, width and height."""
        more = {"clip": dict(zip(("x", "y", "width", "height"), clip, strict=True)) | {"scale": 1}} if clip else {}
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, **more)
        path.write_bytes(b64decode(shot["data"]))

    @property
    def complaints(self) -> list[dict[str, Any]]:
        """Return what the page has written to the console, or thrown."""
        kinds = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
        return [event for event in self._browser.events if event["method"] in kinds]

    @property
    def requests(self) -> list[str]:
        """Return the addresses that the page asked for."""
        sent = (event for event in self._browser.events if event["method"] == "Network.requestWillBeSent")
        return [event["params"]["request"]["url"] for event in sent]


@contextmanager
def browsing(path: str, folder: Path) -> Iterator[Browser]:
    """Give a browser that keeps what it has to keep in a folder, and end it."""
    (theirs_in, ours_out), (ours_in, theirs_out) = os.pipe(), os.pipe()
    # Away from 3 and 4, which the browser is to have.
    moved = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 20) for end in (theirs_in, theirs_out)]
    actions = [
        (os.POSIX_SPAWN_DUP2, moved[0], 3),
        (os.POSIX_SPAWN_DUP2, moved[1], 4),
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
    ]
    words = [path, *OPTIONS, f"--user-data-dir={folder}"]
    environment = os.environ | {"HOME": str(folder)}
    pid = os.posix_spawn(path, words, environment, file_actions=actions, setpgroup=0)
    for end in (theirs_in, theirs_out, *moved):
        os.close(end)
    try:
        yield Browser(ours_out, ours_in)
    finally:
        os.killpg(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(ours_out)
        os.close(ours_in)
