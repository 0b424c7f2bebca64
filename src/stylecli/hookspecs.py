"""What a plugin may add. Hooks are few and small; see docs/plugins/."""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from stylecli.bases.spec import BaseSpec
from stylecli.captioner import Captioner
from stylecli.command import Command
from stylecli.method import Method
from stylecli.metric import Metric

PROJECT = "stylecli"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks a plugin's functions as hooks: ``@stylecli.hookimpl``."""


@hookspec
def stylecli_methods() -> Iterable[Method]:  # type: ignore[empty-body]
    """Give the methods that this plugin adds."""


@hookspec
def stylecli_bases() -> Iterable[BaseSpec]:  # type: ignore[empty-body]
    """Give the bases that this plugin adds."""


@hookspec
def stylecli_captioners() -> Iterable[Captioner]:  # type: ignore[empty-body]
    """Give the captioners that this plugin adds."""


@hookspec
def stylecli_metrics() -> Iterable[Metric]:  # type: ignore[empty-body]
    """Give the metrics that this plugin adds."""


@hookspec
def stylecli_commands() -> Iterable[Command]:  # type: ignore[empty-body]
    """Give the sub-commands that this plugin adds."""
