"""What a base is, before anything of it is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Recommendations = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Option values by method and command: ``{"lora-sdedit": {"train": {"rank": 16}}}``."""

ANY_METHOD = "*"
"""In place of a method's name: for every method that has these options of the core's."""


@dataclass(frozen=True)
class BaseSpec:
    """A base by name.

    Attributes:
        name: What the user calls it: "tiny", "sd15", a folder, or a hub id.
        family: "sd15" or "sdxl": which pipeline and key layout it has.
        source: Its diffusers folder, or its hub id. A str that is an absolute path is a folder.
        summary: One line for ``bases list``.
        resolution: The short side in pixels that it works best at.
        revision: Branch, tag or commit on the hub, or None for the main branch.
        embedded: Whether its weights come with a package, so that it works offline.
        neutral_prompt: What style guidance tells the model that is without the style.
        recommends: What suits this base better than a method's defaults.
        ready_styles: A folder of ready styles for it, or None.
        licence: The licence of its weights, or "".
        shared_parts: Folders of parts of the pipeline that lie elsewhere than in `source`, by the
            part's name, so that two bases of one package need not both carry them.
        controlnets: ControlNets made for it by what they follow ("canny"): a folder that
            `diffusers.ControlNetModel` loads, or a hub id.
        ip_adapter: An IP-Adapter made for it, in the plain form that `load_ip_adapter` of diffusers
            reads: a folder or hub id with ``ip-adapter.safetensors`` and ``image_encoder``, or such a
            file by its own name, ``org/name/folder/file.safetensors``; None where there is none.
        half_vae: An autoencoder that computes in half precision without overflowing, used instead of
            its own where the denoiser computes in fp16 or bf16 on an accelerator: a folder or hub id
            with ``config.json`` and ``diffusion_pytorch_model.safetensors``; None where there is none.
    """

    name: str
    family: str
    source: Path | str
    summary: str = ""
    resolution: int = 512
    revision: str | None = None
    embedded: bool = False
    neutral_prompt: str = "a photo"
    recommends: Recommendations = field(default_factory=dict)
    ready_styles: Path | None = None
    licence: str = ""
    shared_parts: Mapping[str, Path] = field(default_factory=dict)
    controlnets: Mapping[str, Path | str] = field(default_factory=dict)
    ip_adapter: Path | str | None = None
    half_vae: Path | str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.source, str) and Path(self.source).is_absolute():
            object.__setattr__(self, "source", Path(self.source))

    @property
    def public_name(self) -> str:
        """What files may remember it by: of a folder only its last name, never a path of this machine."""
        if isinstance(self.source, Path) and not self.embedded:
            return self.source.name
        return self.name

    def recommended(self, method: str, command: str) -> Mapping[str, Any]:
        """What this base recommends for a method's train, transfer or generate by name, or for `ANY_METHOD`."""
        return self.recommends.get(method, {}).get(command, {})


SD15 = BaseSpec(
    name="sd15",
    family="sd15",
    source="stable-diffusion-v1-5/stable-diffusion-v1-5",
    summary="Stable Diffusion 1.5, 860 M parameters, 512 px; downloaded on first use",
    licence="CreativeML Open RAIL-M",
    controlnets={"canny": "lllyasviel/control_v11p_sd15_canny"},
    ip_adapter="h94/IP-Adapter/models/ip-adapter_sd15.safetensors",
)
"""The base that published systems of the family use; its weights come from the hub."""

SDXL = BaseSpec(
    name="sdxl",
    family="sdxl",
    source="stabilityai/stable-diffusion-xl-base-1.0",
    summary="Stable Diffusion XL 1.0, 2.6 B parameters, 1024 px; downloaded on first use",
    resolution=1024,
    licence="CreativeML Open RAIL++-M",
    half_vae="madebyollin/sdxl-vae-fp16-fix",
)
"""The base that LoRAs of the SDXL family are made for; its weights come from the hub. Its own autoencoder
overflows in fp16."""

HOMES: Mapping[str, BaseSpec] = {SD15.family: SD15, SDXL.family: SDXL}
"""By family the base that a LoRA is for where its file does not say."""
