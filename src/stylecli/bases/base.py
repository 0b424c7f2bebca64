"""A base in memory: its parts are loaded when they are first needed, and can be dropped again."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from stylecli.bases.adapters import fingerprint
from stylecli.bases.conditions import Conditions
from stylecli.bases.control import load_controlnet
from stylecli.bases.device import Precision, autocast, pick_device, pick_dtype
from stylecli.bases.folder import hash_of, levels_of
from stylecli.bases.image_prompt import ImageAdapter, load_image_adapter
from stylecli.bases.latents import decoded, encoded
from stylecli.bases.loading import load_part
from stylecli.bases.modules import modules_in
from stylecli.bases.prediction import predicted
from stylecli.bases.spec import BaseSpec
from stylecli.bases.whole import Whole, unfrozen
from stylecli.bases.words import WordVectors, encode_prompts, word_vector
from stylecli.loras.module import ModuleShapes
from stylecli.progress import Progress, silent

if TYPE_CHECKING:
    import torch
    from torch import Tensor


class Base:
    """A pretrained latent diffusion model of the SD 1.5 family.

    Its models are frozen and in evaluation mode. The denoiser computes in `dtype`, the text encoder
    in fp32, and so does the VAE, because the stock ones overflow in fp16; only on a CPU does the VAE
    compute in bf16 where the denoiser does.

    Attributes:
        spec: What it is.
        folder: Its diffusers folder.
        device: Where it computes.
        dtype: What the denoiser computes in.
        whole: The parts that are trained whole, from `unfreeze`.
    """

    def __init__(
        self, spec: BaseSpec, folder: Path, device: torch.device, dtype: torch.dtype
    ) -> None:
        self.spec = spec
        self.folder = folder
        self.device = device
        self.dtype = dtype
        self.whole: dict[str, Whole] = {}
        self._parts: dict[str, Any] = {}

    @property
    def denoiser(self) -> Any:
        """The UNet (`diffusers.UNet2DConditionModel`)."""
        return self._part("unet")

    @property
    def vae(self) -> Any:
        """The autoencoder (`diffusers.AutoencoderKL`), in fp32."""
        return self._part("vae")

    @property
    def text_encoder(self) -> Any:
        """The text encoder (`transformers.CLIPTextModel`), in fp32."""
        return self._part("text_encoder")

    @property
    def tokenizer(self) -> Any:
        """The tokenizer (`transformers.CLIPTokenizer`)."""
        return self._part("tokenizer")

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
    def vae_dtype(self) -> torch.dtype:
        """What the autoencoder computes in: results differ a little between types."""
        import torch

        on_cpu = self.device.type == "cpu" and self.dtype == torch.bfloat16
        return torch.bfloat16 if on_cpu else torch.float32

    @property
    def pixels_per_latent(self) -> int:
        """How many pixels one latent cell covers on a side: 8 for SD 1.5."""
        return int(2 ** (levels_of(self.folder / "vae") - 1))

    @property
    def size_multiple(self) -> int:
        """Sides of pictures are multiples of this many pixels, so that every level of the UNet is whole."""
        return self.pixels_per_latent * int(2 ** (levels_of(self.folder / "unet") - 1))

    @property
    def modules(self) -> ModuleShapes:
        """Shape of every linear layer's and convolution's weight, by part and path; nothing is loaded."""
        key = "modules"
        if key not in self._parts:
            self._parts[key] = modules_in(self.folder, self.spec.family)
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
        """SHA-256 over the text encoder's weights and configuration and the tokenizer, in hex; likewise."""
        tokenizer = tuple(
            f"../tokenizer/{name}" for name in ("tokenizer.json", "vocab.json", "merges.txt")
        )
        return self._hash("text_encoder", "config.json", *tokenizer) + self._acting("text_encoder")

    def encode(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Encode pictures.

        Args:
            pixels: ``(B, 3, H, W)`` in [-1, 1].

        Returns:
            Mean and standard deviation of the latents, each ``(B, C, h, w)`` float32 and scaled as
            the denoiser expects them.
        """
        with self.vae_autocast():
            return encoded(self.vae, pixels)

    def decode(self, latents: Tensor) -> Tensor:
        """Decode latents ``(B, C, h, w)`` to pictures ``(B, 3, H, W)``, about [-1, 1]."""
        with self.vae_autocast():
            return decoded(self.vae, latents)

    def contexts(
        self,
        prompts: Sequence[str],
        vectors: WordVectors | None = None,
        *,
        trainable: bool = False,
    ) -> Conditions:
        """Encode prompts; each is cut or padded to the encoder's 77 tokens.

        Args:
            prompts: The texts.
            vectors: Learnt vectors that stand in for words (textual inversion); what comes out can
                be differentiated by them.
            trainable: Whether it can be differentiated by what is trained of the text encoder.

        Raises:
            UsageError: As `WordVectors.among`.
        """
        encoded = encode_prompts(prompts, self.tokenizer, self.text_encoder, vectors, trainable)
        return Conditions(encoded)

    def word_vector(self, word: str) -> Tensor:
        """What the text encoder sees for a word, ``(width,)``.

        Raises:
            UsageError: It is not one token of the base's vocabulary.
        """
        return word_vector(word, self.tokenizer, self.text_encoder)

    def too_long(self, prompts: Sequence[str]) -> list[str]:
        """Those of the prompts that do not fit into the encoder's 77 tokens."""
        limit = self.tokenizer.model_max_length
        return [prompt for prompt in prompts if len(self.tokenizer(prompt).input_ids) > limit]

    def controlnet(self, name: str, progress: Progress = silent) -> Any:
        """A ControlNet that fits the denoiser (`diffusers.ControlNetModel`), frozen; kept in memory.

        Args:
            name: What it follows, "canny" say: then the one that goes with this base; or a folder,
                or a hub id.
            progress: Hears of a download.

        Raises:
            UsageError: There is none, or it does not fit.
            StylecliError: The hub cannot be reached, or the download was cut off.
        """
        key = f"controlnet {name}"
        if key not in self._parts:
            self._parts[key] = load_controlnet(self.spec, self.denoiser, name, progress)
        return self._parts[key]

    def image_adapter(self, progress: Progress = silent) -> ImageAdapter:
        """The IP-Adapter that goes with this base, for picture prompts; kept in memory.

        Args:
            progress: Hears of a download.

        Raises:
            UsageError: There is none, or it does not fit.
            StylecliError: The hub cannot be reached, or the download was cut off.
        """
        key = "image adapter"
        if key not in self._parts:
            self._parts[key] = load_image_adapter(self.spec, self.denoiser, progress)
        return cast("ImageAdapter", self._parts[key])

    def predict(self, latents: Tensor, timesteps: Tensor, conditions: Conditions) -> Tensor:
        """Run the denoiser once.

        Args:
            latents: Noisy latents ``(B, C, h, w)``.
            timesteps: ``(B,)``, 0 to T-1.
            conditions: For the same batch.

        Returns:
            Its prediction, ``(B, C, h, w)`` float32; what it means says `prediction_type`.
        """
        with self.autocast():
            return predicted(self.denoiser, latents, timesteps, conditions).float()

    def unfreeze(self, part: str) -> Whole:
        """Load a part anew in fp32, to be trained whole; it is the base's until `free`.

        Args:
            part: "unet" (the denoiser) or "text_encoder".
        """
        self.free(part)
        self.whole[part] = unfrozen(self.folder / part, part, self.device)
        self._parts[part] = self.whole[part].model
        return self.whole[part]

    def autocast(self) -> AbstractContextManager[object]:
        """Compute in the base's `dtype` inside."""
        return autocast(self.device, self.dtype)

    def vae_autocast(self) -> AbstractContextManager[object]:
        """Compute in the autoencoder's `vae_dtype` inside."""
        return autocast(self.device, self.vae_dtype)

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
            self._parts[key] = hash_of(self.folder / part, beside)
        return str(self._parts[key])

    def _acting(self, part: str) -> str:
        return fingerprint(self._parts[part]) if part in self._parts else ""

    def _part(self, part: str) -> Any:
        if part not in self._parts:
            self._parts[part] = load_part(self.folder / part, part, self.device, self.dtype)
        return self._parts[part]


def load_base(
    spec: BaseSpec, folder: Path, precision: Precision = "auto", device: torch.device | None = None
) -> Base:
    """Open a base; its parts are read when they are first used.

    Args:
        spec: What it is.
        folder: Its diffusers folder (`stylecli.bases.locate.folder_of`).
        precision: What its denoiser computes in.
        device: Where, or None for the accelerator where there is one.
    """
    place = device if device is not None else pick_device()
    return Base(spec, folder, place, pick_dtype(precision, place))
