"""The bases: which are on this machine, and whole."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from stylecli.bases.folder import check_whole, family_of
from stylecli.bases.locate import present_folder
from stylecli.bases.shared_parts import own_folder
from stylecli.bases.spec import BaseSpec
from stylecli.doctor.finding import Finding, first_line
from stylecli.doctor.folders import known_places
from stylecli.errors import StylecliError
from stylecli.registry import load_registry

TOPIC = "bases"


def check_bases() -> Iterable[Finding]:
    """Every base that is known by name; the network is not asked."""
    # Parts that bases share lie in the cache.
    if known_places() is None:
        return
    try:
        registry = load_registry()
    except StylecliError:
        # Told among the plugins.
        return
    embedded = False
    for spec in registry.bases.values():
        found = _of(spec)
        embedded |= spec.embedded and found.state == "ok"
        yield found
    if not embedded:
        text = "no embedded base works: nothing can be done offline"
        yield Finding(TOPIC, "tiny", text, "problem", "pip install --force-reinstall stylecli")


def _of(spec: BaseSpec) -> Finding:
    values = {"family": spec.family, "source": str(spec.source)}
    try:
        folder = present_folder(spec)
        if folder is not None:
            values["folder"] = str(folder)
            return Finding(TOPIC, spec.name, f"here: {folder}", values=values)
        wrong = _what_is_wrong(spec)
    # A hub cache may be broken in any way.
    except Exception as problem:
        wrong = first_line(problem)
    if not wrong:
        text = "not on this machine; it is fetched when it is first used"
        return Finding(TOPIC, spec.name, text, values=values)
    fix = f"stylecli generate 'a boat' --base {spec.name} -o boat.png fetches the rest"
    if isinstance(spec.source, Path):
        fix = "pip install --force-reinstall stylecli" if spec.embedded else "put it back"
    return Finding(
        TOPIC,
        spec.name,
        f"cannot be used ({wrong})",
        "problem" if spec.embedded else "note",
        fix,
        {**values, "error": wrong},
    )


def _what_is_wrong(spec: BaseSpec) -> str:
    """What is wrong with a base that is not whole; "" where it is simply not here."""
    if isinstance(spec.source, Path):
        folder = own_folder(spec)
    else:
        from huggingface_hub import try_to_load_from_cache

        index = try_to_load_from_cache(str(spec.source), "model_index.json", revision=spec.revision)
        if not isinstance(index, str):
            return ""
        folder = Path(index).parent
    try:
        check_whole(folder, family_of(folder))
    except StylecliError as problem:
        return problem.message.rstrip(".")
    return ""
