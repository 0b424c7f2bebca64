"""Variables of the environment that change what stylecli does."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from stylecli.doctor.finding import Finding, State
from stylecli.errors import did_you_mean

TOPIC = "variables"
OURS = ("STYLECLI_HOME", "STYLECLI_PLUGINS")
_MATTER = re.compile(
    r"STYLECLI_.*|HF_.*|HUGGINGFACE_.*|TRANSFORMERS_.*|DIFFUSERS_.*|ACCELERATE_.*|PYTORCH_.*|TORCH_.*"
    r"|(CUDA|HIP|ROCR)_VISIBLE_DEVICES|(OMP|MKL)_NUM_THREADS|(?i:https?_proxy|no_proxy|all_proxy)"
    r"|TMPDIR|XDG_(DATA|CACHE)_HOME|PYTHONPATH|NO_COLOR"
)
_SECRET = re.compile(r"TOKEN|SECRET|PASS|KEY|AUTH|CREDENTIAL")
_ADDRESS = re.compile(r"(?i).*_proxy|.*_endpoint|.*_url")
_YES = ("1", "ON", "YES", "TRUE")


def check_variables() -> Iterable[Finding]:
    """Those that are set; what is secret is not shown."""
    names = sorted(name for name in os.environ if _MATTER.fullmatch(name))
    if not names:
        yield Finding(TOPIC, "variables", "none that matters is set")
    for name in names:
        value = os.environ[name]
        shown = _shown(name, value)
        state, remark, fix = _remark(name, value)
        text = f"{shown} ({remark})" if remark else shown
        yield Finding(TOPIC, name, text, state, fix, {"value": shown})


def _remark(name: str, value: str) -> tuple[State, str, str]:
    if name.startswith("STYLECLI_") and name not in OURS:
        hint = did_you_mean(name, OURS) or f"There are {' and '.join(OURS)}."
        return "note", f"nothing reads it; {hint}", f"unset {name}"
    if name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE") and value.upper() in _YES:
        return "note", "nothing is fetched from the hub", f"unset {name}"
    if name.endswith("_VISIBLE_DEVICES") and value.strip() in ("", "-1"):
        return "note", "GPUs are hidden", f"unset {name}"
    if name.endswith("_NUM_THREADS") and value.strip() == "1" and (os.cpu_count() or 1) > 1:
        return "note", "one thread computes", f"unset {name}"
    return "ok", "", ""


def _shown(name: str, value: str) -> str:
    if _SECRET.search(name):
        return "set, not shown"
    # Addresses may have a password before the last "@", with any characters in it, and no "//" before it.
    begins = r"([a-zA-Z][a-zA-Z0-9+.-]*://)?" if _ADDRESS.fullmatch(name) else "(://)"
    return re.sub(f"{begins}.*@", r"\1…@", value, flags=re.DOTALL) or '""'
