"""Pictures to be rated, and whoever rates them, for tests."""

from __future__ import annotations

import http.client
import json
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from PIL import Image

from stylecli.evaluation.rating.asking.desk import Desk
from stylecli.evaluation.rating.asking.from_outputs import material_of_outputs
from stylecli.evaluation.rating.asking.keeping import AnswerFile
from stylecli.evaluation.rating.asking.page.document import rating_page
from stylecli.evaluation.rating.asking.picture_book import PictureBook
from stylecli.evaluation.rating.asking.server import RatingServer
from stylecli.images.writing import save_png
from stylecli.progress import silent
from stylecli.testing.pictures import smooth_picture

ENTRIES = ("secretmethod", "hiddenrival", "thirdparty")
CAMERA = "a camera that nobody needs to know of"


def make_pictures(root: Path, entries=ENTRIES, photos: int = 6, size=(96, 72)) -> Path:
    """Folders `photos`, `reference` and one for each entry, whose PNGs say how they were made."""
    exif = Image.Exif()
    exif[0x010F] = CAMERA
    for folder in ("photos", "reference", *entries):
        (root / folder).mkdir(parents=True)
    for number in range(photos):
        photo = smooth_picture(number, size)
        photo.save(root / "photos" / f"p{number}.jpg", exif=exif)
        smooth_picture(900 + number, (80, 90)).save(
            root / "reference" / f"r{number}.jpg", exif=exif
        )
        for place, entry in enumerate(entries, 1):
            picture = smooth_picture(100 * place + number, size)
            record = {"styles": entry, "photo": f"p{number}.jpg"}
            save_png(picture, root / entry / f"p{number}.png", record)
    return root


def files_in(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def material_in(root: Path, entries=ENTRIES, reference: bool = True):
    outputs = {entry: files_in(root / entry) for entry in entries}
    references = {"painter": files_in(root / "reference")} if reference else {}
    return material_of_outputs(outputs, files_in(root / "photos"), references)


@contextmanager
def served(material, results: Path, kinds=("choice",), count=20, progress=silent, square=64):
    """A running server: gives it and its desk."""
    file = AnswerFile(results)
    try:
        book = PictureBook(material, square)
        desk = Desk(material, kinds, count, 0, file, book, progress)
        page = rating_page({"rater": "", "total": count}, served=True)
        with RatingServer(desk, book, page, 0, progress) as server:
            yield server, desk
    finally:
        file.close()


class Visitor:
    """Asks a server without a browser."""

    def __init__(self, address: str) -> None:
        self.place = urlsplit(address)

    def ask(self, path="", given=None, method=None, root=None, **headers):
        """The status, the headers and the content of an answer."""
        connection = http.client.HTTPConnection(self.place.hostname, self.place.port, timeout=20)
        body = None if given is None else json.dumps(given)
        sent = {"Content-Type": "application/json"} if body is not None else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        root = self.place.path if root is None else root
        try:
            connection.request(method or ("POST" if body else "GET"), root + path, body, sent)
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()
        finally:
            connection.close()

    def state(self, rater):
        return self._told(*self.ask(f"question?rater={rater}"))

    def answer(self, rater, question, value, seconds=1.5):
        given = {"rater": rater, "question": question, "answer": value, "seconds": seconds}
        return self._told(*self.ask("answer", given))

    def undo(self, rater):
        return self._told(*self.ask("undo", {"rater": rater}))

    def _told(self, status, headers, content):
        assert status == 200, content
        return json.loads(content)


def lines_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def line_of(rater: str) -> str:
    """An answer as another program wrote it."""
    line = {"schema": "stylecli-rating/1", "kind": "score", "rater": rater, "question": "s-1",
            "entry": "x", "output": "x", "digest": "0", "score": 3}  # fmt: skip
    return json.dumps(line)


def fitting(question, kind=0):
    """An answer to a question, or another one."""
    return {"choice": ("left", "tie"), "score": (7, 1), "real": ("real", "fake")}[question["kind"]][
        kind
    ]
