"""LoRAs on the Hugging Face hub: fetched into the hub cache, nothing but what is read."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from urllib.parse import urlparse

from stylecli.errors import UsageError
from stylecli.hub import told
from stylecli.progress import Event, Progress
from stylecli.styles.header import PICKLED
from stylecli.styles.weights import CONFIG, DIFFUSERS_WEIGHTS, PARTS, PEFT_WEIGHTS

STAGE = "fetching the style"

_ID = re.compile(r"([\w.-]+/[\w.-]+)(?:@([^/\s]+))?(?:/(.+\.safetensors))?")


_ADDRESS = re.compile(
    r"https?://([^/]+)/([\w.-]+/[\w.-]+)(?:/(?:blob|resolve|tree)/([^/]+)(?:/(.+?))?)?/?(?:\?.*)?"
)


def fetch_lora(text: str, progress: Progress) -> Path:
    """Fetch a LoRA, or take it from the hub cache.

    Args:
        text: ``org/name``, ``org/name@revision``, or either with ``/file.safetensors`` behind it
            where the repository holds several files; or the address of its page.
        progress: Hears of the download.

    Returns:
        The file, or the folder of a peft adapter.

    Raises:
        UsageError: No such repository, or it cannot be told which of its files is meant.
        StylecliError: The hub cannot be reached, or the download was cut off.
    """
    from huggingface_hub import HfApi, constants, hf_hub_download, snapshot_download

    address = _ADDRESS.fullmatch(text)
    if address:
        host, name, revision, path = address.groups()
        if host not in ("huggingface.co", urlparse(constants.ENDPOINT).netloc):
            raise UsageError(
                f"{text}: not an address of the Hugging Face hub.",
                "Download the .safetensors file and import that.",
            )
        text = name + (f"@{revision}" if revision else "") + (f"/{path}" if path else "")
    match = _ID.fullmatch(text)
    if match is None:
        raise UsageError(
            f"{text!r} is no file or folder here, and no hub id.",
            "Write a hub id as org/name, or org/name/file.safetensors.",
        )
    repository, revision, wanted = match.groups()
    hint = (
        "Check the connection and run the command again, or import a file that is on this machine."
    )
    with told("style", repository, revision, "the hub cannot be reached", hint):
        info = HfApi().model_info(repository, revision=revision, timeout=10)
    names = [entry.rfilename for entry in info.siblings or ()]
    chosen = _chosen(repository, names, wanted)
    progress(
        Event(STAGE, message=f"Fetching {repository} ({', '.join(chosen)}) into the hub cache.")
    )
    with told("style", repository, revision, "the download was interrupted", hint):
        if len(chosen) == 1 or wanted is not None:
            paths = [hf_hub_download(repository, name, revision=revision) for name in chosen]
            return Path(paths[0])
        return Path(snapshot_download(repository, revision=revision, allow_patterns=chosen))


def _chosen(repository: str, names: list[str], wanted: str | None) -> list[str]:
    if wanted is not None:
        if wanted not in names:
            raise UsageError(f"{repository}: has no file {wanted!r}.", _choice(repository, names))
        config = PurePosixPath(wanted).with_name(CONFIG).as_posix()
        beside = PurePosixPath(wanted).name == PEFT_WEIGHTS and config in names
        return [wanted, config] if beside else [wanted]
    for folders in (("",), tuple(f"{part}/" for part in PARTS)):
        pairs = [
            (folder + CONFIG, folder + PEFT_WEIGHTS)
            for folder in folders
            if folder + CONFIG in names and folder + PEFT_WEIGHTS in names
        ]
        if pairs:
            return [name for pair in pairs for name in pair]
    weights = [name for name in names if name.endswith(".safetensors")]
    if DIFFUSERS_WEIGHTS in weights:
        return [DIFFUSERS_WEIGHTS]
    if len(weights) == 1:
        return weights
    if weights:
        raise UsageError(f"{repository}: holds several files.", _choice(repository, names))
    pickled = [name for name in names if PurePosixPath(name).suffix in PICKLED]
    if pickled:
        raise UsageError(
            f"{repository}: holds only pickled files ({', '.join(pickled[:3])}), which can run any "
            "code when they are opened and are not read."
        )
    raise UsageError(f"{repository}: holds no LoRA (no .safetensors file).")


def _choice(repository: str, names: list[str]) -> str:
    weights = [name for name in names if name.endswith(".safetensors")]
    listed = ", ".join(weights[:8]) + (" …" if len(weights) > 8 else "")
    return f"Name one: {repository}/FILE, of {listed or 'none'}."
