"""The version that is installed."""

from __future__ import annotations


def version() -> str:
    """Stylecli's version, such as "0.1.0"."""
    from importlib import metadata

    return metadata.version("stylecli")


def library_versions() -> str:
    """The versions of the libraries that a style depends on: "torch 2.13.0, diffusers 0.42.1, …"."""
    from importlib import metadata

    names = ("torch", "diffusers", "transformers", "peft")
    return ", ".join(f"{name} {metadata.version(name)}" for name in names)
