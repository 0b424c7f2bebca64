"""The requests of a page: who is let in, and what they are told."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs

from stylecli.errors import StylecliError, told
from stylecli.evaluation.rating.asking.desk import Desk
from stylecli.evaluation.rating.asking.given import Refused
from stylecli.evaluation.rating.asking.picture_book import OutOfReach, PictureBook, Unreadable
from stylecli.progress import Event, Progress

HOST = "127.0.0.1"
_NAMES = (HOST, "localhost")
_MOST = 1 << 14
_OUTDATED = (
    "The address is not whole, or of an earlier start. Open the one that stylecli printed last."
)
_ENDED = (
    "stylecli has ended. What you answered so far is kept: go on when it has been started again, at the address "
    "that it prints."
)
_NOT_KEPT = "The answer could not be kept; the terminal of stylecli says why."
_AWAY = "The pictures cannot be reached just now; the terminal of stylecli says why. What you answered is kept."
_FAILED = "Something failed; the terminal of stylecli says what. Your earlier answers are kept."
_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Room:
    """What all handlers share.

    Args:
        desk: Who is asked what.
        book: The pictures.
        page: The page, as HTML.
        root: The path before all others; nobody can guess it.
        progress: Hears of what goes wrong.

    Attributes:
        ended: Whether nobody is let in any more.
    """

    def __init__(
        self, desk: Desk, book: PictureBook, page: bytes, root: str, progress: Progress
    ) -> None:
        self.desk = desk
        self.book = book
        self.page = page
        self.root = root
        self.ended = False
        self._progress = progress
        self._told = ""

    def warn(self, message: str) -> None:
        """Say it in the terminal, unless it is what was said last: a page asks for several pictures, and again."""
        if message != self._told:
            self._told = message
            self._progress(Event("rating", message=message, level="warning"))


class Handler(BaseHTTPRequestHandler):
    """Deals with the requests of one connection, one after the other."""

    protocol_version = "HTTP/1.1"
    server_version = "stylecli"
    sys_version = ""

    def __init__(self, room: Room, *given: Any) -> None:
        self._room = room
        super().__init__(*given)

    def handle_one_request(self) -> None:
        """Deal with a request; what fails by a fault of ours is said here and there."""
        try:
            super().handle_one_request()
        except ConnectionError:
            # A browser that hangs up is no matter.
            self.close_connection = True
        except Exception as problem:
            self._room.warn(f"Something unexpected failed: {told(problem)}")
            self._problem(HTTPStatus.INTERNAL_SERVER_ERROR, _FAILED)

    def do_GET(self) -> None:
        """The page, a picture, or where a rater is."""
        path = self._allowed()
        if path is None:
            return
        if path == "":
            self._send(HTTPStatus.OK, self._room.page, "text/html; charset=utf-8")
        elif path == "question":
            query = parse_qs(self.path.partition("?")[2])
            self._answered(lambda: self._room.desk.state(query.get("rater", [""])[0]))
        elif path.startswith("picture/"):
            self._picture(path.removeprefix("picture/"))
        else:
            self._problem(HTTPStatus.NOT_FOUND, "There is nothing here.")

    def do_POST(self) -> None:
        """An answer, or one that is taken back."""
        path = self._allowed()
        if path is None:
            return
        given = self._given()
        if given is None:
            return
        desk, rater = self._room.desk, str(given.get("rater", ""))
        if path == "answer":
            question, value = str(given.get("question")), given.get("answer")
            self._answered(lambda: desk.answer(rater, question, value, given.get("seconds")))
        elif path == "undo":
            self._answered(lambda: desk.undo(rater))
        else:
            self._problem(HTTPStatus.NOT_FOUND, "There is nothing here.")

    def log_message(self, format: str, *args: Any) -> None:
        """The terminal is for whoever asks, not for a line a picture."""

    def _allowed(self) -> str | None:
        """The path behind the token; None where the request is refused, and was told so."""
        host = self.headers.get("Host", "")
        # A foreign name that was made to point here is foreign all the same.
        if host.partition(":")[0] not in _NAMES:
            self._problem(HTTPStatus.FORBIDDEN, "This page is for this machine alone.")
            return None
        origin = self.headers.get("Origin")
        if origin is not None and origin != f"http://{host}":
            self._problem(HTTPStatus.FORBIDDEN, "Another page may not ask for this.")
            return None
        path = self.path.partition("?")[0]
        root = self._room.root
        if not hmac.compare_digest(path[: len(root)].encode(), root.encode()):
            self._problem(HTTPStatus.FORBIDDEN, _OUTDATED)
            return None
        if self._room.ended:
            self._problem(HTTPStatus.SERVICE_UNAVAILABLE, _ENDED)
            return None
        return path[len(root) :]

    def _given(self) -> dict[str, Any] | None:
        """What was sent; None where it is refused, and was told so."""
        length = self.headers.get("Content-Length", "")
        kind = self.headers.get("Content-Type", "").partition(";")[0].strip()
        given = None
        # With this type a foreign page would have to ask first, and gets no answer.
        if kind == "application/json" and length.isdecimal():
            # A number of thousands of digits is none that could be read.
            with suppress(ValueError, RecursionError):
                if int(length) <= _MOST:
                    given = json.loads(self.rfile.read(int(length)))
        if isinstance(given, dict):
            return given
        self._problem(HTTPStatus.BAD_REQUEST, "This is no answer.")
        return None

    def _answered(self, work: Callable[[], dict[str, Any]]) -> None:
        try:
            state = work()
        except Refused as problem:
            self._problem(HTTPStatus.BAD_REQUEST, str(problem))
        except OutOfReach as problem:
            self._room.warn(problem.message)
            self._problem(HTTPStatus.SERVICE_UNAVAILABLE, _AWAY)
        except StylecliError as problem:
            self._room.warn(problem.message)
            # The message names the file, which may name a method.
            self._problem(HTTPStatus.INTERNAL_SERVER_ERROR, _NOT_KEPT)
        else:
            content = json.dumps(state).encode("ascii")
            self._send(HTTPStatus.OK, content, "application/json")

    def _picture(self, leaf: str) -> None:
        content = None
        try:
            content = self._room.book.jpeg(leaf)
        except Unreadable as problem:
            self._room.desk.leave_out(problem)
        except StylecliError as problem:
            self._room.warn(problem.message)
        if content is None:
            self._problem(HTTPStatus.NOT_FOUND, "There is no such picture.")
        else:
            self._send(HTTPStatus.OK, content, "image/jpeg", "private, max-age=86400")

    def _problem(self, status: HTTPStatus, text: str) -> None:
        # What was sent with a refused request is not read, so it must not be taken for the next one.
        self.close_connection = True
        self._send(status, text.encode("utf-8"), "text/plain; charset=utf-8")

    def _send(self, status: HTTPStatus, content: bytes, kind: str, cache: str = "") -> None:
        self.send_response(status)
        for name, value in {**_HEADERS, **({"Cache-Control": cache} if cache else {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)
