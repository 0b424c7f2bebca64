"""One large file from the web: in pieces, gone on with after an interruption, errors in plain words."""

from __future__ import annotations

import http.client
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

from stylecli.errors import StylecliError
from stylecli.files import explained
from stylecli.progress import Event, Progress
from stylecli.version import version

if TYPE_CHECKING:
    from http.client import HTTPResponse

_BLOCK = 1 << 20
_PATIENCE = 30
_PAST_THE_END = 416


def download(url: str, part: Path, resume: bool, stage: str, progress: Progress) -> None:
    """Download a file, or the rest of it.

    Args:
        url: Where it is.
        part: What has arrived; it stays after an error, to go on from.
        resume: Go on from what has arrived; else it is fetched anew.
        stage: What is said of it; progress is in megabytes.
        progress: Hears of every one.

    Raises:
        StylecliError: The server cannot be reached, has no such file, or stops half-way; or the disk is full.
    """
    if not resume:
        part.unlink(missing_ok=True)
    there = _size(part)
    try:
        with _opened(url, there) as answer:
            _receive(answer, url, part, there, stage, progress)
    except HTTPError as problem:
        if problem.code == _PAST_THE_END and there:
            # What has arrived is no beginning of what is there now.
            return download(url, part, False, stage, progress)
        raise StylecliError(
            f"{url}: the server answered {problem.code} {problem.reason}."
        ) from problem
    # Of the disk `_receive` tells itself: what is left is the network's, or an address that is none.
    except (OSError, http.client.HTTPException, ValueError) as problem:
        raise StylecliError(f"{url}: cannot be reached ({_said(problem)}).") from problem


def _opened(url: str, there: int) -> HTTPResponse:
    # Letters that addresses do not have; what is written with % already stays.
    request = Request(
        quote(url, safe="!#$%&'()*+,/:;=?@[]~"), headers={"User-Agent": f"stylecli/{version()}"}
    )
    if there:
        request.add_header("Range", f"bytes={there}-")
    answer: HTTPResponse = urlopen(request, timeout=_PATIENCE)
    return answer


def _receive(
    answer: HTTPResponse, url: str, part: Path, there: int, stage: str, progress: Progress
) -> None:
    if answer.headers.get_content_type() == "text/html":
        raise StylecliError(f"{url}: the server answered with a web page, not with the file.")
    # A server that knows no pieces sends all of it.
    there = there if answer.status == http.client.PARTIAL_CONTENT else 0
    length = answer.headers.get("Content-Length")
    total = there + int(length) if length and length.isdecimal() else None
    try:
        _check_room(part, (total or 0) - there)
        with part.open("ab" if there else "wb") as file:
            for block in _blocks(answer, url):
                file.write(block)
                there += len(block)
                progress(Event(stage, there // 10**6, total and -(-total // 10**6)))
    except OSError as problem:
        raise explained(part, problem) from problem
    if total is not None and there < total:
        raise StylecliError(f"{url}: the connection ended after {there} of {total} bytes.")


def _blocks(answer: HTTPResponse, url: str) -> Iterator[bytes]:
    """What arrives; an error of the network is told here, where it cannot be taken for one of the disk."""
    try:
        while block := answer.read(_BLOCK):
            yield block
    except OSError as problem:
        raise StylecliError(f"{url}: the connection broke ({_said(problem)}).") from problem


def _said(problem: Exception) -> str:
    reason = problem.reason if isinstance(problem, URLError) else problem
    return getattr(reason, "strerror", None) or str(reason) or type(problem).__name__


def _check_room(part: Path, wanted: int) -> None:
    free = shutil.disk_usage(part.parent).free
    if wanted > free:
        raise StylecliError(
            f"{part.parent}: {wanted / 1e6:.0f} MB are needed, {free / 1e6:.0f} MB are free.",
            "Free some space, or choose another place with STYLECLI_HOME.",
        )


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0
