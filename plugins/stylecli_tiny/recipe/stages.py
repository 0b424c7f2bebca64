"""The stages of the recipe, one after another; what the work folder has is not done again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, StableDiffusionPipeline, UNet2DConditionModel
from torch import nn
from transformers import CLIPTextModel, CLIPTokenizer

from stylecli_tiny.recipe.assemble import assemble
from stylecli_tiny.recipe.denoiser import build_text_encoder, build_unet, train_denoiser
from stylecli_tiny.recipe.figures import Figures, measure
from stylecli_tiny.recipe.files import replace_atomically, write_atomically
from stylecli_tiny.recipe.latents import encode_all, fold, statistics
from stylecli_tiny.recipe.machine import pick_device
from stylecli_tiny.recipe.pack import Pack
from stylecli_tiny.recipe.prepare import prepare
from stylecli_tiny.recipe.settings import STAGES, Settings
from stylecli_tiny.recipe.tokenizer import train_tokenizer
from stylecli_tiny.recipe.vae import build_vae
from stylecli_tiny.recipe.vae_training import train_vae

Report = Callable[[str], None]


class Recipe:
    """One run: the settings, the work folder, and a method for each stage."""

    def __init__(self, settings: Settings, report: Report = print) -> None:
        self._settings = settings
        self._report = report
        self._work = settings.work
        self._device = pick_device()

    def run(self, stages: Sequence[str]) -> None:
        """Run the named stages in the recipe's order."""
        self._claim_work_folder()
        steps: dict[str, Callable[[], None]] = {
            "prepare": self._prepare,
            "tokenizer": self._tokenizer,
            "vae": self._vae,
            "latents": self._latents,
            "denoiser": self._denoiser,
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

    def _claim_work_folder(self) -> None:
        """Refuse a work folder that other settings began; budgets may change."""
        settings = self._settings
        mine: dict[str, Any] = {
            "seed": settings.seed,
            "init": str(settings.init.resolve()) if settings.init else None,
            "vae_rate": settings.vae_rate,
            "unet_rate": settings.unet_rate,
            "sizes": asdict(settings.sizes),
        }
        mine = json.loads(json.dumps(mine))
        file = self._work / "settings.json"
        if not file.is_file():
            write_atomically(file, json.dumps(mine, indent=2).encode())
            return
        theirs = json.loads(file.read_text(encoding="utf-8"))
        different = sorted(key for key in mine if mine[key] != theirs.get(key))
        if different:
            raise SystemExit(
                f"{self._work} was begun with another {', '.join(different)}. "
                "Use the same settings to continue, or another --work."
            )

    def _prepare(self) -> None:
        if Pack.exists(self._work / "pictures"):
            return
        paintings, photos = self._settings.paintings, self._settings.photos
        if paintings is None or photos is None:
            raise SystemExit(f"{self._work} has no pictures yet: give --paintings and --photos.")
        prepare(paintings, photos, self._work / "pictures")
        pictures = Pack(self._work / "pictures")
        held_out = sum(facts["held_out"] for facts in pictures.facts)
        self._report(f"prepare: {len(pictures)} pictures, {held_out} of them held out")

    def _tokenizer(self) -> None:
        folder = self._work / "tokenizer"
        if folder.is_dir():
            return
        captions = [facts["caption"] for facts in self._pack("pictures").facts]
        tokenizer = train_tokenizer(captions, self._settings.sizes.vocabulary)
        replace_atomically(folder, tokenizer.save_pretrained)
        self._report(f"tokenizer: {len(tokenizer)} tokens")

    def _vae(self) -> None:
        folder = self._work / "vae-trained"
        if folder.is_dir():
            return
        torch.manual_seed(self._settings.seed)
        if self._settings.init:
            vae = _load(AutoencoderKL, self._settings.init / "vae")
        else:
            vae = build_vae(self._settings.sizes)
        state = self._work / "vae.safetensors"
        pictures = self._pack("pictures")
        vae = train_vae(vae, pictures, self._settings, state, self._device, self._report)
        replace_atomically(folder, vae.save_pretrained)

    def _latents(self) -> None:
        if Pack.exists(self._work / "latents"):
            return
        pictures = self._pack("pictures")
        trained, folded = self._work / "vae-trained", self._work / "vae"
        if trained.is_dir():
            shutil.rmtree(folded, ignore_errors=True)
            vae = _load(AutoencoderKL, trained).to(self._device)
            mean, deviation = statistics(vae, pictures, self._device)
            fold(vae, mean, deviation)
            replace_atomically(folded, vae.save_pretrained)
        vae = _load(AutoencoderKL, self._part("vae"))
        encode_all(vae, pictures, self._work / "latents", self._device, self._report)

    def _denoiser(self) -> None:
        folder = self._work / "unet"
        if folder.is_dir():
            return
        torch.manual_seed(self._settings.seed)
        tokenizer = CLIPTokenizer.from_pretrained(self._part("tokenizer"))
        init, sizes = self._settings.init, self._settings.sizes
        if init:
            unet = _load(UNet2DConditionModel, init / "unet")
            text_encoder = _load(CLIPTextModel, init / "text_encoder")
        else:
            unet = build_unet(sizes)
            text_encoder = build_text_encoder(sizes, tokenizer)
        networks = nn.ModuleDict({"unet": unet, "text_encoder": text_encoder})
        latents, state = self._pack("latents"), self._work / "denoiser.safetensors"
        average = train_denoiser(
            networks, tokenizer, latents, self._settings, state, self._device, self._report
        )
        beside = self._work / "text_encoder"
        shutil.rmtree(beside, ignore_errors=True)
        replace_atomically(beside, average["text_encoder"].save_pretrained)
        replace_atomically(folder, average["unet"].save_pretrained)

    def _assemble(self) -> None:
        out = self._settings.out
        if out is None:
            raise SystemExit("The stage assemble needs --out.")
        assemble(
            vae=_load(AutoencoderKL, self._part("vae")),
            unet=_load(UNet2DConditionModel, self._part("unet")),
            text_encoder=_load(CLIPTextModel, self._part("text_encoder")),
            tokenizer=CLIPTokenizer.from_pretrained(self._part("tokenizer")),
            out=out,
        )
        self._report(f"assemble: wrote {out}")

    def _evaluate(self) -> None:
        if self._settings.out is None:
            raise SystemExit("The stage evaluate needs --out.")
        self.evaluate(self._settings.out)

    def _pack(self, name: str) -> Pack:
        if not Pack.exists(self._work / name):
            raise SystemExit(f"{self._work} has no {name} yet: run the earlier stages first.")
        return Pack(self._work / name)

    def _part(self, name: str) -> Path:
        """A part of the pipeline: what this run made, else what it began with."""
        for parent in (self._work, self._settings.init):
            if parent and (parent / name).is_dir():
                return parent / name
        raise SystemExit(f"{self._work} has no {name} yet: run the earlier stages first.")


def _load(kind: Any, folder: Path) -> Any:
    """A network in float32, whatever it was saved in."""
    return kind.from_pretrained(folder, local_files_only=True).float()
