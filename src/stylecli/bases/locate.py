"""From what the user calls a base to its folder on this machine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from stylecli.bases import hub
from stylecli.bases.folder import check_whole, family_of, resolution_of
from stylecli.bases.shared_parts import own_folder
from stylecli.bases.spec import BaseSpec
from stylecli.errors import StylecliError, UsageError, did_you_mean
from stylecli.progress import Progress


@dataclass(frozen=True)
class Choice:
    """A base that was chosen for the user.

    Attributes:
        spec: The base.
        reason: One sentence on why and how to change it, or "" where the user named it.
    """

    spec: BaseSpec
    reason: str = ""


def find_spec(name: str, known: Sequence[BaseSpec]) -> BaseSpec:
    """Understand a base's name: a known one, a local diffusers folder, or a hub id ``org/model[@revision]``.

    A folder's family and resolution are what its files say. So are a hub id's once it is fetched;
    until then it is taken for "sd15".

    Raises:
        UsageError: None of the three.
    """
    for spec in known:
        # A hub id is known by either name.
        if name in (spec.name, spec.source):
            return spec
    folder = Path(os.path.expanduser(name))
    if folder.is_dir():
        family = family_of(folder)
        return BaseSpec(
            name=str(folder),
            family=family,
            source=folder.absolute(),
            summary="a local folder",
            resolution=resolution_of(folder, family),
        )
    repository, _, revision = name.partition("@")
    if repository.count("/") == 1 and not name.startswith((".", "/", "~")):
        spec = BaseSpec(
            name=repository,
            family="sd15",
            source=repository,
            revision=revision or None,
            summary="on the hub",
        )
        fetched = present_folder(spec)
        return spec if fetched is None else _as_found(spec, fetched)
    hint = did_you_mean(name, [spec.name for spec in known])
    raise UsageError(
        f"No base named {name!r}, and no such folder.",
        hint
        or "See `stylecli bases list`, or give a diffusers folder or a hub id such as org/model.",
    )


def folder_of(spec: BaseSpec, progress: Progress) -> tuple[BaseSpec, Path]:
    """Find a base's folder, fetching it from the hub where it is not here yet.

    Returns:
        The spec, its family (of a hub id its resolution, too) corrected by what was found, and the
        folder.

    Raises:
        UsageError: A folder or repository that is no such pipeline.
        StylecliError: The hub cannot be reached, or files are missing or cut short.
    """
    if isinstance(spec.source, Path):
        folder = own_folder(spec)
        check_whole(folder, family_of(folder))
    else:
        folder = hub.fetch(spec.source, spec.revision, progress)
    return _as_found(spec, folder), folder


def _as_found(spec: BaseSpec, folder: Path) -> BaseSpec:
    """A base with what its folder says of it. One with a name of its own declares its resolution."""
    family = family_of(folder)
    if spec.name != spec.source:
        return replace(spec, family=family)
    return replace(spec, family=family, resolution=resolution_of(folder, family))


def present_folder(spec: BaseSpec) -> Path | None:
    """The base's folder if it is whole and on this machine; the network is not asked."""
    if isinstance(spec.source, Path):
        try:
            folder = own_folder(spec)
            check_whole(folder, family_of(folder))
        except StylecliError:
            return None
        return folder
    return hub.cached_folder(spec.source, spec.revision)


def choose_base(preferred: str, families: Sequence[str], known: Sequence[BaseSpec]) -> Choice:
    """Choose a base for a method where the user named none.

    The method's own base where its weights are here, or where an accelerator is present and the
    hub answers; else the embedded base of a family that the method works with.

    Raises:
        UsageError: Neither is to be had.
    """
    spec = find_spec(preferred, known)
    if present_folder(spec) is not None:
        return Choice(
            spec, f"Base: {spec.name}, whose weights are on this machine (change it with --base)."
        )
    if isinstance(spec.source, str) and _accelerator_present() and hub.hub_answers(spec.source):
        return Choice(spec, f"Base: {spec.name}, fetched from the hub (change it with --base).")
    for candidate in known:
        if candidate.embedded and candidate.family in families:
            return Choice(
                candidate,
                f"Base: {candidate.name}, the small one that comes with stylecli, because {spec.name} is not on "
                f"this machine; with a GPU use --base {spec.name}.",
            )
    raise UsageError(
        f"{spec.name} is not on this machine and there is no embedded base to use instead."
    )


def _accelerator_present() -> bool:
    import torch

    return bool(torch.accelerator.is_available())
