"""Whether the Hugging Face hub can be reached."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable
from urllib.parse import urlsplit

from stylecli.bases.spec import HOMES
from stylecli.doctor.finding import Finding, first_line

TOPIC = "hub"


def check_hub() -> Iterable[Finding]:
    """Ask the hub for one small thing."""
    from huggingface_hub import HfApi

    # What the hub's client says of such a one shows a part of its password.
    if wrong := _wrong_proxies():
        text = f"cannot be reached ({' and '.join(wrong)} cannot be read); what is on this machine works"
        fix = "write / as %2F, : as %3A and @ as %40 in the user's name and the password"
        yield Finding(TOPIC, "hub", text, "note", fix)
        return
    repository = str(HOMES["sd15"].source)
    started = time.monotonic()
    try:
        HfApi().model_info(repository, timeout=10)
    # Which HTTP library the hub's client uses, and so what it raises, differs between its versions.
    except Exception as problem:
        text = f"cannot be reached ({first_line(problem)}); what is on this machine works"
        fix = "check the connection, HTTPS_PROXY and HF_ENDPOINT; --base tiny needs no hub"
        yield Finding(TOPIC, "hub", text, "note", fix)
        return
    seconds = time.monotonic() - started
    yield Finding(TOPIC, "hub", f"answers in {seconds:.1f} s", values={"seconds": seconds})


def _wrong_proxies() -> list[str]:
    """Variables that name a proxy by an address that is none."""
    wrong = []
    for name, value in sorted(os.environ.items()):
        if re.fullmatch("(?i)(https?|all)_proxy", name):
            try:
                # The port is read when it is asked for.
                _ = urlsplit(value if "://" in value else f"//{value}").port
            except ValueError:
                wrong.append(name)
    return wrong
