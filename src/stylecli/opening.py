"""Opening bases and styles by name, as the command line does: for sub-commands, notebooks and tests."""

from __future__ import annotations

from pathlib import Path

from stylecli.bases.base import Base, load_base
from stylecli.bases.device import Precision
from stylecli.bases.locate import find_spec, folder_of
from stylecli.places import Places
from stylecli.progress import Progress, silent
from stylecli.registry import Registry, load_registry
from stylecli.styles.format import read_style
from stylecli.styles.library import Library
from stylecli.styles.style import Style


def open_base(name: str, precision: Precision = "auto", progress: Progress = silent) -> Base:
    """Open a base: one that a plugin offers, a diffusers folder, or a hub id, which is fetched if need be.

    Args:
        name: As after ``--base``.
        precision: What its denoiser computes in.
        progress: Hears of a download.

    Raises:
        UsageError: There is none of that name.
        StylecliError: It is not whole, or the hub cannot be reached.
    """
    spec, folder = folder_of(find_spec(name, list(load_registry().bases.values())), progress)
    return load_base(spec, folder, precision, progress=progress)


def open_style(name: str | Path) -> Style:
    """Read a style of the library by name, or a style file of ours where it lies.

    Args:
        name: A name, as after ``--style``, or a path.

    Raises:
        UsageError: There is none of that name.
        StylecliError: The file is damaged, or not a style file of ours.
    """
    path = Path(name)
    if isinstance(name, Path) or path.is_file():
        return read_style(path)
    return library(load_registry()).read(name)


def library(registry: Registry) -> Library:
    """The user's library with the ready styles of every base."""
    ready = [spec.ready_styles for spec in registry.bases.values() if spec.ready_styles is not None]
    return Library(Places.default().styles, ready)
