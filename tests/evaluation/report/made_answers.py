"""Made-up answers of people about a made-up evaluation, as lines of a file."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from stylecli.evaluation.rating.answers import SCHEMA
from stylecli.evaluation.result import Entry, Evaluation, PictureRow

Line = dict[str, Any]


def line(kind: str, rater: str, question: str, **facts: Any) -> Line:
    """One line of a file."""
    known = {"schema": SCHEMA, "kind": kind, "rater": rater, "question": question}
    return known | {"at": "2026-11-25T10:00:00Z"} | facts


def choice(rater: str, first: tuple[Entry, PictureRow], second: tuple[Entry, PictureRow],
           chosen: str, **facts: Any) -> Line:  # fmt: skip
    """Which of two outputs of one photo is better."""
    sides = {
        side: {"entry": entry.name, "output": row.output, "digest": row.digest}
        for side, (entry, row) in (("left", first), ("right", second))
    }
    question = f"c-{first[1].digest[:6]}{second[1].digest[:6]}"
    facts = {"target": first[0].target, "content": first[1].content or ""} | facts
    return line("choice", rater, facts.pop("question", question), chosen=chosen, **sides, **facts)


def score(rater: str, entry: Entry, row: PictureRow, value: int) -> Line:
    """How good an output is."""
    facts = {"entry": entry.name, "step": entry.step, "output": row.output, "digest": row.digest}
    facts["content"] = row.content or ""
    return line("score", rater, f"s-{row.digest[:9]}", target=entry.target, score=value, **facts)


def verdict(rater: str, entry: Entry | None, target: str, digest: str, said: str) -> Line:
    """Whether a picture was taken for a real one."""
    name = entry.name if entry else None
    rows = {row.digest: row for row in entry.pictures} if entry else {}
    content = rows[digest].content if digest in rows else None
    facts = {"entry": name, "target": target, "output": "picture.png", "digest": digest}
    facts["content"] = content or ""
    return line("real", rater, f"r-{digest}", said=said, **facts)


def opinions(found: Evaluation, raters: Sequence[str] = ("anna", "béla"), seed: int = 0) -> list[Line]:  # fmt: skip
    """Answers of all kinds; what has more of the first metric is liked more."""
    rng = random.Random(seed)
    return [answer for rater in raters for answer in _of(found, rater, rng)]


def _of(found: Evaluation, rater: str, rng: random.Random) -> Iterator[Line]:
    yield {"schema": SCHEMA, "kind": "start", "rater": rater, "report": ""}
    liked = {entry.name: _liking(found, entry) for entry in found.entries}
    for entry in found.entries:
        for at, row in enumerate(entry.pictures):
            for other in found.entries:
                if other.name > entry.name and other.target == entry.target:
                    chance = 1 / (1 + math.exp(liked[other.name] - liked[entry.name]))
                    chosen = "left" if rng.random() < chance else "right"
                    pair = (entry, row), (other, other.pictures[at])
                    yield choice(rater, *pair, chosen if rng.random() < 0.9 else "tie")
            yield score(rater, entry, row, max(1, min(10, round(5 + liked[entry.name] + rng.gauss(0, 1)))))  # fmt: skip
            said = "real" if rng.random() < 0.4 else "fake"
            yield verdict(rater, entry, entry.target, row.digest, said)
    for known in found.references:
        for at in range(6):
            yield verdict(rater, None, known.name, f"{known.name:_>60}{at:04}", "real")


def _liking(found: Evaluation, entry: Entry) -> float:
    return 3 * (entry.figures[found.metrics[0].name].value or 0.0)


def write(path: Path, lines: Sequence[Line]) -> Path:
    """Write lines of a file."""
    path.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in lines), "utf-8")
    return path
