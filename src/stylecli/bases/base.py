"""A base in memory: its parts are loaded when they are first needed, and can be dropped again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from stylecli.bases.autoencoder import STAGE, vae_dtype_of, vae_folder_of
from stylecli.bases.conditions import Conditions
from stylecli.bases.control import load_controlnet
from stylecli.bases.device import Precision, autocast, pick_device, pick_dtype, precision_of
from stylecli.bases.finite import all_finite, check_denoised, first_finite
from stylecli.bases.folder import latent_channels_of, levels_of, pixels_per_latent_of
from stylecli.bases.image_prompt import ImageAdapter, load_image_adapter
from stylecli.bases.latents import decoded, encoded
from stylecli.bases.parts import Parts
from stylecli.bases.prediction import predicted, sized
from stylecli.bases.spec import BaseSpec
from stylecli.bases.two_encoders import told_by_two
from stylecli.bases.words import WordVectors, encode_prompts, word_vector
from stylecli.progress import Event, Progress, silent

if TYPE_CHECKING:
    import torch
    from torch import Tensor

_Made = TypeVar("_Made")


class Base(Parts):
    """A pretrained latent diffusion model of the SD 1.5 or the SDXL family.

    Its models are frozen and in evaluation mode. The denoiser computes in `dtype`, the text encoder
    in fp32, and the VAE in `vae_dtype`. What is not finite never becomes a picture, nor latents.

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
        progress: Progress = silent,
    ) -> None:
        super().__init__(spec, folder, device, dtype, folders)
        self._progress = progress
        self._vae_overflows = False

    @property
    def vae_dtype(self) -> torch.dtype:
        """What the autoencoder computes in: results differ a little between types.

        What its configuration allows (`stylecli.bases.autoencoder.vae_dtype_of`); once it has
        overflowed in that, fp32.
        """
        import torch

        if self._vae_overflows:
            return torch.float32
        return vae_dtype_of(self.place("vae"), self.device, self.dtype)

    @property
    def pixels_per_latent(self) -> int:
        """How many pixels one latent cell covers on a side: 8 for SD 1.5."""
        return pixels_per_latent_of(self.folder)

    @property
    def latent_channels(self) -> int:
        """How many channels latents have: 4 for SD 1.5 and SDXL."""
        return latent_channels_of(self.folder)

    @property
    def size_multiple(self) -> int:
        """Sides of pictures are multiples of this many pixels, so that every level of the UNet is whole."""
        return self.pixels_per_latent * int(2 ** (levels_of(self.folder / "unet") - 1))

    def encode(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Encode pictures.

        Args:
            pixels: ``(B, 3, H, W)`` in [-1, 1].

        Returns:
            Mean and standard deviation of the latents, each ``(B, C, h, w)`` float32 and scaled as
            the denoiser expects them.

        Raises:
            NotFinite: They are not finite, even in fp32.
        """
        return self._finite(lambda: encoded(self.vae, pixels))

    def decode(self, latents: Tensor, *, trainable: bool = False) -> Tensor:
        """Decode latents to pictures.

        Args:
            latents: ``(B, C, h, w)``, scaled as the denoiser expects them.
            trainable: Whether the pictures can be differentiated by the latents; latents that are not
                finite then make such pictures.

        Returns:
            ``(B, 3, H, W)`` float32, about [-1, 1].

        Raises:
            NotFinite: The latents are not finite, or the pictures are not, even in fp32.
        """
        if trainable and not all_finite(latents):
            # A training that has diverged says so itself.
            return decoded(self.vae, latents, trainable)
        check_denoised(latents, self.spec.name, self.dtype)
        return self._finite(lambda: decoded(self.vae, latents, trainable))

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
        if self.spec.family == "sdxl":
            return told_by_two(prompts, self._part, self.folder, vectors, trainable)
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
            conditions: For the same batch; an SDXL denoiser is told the pictures' size where they do
                not say one.

        Returns:
            Its prediction, ``(B, C, h, w)`` float32; what it means says `prediction_type`.
        """
        told = sized(conditions, self.denoiser, latents, self.pixels_per_latent)
        with self.autocast():
            return predicted(self.denoiser, latents, timesteps, told).float()

    def autocast(self) -> AbstractContextManager[object]:
        """Compute in the base's `dtype` inside."""
        return autocast(self.device, self.dtype)

    def vae_autocast(self) -> AbstractContextManager[object]:
        """Compute in the autoencoder's `vae_dtype` inside."""
        return autocast(self.device, self.vae_dtype)

    def _finite(self, compute: Callable[[], _Made]) -> _Made:
        """Let the autoencoder compute; once it overflows in half precision it goes on in fp32."""
        dtype = self.vae_dtype
        made, in_which = first_finite(compute, self.spec.name, self.device, dtype)
        if in_which != dtype:
            self._vae_overflows = True
            message = (
                f"The autoencoder of base {self.spec.name!r} overflowed in {precision_of(dtype)}: "
                "it goes on in fp32, more slowly."
            )
            self._progress(Event(STAGE, message=message, level="warning"))
        return made


def load_base(
    spec: BaseSpec,
    folder: Path,
    precision: Precision = "auto",
    device: torch.device | None = None,
    progress: Progress = silent,
) -> Base:
    """Open a base; its parts are read when they are first used.

    Where it has another autoencoder for half precision, that one is fetched if it is wanted.

    Args:
        spec: What it is.
        folder: Its diffusers folder (`stylecli.bases.locate.folder_of`).
        precision: What its denoiser computes in.
        device: Where, or None for the accelerator where there is one.
        progress: Hears of a download, and of an autoencoder that must compute in fp32.
    """
    where = device if device is not None else pick_device()
    dtype = pick_dtype(precision, where)
    folders = {"vae": vae_folder_of(spec, folder, where, dtype, progress)}
    return Base(spec, folder, where, dtype, folders, progress)
