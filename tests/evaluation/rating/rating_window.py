"""The page in a window of a browser, for tests."""

import json
import time
from contextlib import contextmanager

from made_pictures import lines_of, served

ASKED = "!document.querySelector('#ask').hidden && !document.querySelector('#ask.waiting')"
THANKED = "!document.querySelector('#thanks').hidden"
GREETED = "!document.querySelector('#hello').hidden && document.activeElement.id === 'name'"
PROGRESS = "document.querySelector('.progress').textContent"


@contextmanager
def page_of(
    chromium, material, results, kinds=("choice",), count=6, size=(1280, 800), rater="anna"
):
    with served(material, results, kinds, count) as (server, _):
        window = chromium.window(*size)
        window.open(server.address(rater))
        window.until(ASKED if rater else GREETED)
        yield window, server
        assert window.complaints() == []


def at(window, number, total=6):
    window.until(f"{ASKED} && {PROGRESS} === '{number} of {total}'")


def said(results):
    keys = ("chosen", "score", "said")
    return [line[key] for line in lines_of(results) for key in keys if key in line]


def saved_as(path):
    """Wait for what the browser saves, and read it."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if path.exists() and (text := path.read_text(encoding="utf-8")).endswith("]\n"):
            return json.loads(text)
        time.sleep(0.05)
    raise AssertionError(f"{path.name} was never saved")
