"""A network to fetch, of which the hash is published or not."""

import hashlib
import os
from dataclasses import replace

from stylecli import Weights

CONTENT = os.urandom(3_000_000)
DIGEST = hashlib.sha256(CONTENT).hexdigest()
JUDGE = Weights(
    name="judge",
    summary="a judge",
    files={"judge.bin": DIGEST},
    source="https://example.org/{file}",
    megabytes=3,
    licence="MIT",
)
UNKNOWN = replace(JUDGE, files={"judge.bin": ""})


def names(folder):
    return sorted(path.name for path in folder.iterdir())
