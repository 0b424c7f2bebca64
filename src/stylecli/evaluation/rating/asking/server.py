"""The page on this machine alone: 127.0.0.1, behind an address that nobody can guess."""

from __future__ import annotations

import errno
import os
import secrets
import socketserver
import threading
from http.server import ThreadingHTTPServer
from urllib.parse import quote

from stylecli.errors import StylecliError
from stylecli.evaluation.rating.asking.desk import Desk
from stylecli.evaluation.rating.asking.picture_book import PictureBook
from stylecli.evaluation.rating.asking.requests import HOST, Handler, Room
from stylecli.progress import Progress


class RatingServer:
    """Serves the page and keeps answers while it is entered.

    Args:
        desk: Who is asked what.
        book: The pictures.
        page: The page, as HTML.
        port: Of the address; 0 for any that is free.
        progress: Hears of pictures that cannot be shown.

    Raises:
        StylecliError: The port is taken, or not allowed.
    """

    def __init__(
        self, desk: Desk, book: PictureBook, page: str, port: int, progress: Progress
    ) -> None:
        self._token = secrets.token_urlsafe(18)
        self._room = room = Room(desk, book, page.encode("utf-8"), f"/{self._token}/", progress)
        try:
            self._server = _Server((HOST, port), lambda *given: Handler(room, *given))
        except OSError as problem:
            raise _refused(port, problem) from problem
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True
        )

    def address(self, rater: str = "") -> str:
        """The address to open, for one rater or for whoever says a name."""
        query = f"?rater={quote(rater)}" if rater else ""
        return f"http://{HOST}:{self._server.server_address[1]}/{self._token}/{query}"

    def __enter__(self) -> RatingServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # Browsers keep connections, each with a thread of its own that would go on.
        self._room.ended = True
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Elsewhere it only spares the wait after an earlier server; there it lets two share a port.
    allow_reuse_address = os.name != "nt"

    def server_bind(self) -> None:
        # That of HTTPServer asks the network for this machine's name.
        socketserver.TCPServer.server_bind(self)

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that hangs up is no matter; what else fails its handler has said."""


def _refused(port: int, problem: OSError) -> StylecliError:
    if problem.errno == errno.EADDRINUSE:
        return StylecliError(
            f"Port {port} is taken by another program.",
            "Take any that is free with --port 0, or end the other program.",
        )
    return StylecliError(
        f"Port {port} cannot be used ({problem.strerror}).", "Take any that is free with --port 0."
    )
