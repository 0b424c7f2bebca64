"""The parts of a pipeline, each loaded when it is first needed, dropped when it is not."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from stylecli.bases.adapters import fingerprint
from stylecli.bases.folder import hash_of, tokenizer_files
from stylecli.bases.loading import checkpoint_gradients, load_part
from stylecli.bases.modules import modules_in
from stylecli.bases.spec import BaseSpec
from stylecli.bases.whole import Whole, unfrozen
from stylecli.loras.module import ModuleShapes

if TYPE_CHECKING:
    import torch
    from torch import Tensor


class Parts:
    """What a base consists of.

    Its models are frozen and in evaluation mode. The denoiser computes in `dtype`, the weights of the
    text encoders and the autoencoder are in fp32.

    Attributes:
        spec: What it is.
        folder: Its diffusers folder.
        device: Where it computes.
        dtype: What the denoiser computes in.
        folders: Where those parts are that are taken from elsewhere than `folder`, by their name.
        whole: The parts that are trained whole, from `unfreeze`.
    """

    def __init__(
        self,
        spec: BaseSpec,
        folder: Path,
        device: torch.device,
        dtype: torch.dtype,
        folders: Mapping[str, Path] | None = None,
    ) -> None:
        self.spec = spec
        self.folder = folder
        self.device = device
        self.dtype = dtype
        self.folders = folders or {}
        self.whole: dict[str, Whole] = {}
        self._parts: dict[str, Any] = {}

    @property
    def denoiser(self) -> Any:
        """The UNet (`diffusers.UNet2DConditionModel`)."""
        return self._part("unet")

    @property
    def vae(self) -> Any:
        """The autoencoder (`diffusers.AutoencoderKL`), its weights in fp32."""
        return self._part("vae")

    @property
    def text_encoder(self) -> Any:
        """The text encoder (`transformers.CLIPTextModel`), in fp32."""
        return self._part("text_encoder")

    @property
    def text_encoder_2(self) -> Any:
        """The second one of an SDXL base (`transformers.CLIPTextModelWithProjection`), in fp32."""
        return self._part("text_encoder_2")

    @property
    def tokenizer(self) -> Any:
        """The tokenizer (`transformers.CLIPTokenizer`)."""
        return self._part("tokenizer")

    @property
    def tokenizer_2(self) -> Any:
        """The second one of an SDXL base, its second text encoder's."""
        return self._part("tokenizer_2")

    @property
    def scheduler_config(self) -> dict[str, Any]:
        """The configuration of the base's noise schedule, for any diffusers scheduler."""
        return dict(self._part("scheduler").config)

    @property
    def alphas_cumprod(self) -> Tensor:
        """The share of signal variance left at each training timestep, ``(T,)`` float32."""
        return self._part("scheduler").alphas_cumprod

    @property
    def prediction_type(self) -> str:
        """What the denoiser predicts: "epsilon" or "v_prediction"."""
        return str(self.scheduler_config.get("prediction_type", "epsilon"))

    @property
    def modules(self) -> ModuleShapes:
        """Shape of every linear layer's and convolution's weight, by part and path; nothing is loaded."""
        key = "modules"
        if key not in self._parts:
            self._parts[key] = modules_in(self.folder, self.spec.family, self.folders)
        return cast("ModuleShapes", self._parts[key])

    @property
    def loaded(self) -> list[str]:
        """The models in memory now, by the part of the pipeline that they are: "unet", "vae", …"""
        return [part for part in self.modules if part in self._parts]

    @property
    def denoiser_hash(self) -> str:
        """SHA-256 over the denoiser's weight files, in hex."""
        return self._hash("unet")

    @property
    def vae_hash(self) -> str:
        """SHA-256 over the autoencoder's weights and configuration, in hex, and of the LoRAs that act on it."""
        return self._hash("vae", "config.json") + self._acting("vae")

    @property
    def text_encoder_hash(self) -> str:
        """SHA-256 over the text encoders' weights and configurations and the tokenizers, in hex; likewise."""
        encoders = [part for part in self.modules if part.startswith("text_encoder")]
        return "".join(
            self._hash(part, "config.json", *tokenizer_files(part)) + self._acting(part)
            for part in encoders
        )

    def place(self, part: str) -> Path:
        """The folder of a part, "vae" say."""
        return self.folders.get(part, self.folder / part)

    def unfreeze(self, part: str) -> Whole:
        """Load a part anew in fp32, to be trained whole; it is the base's until `free`.

        Args:
            part: "unet" (the denoiser) or "text_encoder".
        """
        self.free(part)
        self.whole[part] = unfrozen(self.place(part), part, self.device)
        self._parts[part] = self.whole[part].model
        return self.whole[part]

    def train(self, part: str, mode: bool = True) -> None:
        """Let a part work as in training (dropout, checkpointed gradients) or as in use."""
        self._part(part).train(mode)

    def checkpoint_gradients(self, *parts: str, on: bool = True) -> None:
        """Let parts keep less for their gradients and compute it again (Chen et al. 2016).

        Args:
            parts: Of the pipeline, "unet" say; it acts on those that work as in training.
            on: False switches it off.
        """
        for part in parts:
            checkpoint_gradients(self._part(part), on)

    def free(self, *parts: str) -> None:
        """Drop parts that are no longer needed, "vae" or "text_encoder" say; they load again on use.

        They come back bare: what a style has there acts again after `apply_styles`, and what was
        trained whole is as it was.
        """
        for part in parts:
            self._parts.pop(part, None)
            self.whole.pop(part, None)
        gc.collect()
        if self.device.type != "cpu":
            import torch

            getattr(torch, self.device.type).empty_cache()

    def _hash(self, part: str, *beside: str) -> str:
        key = f"hash of {part}"
        if key not in self._parts:
            self._parts[key] = hash_of(self.place(part), beside)
        return str(self._parts[key])

    def _acting(self, part: str) -> str:
        return fingerprint(self._parts[part]) if part in self._parts else ""

    def _part(self, part: str) -> Any:
        if part not in self._parts:
            self._parts[part] = load_part(self.place(part), part, self.device, self.dtype)
        return self._parts[part]
