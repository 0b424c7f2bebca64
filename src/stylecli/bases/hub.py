"""Bases on the Hugging Face hub: finding them in the cache, and fetching them whole."""

from __future__ import annotations

from pathlib import Path

from stylecli.bases.folder import COMPONENTS, FAMILIES, check_whole, family_of
from stylecli.errors import StylecliError, UsageError
from stylecli.progress import Event, Progress

STAGE = "fetching the base"


def cached_folder(repository: str, revision: str | None = None) -> Path | None:
    """The repository's folder in the hub cache, if all that is needed of it is there.

    Never asks the network.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(repository, revision=revision, local_files_only=True))
        check_whole(folder, family_of(folder))
    except (LocalEntryNotFoundError, HFValidationError, StylecliError, OSError):
        return None
    return folder


def hub_answers(repository: str) -> bool:
    """Whether the hub can be reached now and has this repository (one small request, 5 s)."""
    from huggingface_hub import HfApi

    try:
        HfApi().model_info(repository, timeout=5)
    # Which HTTP library the hub's client uses, and so what it raises, differs between its versions.
    except Exception:
        return False
    return True


def fetch(repository: str, revision: str | None, progress: Progress) -> Path:
    """Download what is needed of a diffusers pipeline repository, or take it from the cache.

    Only configuration and `.safetensors` files are fetched, the fp16 ones where every component
    has them; an interrupted download goes on where it stopped.

    Raises:
        UsageError: No such repository, no access to it, or not a pipeline that stylecli knows.
        StylecliError: The hub cannot be reached, or the download was cut off.
    """
    folder = cached_folder(repository, revision)
    if folder is not None:
        return folder

    from huggingface_hub import HfApi, hf_hub_download, snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HFValidationError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    offline_hint = (
        "Check the connection and run the command again: what has arrived is kept. "
        "Without a connection use --base tiny or a local folder."
    )
    try:
        files = HfApi().list_repo_files(repository, revision=revision)
        if "model_index.json" not in files:
            raise UsageError(
                f"{repository}: not a diffusers pipeline (it has no model_index.json)."
            )
        index = Path(hf_hub_download(repository, "model_index.json", revision=revision))
        wanted = wanted_files(files, family_of(index.parent))
        progress(
            Event(STAGE, message=f"Fetching {repository} ({len(wanted)} files) into the hub cache.")
        )
        folder = Path(snapshot_download(repository, revision=revision, allow_patterns=wanted))
        check_whole(folder, family_of(folder))
    except GatedRepoError as problem:
        raise UsageError(
            f"{repository}: this base needs you to accept its licence on the hub.",
            "Accept it there, then log in with: hf auth login",
        ) from problem
    except RepositoryNotFoundError as problem:
        raise UsageError(
            f"{repository}: no such base on the hub, and no such folder here."
        ) from problem
    except RevisionNotFoundError as problem:
        raise UsageError(f"{repository}: has no revision {revision!r}.") from problem
    except HFValidationError as problem:
        raise UsageError(
            f"{repository!r} is neither a base, nor a folder, nor a hub id."
        ) from problem
    except StylecliError:
        raise
    # Which HTTP library the hub's client uses, and so what it raises, differs between its versions.
    except Exception as problem:
        raise StylecliError(
            f"{repository}: the hub cannot be reached ({_short(problem)}).", offline_hint
        ) from problem
    return folder


def wanted_files(files: list[str], family: str) -> list[str]:
    """Choose the files of a repository that are loaded: configuration and safetensors weights."""
    chosen = ["model_index.json"]
    for component in COMPONENTS[family]:
        inside = [name for name in files if name.startswith(f"{component}/")]
        chosen += [
            name for name in inside if name.endswith((".json", ".txt")) and ".index." not in name
        ]
        weights = [
            name
            for name in inside
            if name.endswith(
                (".safetensors", ".safetensors.index.json", ".safetensors.index.fp16.json")
            )
            and "non_ema" not in name
        ]
        half = [name for name in weights if ".fp16" in name]
        chosen += half or weights
    return chosen


def supported_pipelines() -> list[str]:
    """The pipeline classes that `fetch` accepts."""
    return sorted(FAMILIES)


def _short(problem: Exception) -> str:
    return (str(problem).strip().splitlines() or [type(problem).__name__])[0][:160]
