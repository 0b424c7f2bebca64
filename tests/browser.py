"""A headless Chromium, driven through a pipe by the DevTools protocol."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PATIENCE = 30.0
# Keys by name: what the protocol wants to know of them.
KEYS = {
    "ArrowLeft": (37, ""),
    "ArrowRight": (39, ""),
    "ArrowDown": (40, ""),
    "Backspace": (8, ""),
    "Enter": (13, "\r"),
    "Tab": (9, ""),
    " ": (32, " "),
}


def found() -> str | None:
    """The browser's program, or None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Browser:
    """One process; `window` gives pages that share no storage with others."""

    def __init__(self, program: str) -> None:
        self._folder = tempfile.mkdtemp(prefix="stylecli-browser-")
        self._to, theirs_in = _pipe_end(False)
        self._from, theirs_out = _pipe_end(True)
        arguments = [
            program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--no-first-run", "--disable-extensions", "--disable-background-networking",
            "--remote-debugging-pipe", f"--user-data-dir={self._folder}", "about:blank",
        ]  # fmt: skip
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PLACED, str(theirs_in), str(theirs_out), *arguments],
            pass_fds=(theirs_in, theirs_out),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._read = b""
        self._number = 0
        self.events: list[dict] = []

    def window(self, width: int = 1280, height: int = 800, touch: bool = False) -> Window:
        context = self.call("Target.createBrowserContext")["browserContextId"]
        return Window(self, context, width, height, touch)

    def call(self, method: str, session: str | None = None, **given: object) -> dict:
        self._number += 1
        message = {"id": self._number, "method": method, "params": given}
        if session:
            message["sessionId"] = session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]
            self.events.append(answer)

    def _next(self) -> dict:
        until = time.monotonic() + PATIENCE
        while b"\0" not in self._read:
            ready, _, _ = select.select([self._from], [], [], max(0, until - time.monotonic()))
            assert ready, "the browser does not answer"
            got = os.read(self._from, 1 << 20)
            assert got, "the browser ended"
            self._read += got
        line, _, self._read = self._read.partition(b"\0")
        return json.loads(line)

    def close(self) -> None:
        try:
            self.call("Browser.close")
        except (AssertionError, OSError):
            self._process.kill()
        self._process.wait(PATIENCE)
        os.close(self._to)
        os.close(self._from)
        shutil.rmtree(self._folder, ignore_errors=True)


class Window:
    """A page in a window of its own."""

    def __init__(
        self, browser: Browser, context: str, width: int, height: int, touch: bool
    ) -> None:
        self._browser = browser
        self._context = context
        target = browser.call("Target.createTarget", url="about:blank", browserContextId=context)
        attached = browser.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = attached["sessionId"]
        self.call("Page.enable")
        self.call("Runtime.enable")
        self.call("Log.enable")
        self.call("Network.enable")
        self.size(width, height, touch)

    def call(self, method: str, **given: object) -> dict:
        return self._browser.call(method, self._session, **given)

    def size(self, width: int, height: int, touch: bool = False) -> None:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": touch}
        self.call("Emulation.setDeviceMetricsOverride", **metrics)
        self.call("Emulation.setTouchEmulationEnabled", enabled=touch)

    def open(self, address: str) -> None:
        result = self.call("Page.navigate", url=address)
        assert "errorText" not in result, result
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def reload(self) -> None:
        self.run("window.before = true")
        self.call("Page.reload")
        self.until("!window.before && document.readyState === 'complete'")

    def run(self, script: str) -> object:
        result = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def until(self, script: str) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                if self.run(f"Boolean({script})"):
                    return
            except AssertionError:
                # The page is just being left.
                pass
            time.sleep(0.03)
        raise AssertionError(f"never came true: {script}; {self.run('document.body.innerText')}")

    def press(self, key: str) -> None:
        code, text = KEYS[key] if key in KEYS else (ord(key.upper()), key)
        known = {"key": key, "windowsVirtualKeyCode": code}
        self.call(
            "Input.dispatchKeyEvent", type="keyDown", **known, **({"text": text} if text else {})
        )
        self.call("Input.dispatchKeyEvent", type="keyUp", **known)

    def type(self, text: str) -> None:
        self.call("Input.insertText", text=text)

    def click(self, selector: str, which: int = 0) -> None:
        x, y = self._middle(selector, which)
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def tap(self, selector: str, which: int = 0) -> None:
        x, y = self._middle(selector, which)
        self.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
        self.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def shot(self, path: Path) -> None:
        data = self.call("Page.captureScreenshot", format="png")["data"]
        path.write_bytes(base64.b64decode(data))

    def requests(self) -> list[str]:
        """The addresses of everything that was loaded."""
        return [
            event["params"]["request"]["url"] for event in self._own("Network.requestWillBeSent")
        ]

    def complaints(self) -> list[str]:
        """What the browser's console says: blocked by the policy, not found, errors of scripts."""
        said = [event["params"]["entry"]["text"] for event in self._own("Log.entryAdded")]
        thrown = self._own("Runtime.exceptionThrown")
        return said + [str(event["params"]["exceptionDetails"]) for event in thrown]

    def downloads_to(self, folder: Path) -> None:
        self._browser.call(
            "Browser.setDownloadBehavior",
            behavior="allow",
            browserContextId=self._context,
            downloadPath=str(folder),
        )

    def _own(self, method: str) -> list[dict]:
        self.run("0")
        return [
            event
            for event in self._browser.events
            if event.get("method") == method and event.get("sessionId") == self._session
        ]

    def _middle(self, selector: str, which: int) -> tuple[float, float]:
        box = self.run(
            f"(() => {{ const each = [...document.querySelectorAll({json.dumps(selector)})]"
            f".filter((one) => one.offsetParent)[{which}]; each.scrollIntoView({{block: 'nearest'}});"
            " const box = each.getBoundingClientRect();"
            " return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )
        return box[0], box[1]


def _pipe_end(reading: bool) -> tuple[int, int]:
    """Our end of a pipe and theirs, which is kept away from the numbers that the browser wants."""
    read, write = os.pipe()
    ours, theirs = (read, write) if reading else (write, read)
    moved = fcntl.fcntl(theirs, fcntl.F_DUPFD, 10)
    os.close(theirs)
    return ours, moved


# The browser reads at 3 and writes at 4.
_PLACED = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.dup2(int(sys.argv[2]), 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
