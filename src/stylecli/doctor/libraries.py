"""Python, stylecli and the libraries: which versions, and whether they can be imported."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from dataclasses import replace
from importlib import metadata

from stylecli.doctor.finding import Finding
from stylecli.doctor.trying import EIGHT_BIT, EXTRAS, NEEDED, Tried

TOPIC = "libraries"
PROJECT = "stylecli"


def check_libraries(tried: Mapping[str, Tried]) -> Iterable[Finding]:
    """What is installed; `tried` is how importing went."""
    python = platform.python_version()
    yield Finding(TOPIC, "python", f"{python} on {platform.platform()}", values={"version": python})
    ours = _version(PROJECT)
    if ours:
        yield Finding(TOPIC, PROJECT, ours, values={"version": ours})
    else:
        text = "runs, but is not installed: no plugin can be found"
        yield Finding(TOPIC, PROJECT, text, "problem", "pip install stylecli")
    wanted = _requirements()
    without_torch = bool(tried.get("torch", Tried()).error)
    for name in NEEDED:
        how = tried.get(name, Tried("was not tried"))
        found = _needed(name, wanted.get(name, name), how)
        if how.error and without_torch and name != "torch" and found.values["version"]:
            # Most that build on torch fail with it, and are mended with it.
            text = f"{found.values['version']}, cannot be imported without torch"
            found = replace(found, text=text, state="note", fix="")
        yield found
    for name in EXTRAS:
        yield _extra(name, tried.get(name, Tried()), tried.get(EIGHT_BIT, Tried()))


def _needed(name: str, wanted: str, tried: Tried) -> Finding:
    version = _version(name)
    values = {"version": version, "error": tried.error, **tried.values}
    if tried.error:
        what = f"{version} cannot be imported" if version else "is not installed"
        text = f"{what} ({tried.error})" if version else what
        fix = f"pip install {'--force-reinstall ' if version else ''}'{wanted}'"
        return Finding(TOPIC, name, text, "problem", fix, values)
    if not _fits(version, wanted):
        text = f"{version}; stylecli needs {wanted}"
        return Finding(TOPIC, name, text, "problem", f"pip install '{wanted}'", values)
    text = version or "there, its version not known"
    if name == "torch":
        text += f" ({_build(tried.values)})"
    return Finding(TOPIC, name, text, values=values)


def _extra(name: str, tried: Tried, eight_bit: Tried) -> Finding:
    extra, _, purpose = EXTRAS[name]
    version = _version(name)
    fix = f"pip install 'stylecli[{extra}]'"
    values = {"version": version, "error": tried.error, "for": purpose}
    if version is None:
        # Nobody needs it who does not ask for it.
        text = f"not installed; only for {purpose}"
        return Finding(TOPIC, name, text, fix=fix, values={**values, "error": ""})
    if tried.error:
        text = f"{version} cannot be imported ({tried.error}); needed for {purpose}"
        fix = fix.replace("install", "install --force-reinstall")
        return Finding(TOPIC, name, text, "note", fix, values)
    why_not = eight_bit.error or eight_bit.values.get("why_not")
    if name == "bitsandbytes" and why_not:
        text = f"{version}; plain AdamW is used in its place: {why_not}"
        return Finding(TOPIC, name, text, "note", "", {**values, "error": why_not})
    return Finding(TOPIC, name, f"{version}, for {purpose}", values=values)


def _build(values: Mapping[str, object]) -> str:
    if values.get("cuda"):
        return f"built for CUDA {values['cuda']}"
    return f"built for ROCm {values['hip']}" if values.get("hip") else "built without CUDA"


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    # A half-removed package has a folder and no metadata.
    except Exception:
        return None


def _requirements() -> dict[str, str]:
    """What stylecli asks for by distribution, as pip takes it."""
    found = {}
    for text in _requires():
        wanted = text.partition(";")[0].strip()
        if "extra ==" not in text:
            name = wanted
            for mark in "<>=!~[ (":
                name = name.partition(mark)[0]
            found[name.replace("_", "-").lower()] = wanted
    found["huggingface_hub"] = found.get("huggingface-hub", "huggingface_hub")
    return found


def _requires() -> list[str]:
    try:
        return metadata.requires(PROJECT) or []
    except metadata.PackageNotFoundError:
        return []


def _fits(version: str | None, wanted: str) -> bool:
    try:
        from packaging.requirements import Requirement

        specifier = Requirement(wanted).specifier
        return version is None or specifier.contains(version, prereleases=True)
    # A version that is none, or no packaging: then importing alone has to say.
    except (ImportError, ValueError):
        return True
