"""Whether the Hugging Face hub can be reached."""

from __future__ import annotations

import time
from collections.abc import Iterable

from stylecli.bases.spec import HOMES
from stylecli.doctor.finding import Finding, first_line

TOPIC = "hub"


def check_hub() -> Iterable[Finding]:
    """Ask the hub for one small thing."""
    from huggingface_hub import HfApi

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
