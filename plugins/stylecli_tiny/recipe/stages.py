"""The stages of the recipe, one after another; what the work folder has is not done again."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL,
    ControlNetModel,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)
from torch import nn
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from stylecli_tiny.recipe.assemble import assemble, assemble_extra, assemble_xl
from stylecli_tiny.recipe.denoiser import build_text_encoder, build_unet, train_denoiser
from stylecli_tiny.recipe.family import make_controlnet, make_ip_adapter, make_xl
from stylecli_tiny.recipe.figures import Figures, measure
from stylecli_tiny.recipe.files import replace_atomically
from stylecli_tiny.recipe.latents import encode_all, fold, statistics
from stylecli_tiny.recipe.pack import Pack
from stylecli_tiny.recipe.prepare import prepare
from stylecli_tiny.recipe.settings import (
    CONTROLNET,
    IP_ADAPTER,
    PIPELINE,
    PIPELINE_XL,
    STAGES,
    Settings,
)
from stylecli_tiny.recipe.tokenizer import train_tokenizer
from stylecli_tiny.recipe.vae import build_vae
from stylecli_tiny.recipe.vae_training import train_vae
from stylecli_tiny.recipe.workshop import Report, Workshop, load


class Recipe:
    """One run: the settings, the work folder, and a method for each stage."""

    def __init__(self, settings: Settings, report: Report = print) -> None:
        self._shop = Workshop(settings, report)
        self._settings = settings
        self._report = report
        self._work = settings.work
        self._device = self._shop.device

    def run(self, stages: Sequence[str]) -> None:
        """Run the named stages in the recipe's order."""
        self._shop.claim()
        steps: dict[str, Callable[[], None]] = {
            "prepare": self._prepare,
            "tokenizer": self._tokenizer,
            "vae": self._vae,
            "refine": self._refine,
            "latents": self._latents,
            "denoiser": self._denoiser,
            "xl": lambda: make_xl(self._shop),
            "controlnet": lambda: make_controlnet(self._shop),
            "ip-adapter": lambda: make_ip_adapter(self._shop),
            "assemble": self._assemble,
            "evaluate": self._evaluate,
        }
        for stage in STAGES:
            if stage in stages:
                steps[stage]()

    def evaluate(self, pipeline_folder: Path) -> Figures:
        """Measure any pipeline folder on the held-out pictures; print and return the figures."""
        self._prepare()
        pipeline = StableDiffusionPipeline.from_pretrained(
            pipeline_folder, local_files_only=True, safety_checker=None
        )
        pipeline.text_encoder.float()
        figures = measure(pipeline, Pack(self._work / "pictures"), self._device)
        for line in figures.lines():
            self._report(line)
        return figures

    def _prepare(self) -> None:
        if Pack.exists(self._work / "pictures"):
            return
        paintings, photos = self._settings.paintings, self._settings.photos
        if paintings is None or not photos:
            raise SystemExit(f"{self._work} has no pictures yet: give --paintings and --photos.")
        for folder in (paintings, *photos):
            if not folder.is_dir():
                raise SystemExit(f"{folder}: no such folder.")
        prepare(paintings, photos, self._work / "pictures")
        pictures = Pack(self._work / "pictures")
        held_out = sum(facts["held_out"] for facts in pictures.facts)
        self._report(f"prepare: {len(pictures)} pictures, {held_out} of them held out")

    def _tokenizer(self) -> None:
        folder = self._work / "tokenizer"
        if folder.is_dir():
            return
        captions = [facts["caption"] for facts in self._shop.pack("pictures").facts]
        tokenizer = train_tokenizer(captions, self._settings.sizes.vocabulary)
        replace_atomically(folder, tokenizer.save_pretrained)
        self._report(f"tokenizer: {len(tokenizer)} tokens")

    def _vae(self) -> None:
        folder = self._work / "vae-trained"
        if folder.is_dir():
            return
        torch.manual_seed(self._settings.seed)
        if self._settings.init:
            vae = load(AutoencoderKL, self._settings.init / "vae")
        else:
            vae = build_vae(self._settings.sizes)
        state = self._work / "vae.safetensors"
        pictures = self._shop.pack("pictures")
        vae = train_vae(vae, pictures, self._settings, state, self._device, self._report)
        replace_atomically(folder, vae.save_pretrained)

    def _refine(self) -> None:
        folder, init = self._work / "vae", self._settings.init
        if folder.is_dir():
            return
        if init is None:
            raise SystemExit("The stage refine needs --init: a pipeline whose VAE it refines.")
        torch.manual_seed(self._settings.seed)
        vae, anchor = (load(AutoencoderKL, init / "vae") for _ in range(2))
        state, pictures = self._work / "refined.safetensors", self._shop.pack("pictures")
        vae = train_vae(
            vae, pictures, self._settings, state, self._device, self._report, anchor=anchor
        )
        replace_atomically(folder, vae.save_pretrained)

    def _latents(self) -> None:
        if Pack.exists(self._work / "latents"):
            return
        pictures = self._shop.pack("pictures")
        trained, folded = self._work / "vae-trained", self._work / "vae"
        if trained.is_dir():
            shutil.rmtree(folded, ignore_errors=True)
            vae = load(AutoencoderKL, trained).to(self._device)
            mean, deviation = statistics(vae, pictures, self._device)
            fold(vae, mean, deviation)
            replace_atomically(folded, vae.save_pretrained)
        vae = self._shop.load(AutoencoderKL, "vae")
        encode_all(vae, pictures, self._work / "latents", self._device, self._report)

    def _denoiser(self) -> None:
        folder = self._work / "unet"
        if folder.is_dir():
            return
        torch.manual_seed(self._settings.seed)
        tokenizer = CLIPTokenizer.from_pretrained(self._shop.part("tokenizer"))
        init, sizes = self._settings.init, self._settings.sizes
        if init:
            unet = load(UNet2DConditionModel, init / "unet")
            text_encoder = load(CLIPTextModel, init / "text_encoder")
        else:
            unet = build_unet(sizes)
            text_encoder = build_text_encoder(sizes, tokenizer)
        networks = nn.ModuleDict({"unet": unet, "text_encoder": text_encoder})
        latents, state = self._shop.pack("latents"), self._work / "denoiser.safetensors"
        average = train_denoiser(
            networks, tokenizer, latents, self._settings, state, self._device, self._report
        )
        beside = self._work / "text_encoder"
        shutil.rmtree(beside, ignore_errors=True)
        replace_atomically(beside, average["text_encoder"].save_pretrained)
        replace_atomically(folder, average["unet"].save_pretrained)

    def _assemble(self) -> None:
        """Write the pipeline, and whatever else of the family this run has made."""
        out, shop = self._settings.out, self._shop
        if out is None:
            raise SystemExit("The stage assemble needs --out.")
        tokenizer = CLIPTokenizer.from_pretrained(shop.part("tokenizer"))
        vae = shop.load(AutoencoderKL, "vae")
        text_encoder = shop.load(CLIPTextModel, "text_encoder")
        unet = shop.load(UNet2DConditionModel, "unet")
        assemble(vae, unet, text_encoder, tokenizer, out / PIPELINE)
        if shop.place("unet-xl").is_dir():
            unet = shop.load(UNet2DConditionModel, "unet-xl")
            second = shop.load(CLIPTextModelWithProjection, "text_encoder_2")
            assemble_xl(vae, unet, text_encoder, second, tokenizer, out / PIPELINE_XL)
        if shop.place("controlnet-canny").is_dir():
            controlnet = shop.load(ControlNetModel, "controlnet-canny")
            assemble_extra(controlnet.half().save_pretrained, out / CONTROLNET)
        if shop.place("ip-adapter").is_dir():
            made = shop.place("ip-adapter")
            assemble_extra(lambda folder: shutil.copytree(made, folder), out / IP_ADAPTER)
        self._report(f"assemble: wrote {out}")

    def _evaluate(self) -> None:
        if self._settings.out is None:
            raise SystemExit("The stage evaluate needs --out.")
        self.evaluate(self._settings.out / PIPELINE)
