"""A small web server on the loopback that serves files, with the faults that servers have."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Files(ThreadingHTTPServer):
    """Serves files by name.

    Attributes:
        files: Content by name.
        cut: Names of files whose connection ends half-way.
        whole: Names of files that are never sent in pieces.
        pages: Names that are answered with a web page.
        asked: Name and "Range" header of every request.
    """

    daemon_threads = True

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files = files
        self.cut: set[str] = set()
        self.whole: set[str] = set()
        self.pages: set[str] = set()
        self.asked: list[tuple[str, str]] = []

    def handle_error(self, *args: object) -> None:
        """Say nothing of clients that go away half-way."""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


@contextmanager
def serving_files(files: dict[str, bytes]) -> Iterator[Files]:
    server = Files(files)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Files

    def do_GET(self) -> None:
        name, span = self.path.removeprefix("/"), self.headers.get("Range", "")
        self.server.asked.append((name, span))
        content = self.server.files.get(name)
        if content is None:
            return self.send_error(404)
        begin = int(re.fullmatch(r"bytes=(\d+)-", span)[1]) if span else 0
        pieces = span and name not in self.server.whole
        if pieces and begin >= len(content):
            return self.send_error(416)
        self.send_response(206 if pieces else 200)
        rest = content[begin:] if pieces else content
        kind = "text/html" if name in self.server.pages else "application/octet-stream"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.wfile.write(rest[: len(rest) // 2] if name in self.server.cut else rest)

    def log_message(self, *args: object) -> None:
        pass
