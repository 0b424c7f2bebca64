"""Bases on the Hugging Face hub: finding them in the cache, and fetching them whole."""

from __future__ import annotations

from pathlib import Path

from stylecli.bases.folder import COMPONENTS, check_whole, family_of
from stylecli.errors import StylecliError, UsageError
from stylecli.hub import told
from stylecli.progress import Event, Progress

STAGE = "fetching the base"


def cached_folder(repository: str, revision: str | None = None) -> Path | None:
    """The repository's folder in the hub cache, if all that is needed of it is there.

    Never asks the network.
    """
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        # A snapshot without network counts as whole only with every file of the repository, also
        # with those that are never fetched; one file shows where the snapshot is.
        index = try_to_load_from_cache(repository, "model_index.json", revision=revision)
        if not isinstance(index, str):
            return None
        folder = Path(index).parent
        check_whole(folder, family_of(folder))
    except (HFValidationError, StylecliError, OSError):
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

    Only configuration and `.safetensors` files are fetched, of a component that has them the fp16
    ones; after an interruption the files that have arrived are not fetched again.

    Raises:
        UsageError: No such repository, no access to it, or not a pipeline that stylecli knows.
        StylecliError: The hub cannot be reached, or the download was cut off.
    """
    folder = cached_folder(repository, revision)
    if folder is not None:
        return folder

    from huggingface_hub import HfApi, hf_hub_download, snapshot_download

    hint = (
        "Check the connection and run the command again: files that have arrived are kept. "
        "Without a connection use --base tiny, of the SDXL family --base tiny-xl, or a local folder."
    )
    with told("base", repository, revision, "the hub cannot be reached", hint):
        # Unlike the listing of files, this one request is not repeated for half a minute offline.
        info = HfApi().model_info(repository, revision=revision, timeout=10)
        files = [entry.rfilename for entry in info.siblings or ()]
        if "model_index.json" not in files:
            raise UsageError(
                f"{repository}: not a diffusers pipeline (it has no model_index.json)."
            )
        index = Path(hf_hub_download(repository, "model_index.json", revision=revision))
    wanted = wanted_files(files, _family(repository, index.parent))
    if not any(name.startswith("unet/") and name.endswith(".safetensors") for name in wanted):
        raise UsageError(
            f"{repository}: its weights are not .safetensors files; pickled ones are not read."
        )
    progress(
        Event(STAGE, message=f"Fetching {repository} ({len(wanted)} files) into the hub cache.")
    )
    with told("base", repository, revision, "the download was interrupted", hint):
        folder = Path(snapshot_download(repository, revision=revision, allow_patterns=wanted))
        check_whole(folder, family_of(folder))
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


def _family(repository: str, folder: Path) -> str:
    try:
        return family_of(folder)
    except UsageError as problem:
        message = problem.message.replace(str(folder), repository)
        raise UsageError(message, problem.hint) from problem
