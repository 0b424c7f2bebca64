"""Data sets as a hub has them, and fetching them in a process of its own.

`huggingface_hub` and `datasets` read their settings when they are imported.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

FETCH = """
import hashlib, json, sys
from stylecli.datasets.hub_data import fetch_dataset
from stylecli.datasets.hub_set import HubSet
from stylecli.errors import Cancelled, StylecliError

asked = json.loads(sys.argv[1])
if "blocked" in sys.argv:
    sys.modules["datasets"] = None
for wanted in asked:
    messages, rows = [], []
    stop = wanted.pop("stop", None)

    def hear(event):
        if event.message:
            messages.append(event.message)
        else:
            rows.append((event.done, event.total))
            if event.done == stop:
                raise Cancelled("stopped")

    told = {"messages": messages, "rows": rows}
    try:
        read = fetch_dataset(HubSet(**wanted), hear)
        told["captions"] = {item.path.name: item.caption for item in read.items}
        told["files"] = {item.path.name: item.digest for item in read.items}
        told["problems"], told["place"], told["folder"] = read.problems, read.place, str(read.folder)
    except StylecliError as problem:
        told |= {"error": problem.message, "hint": problem.hint, "code": problem.exit_code}
    print(json.dumps(told))
"""


def fetched(
    asked: Sequence[Mapping[str, Any]], environment: Mapping[str, str], *words: str
) -> list[dict[str, Any]]:
    """What `fetch_dataset` has to say to each; with the word "blocked" the library is not there."""
    done = subprocess.run(
        [sys.executable, "-c", FETCH, json.dumps(list(asked)), *words],
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def picture_bytes(shade: int, kind: str = "PNG") -> bytes:
    """A small picture file."""
    from PIL import Image

    target = io.BytesIO()
    picture = Image.linear_gradient("L").resize((48, 40 + shade)).convert("RGB")
    picture.save(target, format=kind)
    return target.getvalue()


def write_table(folder: Path, rows: Sequence[Mapping[str, Any]], **types: Any) -> None:
    """Write rows as the parquet file of the split ``train``."""
    from datasets import Dataset, Features, disable_progress_bars

    disable_progress_bars()
    (folder / "data").mkdir(parents=True, exist_ok=True)
    made = Dataset.from_list([dict(row) for row in rows], features=Features(types))
    made.to_parquet(folder / "data" / "train-00000-of-00001.parquet")
