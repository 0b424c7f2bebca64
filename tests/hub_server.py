"""A small model hub on the loopback: what huggingface_hub asks for, for repositories that are folders."""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import parse_qs, unquote, urlparse

COMMIT = "0123456789abcdef0123456789abcdef01234567"
MODELS, DATASETS = "/api/models/", "/api/datasets/"


class Hub(ThreadingHTTPServer):
    """Serves folders as repositories.

    Attributes:
        repositories: Folder by repository id; those of data sets begin with ``datasets/``, as in
            their addresses.
        gated: Repositories whose files need an accepted licence.
        cut: Files, by path in the repository, of which only half is sent.
        asked: "METHOD /path" of every request.
    """

    daemon_threads = True

    def __init__(self, repositories: dict[str, Path]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.repositories = repositories
        self.gated: set[str] = set()
        self.cut: set[str] = set()
        self.asked: list[str] = []

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def fetched(self) -> set[str]:
        """The files whose content was asked for, by path in the repository."""
        paths = [line.removeprefix("GET ") for line in self.asked if "/resolve/" in line]
        return {path.split("/resolve/")[1].split("/", 1)[1] for path in paths if path[0] == "/"}


@contextmanager
def serving(repositories: dict[str, Path]) -> Iterator[Hub]:
    hub = Hub(repositories)
    thread = threading.Thread(target=hub.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield hub
    finally:
        hub.shutdown()
        thread.join()
        hub.server_close()


def environment_of(endpoint: str, home: Path) -> dict[str, str]:
    """What a program sees on a machine that knows the hub at this address, with a cache of its own."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
    return {
        **kept,
        "HF_ENDPOINT": endpoint,
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_UPDATE_DOWNLOAD_COUNTS": "0",
        "NO_PROXY": "127.0.0.1",
        "OMP_NUM_THREADS": "1",
    }


class _Handler(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def answer(self) -> None:
        path = unquote(urlparse(self.path).path)
        self.server.asked.append(f"{self.command} {path}")
        if path.startswith(MODELS):
            self.describe("", path.removeprefix(MODELS).split("/"))
        elif path.startswith(DATASETS):
            self.describe("datasets/", path.removeprefix(DATASETS).split("/"))
        else:
            name, _, rest = path.removeprefix("/").partition("/resolve/")
            self.resolve(name, *rest.split("/", 1))

    def describe(self, kind: str, parts: list[str]) -> None:
        """``ORG/NAME``, and ``/revision/REV``, ``/tree/REV[/FOLDER]``, ``/paths-info/REV`` or ``/auth-check``."""
        if parts[2:] == ["auth-check"]:
            return self.refuse(403, "GatedRepo")
        name, (what, revision, *inside) = "/".join(parts[:2]), (parts[2:] or ("revision", "main"))
        if not self.known(kind + name, revision):
            return
        entries = self.entries(kind + name)
        if what == "tree":
            begin = "".join(f"{part}/" for part in inside)
            found = [entry for entry in entries if str(entry["path"]).startswith(begin)]
            if "recursive=true" not in self.path.lower():
                found = [entry for entry in found if "/" not in entry["path"][len(begin) :]]
            if inside and not found:
                return self.refuse(404, "EntryNotFound")
            return self.send(json.dumps(found).encode())
        if what == "paths-info":
            asked = self.rfile.read(int(self.headers["Content-Length"])).decode()
            wanted = json.loads(asked)["paths"] if asked[0] == "{" else parse_qs(asked)["paths"]
            found = [entry for entry in entries if entry["path"] in wanted]
            return self.send(json.dumps(found).encode())
        siblings = [{"rfilename": e["path"]} for e in entries if e["type"] == "file"]
        gated = "manual" if kind + name in self.server.gated else False
        description = {"id": name, "modelId": name, "sha": COMMIT, "siblings": siblings}
        description["gated"] = gated
        return self.send(json.dumps(description).encode())

    def entries(self, name: str) -> list[dict[str, Any]]:
        files = self.files(name)
        folders = {place.as_posix() for path in files for place in PurePosixPath(path).parents}
        return [
            *(
                {"type": "directory", "path": path, "size": 0, "oid": "0"}
                for path in sorted(folders - {"."})
            ),
            *(
                {"type": "file", "path": path, "size": file.stat().st_size, "oid": etag_of(file)}
                for path, file in files.items()
            ),
        ]

    def resolve(self, name: str, revision: str, path: str) -> None:
        if not self.known(name, revision):
            return
        if name in self.server.gated:
            return self.refuse(403, "GatedRepo")
        file = self.files(name).get(path)
        if file is None:
            return self.refuse(404, "EntryNotFound")
        content = file.read_bytes()
        if self.command == "GET" and path in self.server.cut:
            content = content[: len(content) // 2]
        return self.send(content, ETag=f'"{etag_of(file)}"')

    def files(self, name: str) -> dict[str, Path]:
        folder = self.server.repositories[name]
        return {
            file.relative_to(folder).as_posix(): file
            for file in sorted(folder.rglob("*"))
            if file.is_file()
        }

    def known(self, name: str, revision: str) -> bool:
        if name not in self.server.repositories:
            self.refuse(404, "RepoNotFound")
            return False
        if revision not in ("main", COMMIT):
            self.refuse(404, "RevisionNotFound")
            return False
        return True

    def send(self, content: bytes, **headers: str) -> None:
        span = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        self.send_response(206 if span else 200)
        if span:
            begin, end = int(span[1]), min(int(span[2] or len(content)), len(content) - 1)
            self.send_header("Content-Range", f"bytes {begin}-{end}/{len(content)}")
            content = content[begin : end + 1]
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def refuse(self, status: int, code: str) -> None:
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


def etag_of(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
