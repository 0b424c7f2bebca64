"""How good is the embedded base family? Every figure of its model card.

    python benchmarks/base_quality.py --data FOLDER [--kodak FOLDER] [--only PART ...] [--out FOLDER]

FOLDER holds ``photos``, ``paintings`` and ``styles`` with their tables. Only photographs are
repainted and copied that the recipe holds out; ``--kodak`` names a folder with the Kodak test
pictures. Pictures to look at are written to the output folder.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

import base_guidance
import base_prompts
import base_styles
from stylecli.bases.base import load_base
from stylecli.images.reading import list_pictures, read_picture
from stylecli.images.writing import grid
from stylecli.registry import load_registry
from stylecli.styles.format import read_style
from stylecli_tiny.recipe.captions import PAINTING, PHOTO
from stylecli_tiny.recipe.figures import copy_quality, square

STRENGTHS = (0.45, 0.6, 0.7)
SHOWN = (
    "elementary_Grey_and_Black_Bridge.jpg",
    "wikimedia_England-The-Village-of-Glenridding.jpg",
    "wikimedia_America-Wind-Point-Lighthouse.jpg",
    "azure_CustomVision_ImageClassification_Images_Japanese_Cherry_japanese_cherry_5.jpg",
    "azure_CustomVision_ImageClassification_Images_Hemlock_hemlock_8.jpg",
    "elementary_Rob_Bye.jpg",
    "grocery_val_Red-Bell-Pepper_002.jpg",
    "grocery_test_Nectarine_004.jpg",
)
"""The held-out photographs of the acceptance picture."""


class Quality:
    """What the parts of the benchmark share, and where their results go."""

    def __init__(self, data: Path, kodak: Path | None, out: Path, seeds: int) -> None:
        self.data = data
        self.kodak = kodak
        self.out = out
        self.seeds = seeds
        self.bases = load_registry().bases
        self.tiny = Path(self.bases["tiny"].source)
        self.held_out = base_styles.held_out_photos(data)[0]
        self.results: dict[str, Any] = {}

    def say(self, part: str, name: str, value: object) -> None:
        """Print a figure and keep it."""
        self.results.setdefault(part, {})[name] = value
        print(f"{part}: {name}: {value}", flush=True)

    def size(self) -> None:
        """Bytes in the package, parameters of each network."""
        home = self.tiny.parent
        total = 0
        for file in sorted(home.rglob("*.safetensors")):
            total += file.stat().st_size
            self.say("size", str(file.relative_to(home)), f"{file.stat().st_size / 1e6:.2f} MB")
        self.say("size", "all weights", f"{total / 1e6:.1f} MB")

    def vae(self) -> None:
        """Faithfulness of copies of photographs at 256 px."""
        from diffusers import AutoencoderKL

        vae = AutoencoderKL.from_pretrained(self.tiny / "vae").float()
        sets = {"held-out photographs": self.held_out}
        if self.kodak:
            sets["Kodak"] = list_pictures(self.kodak)
        for name, paths in sets.items():
            quality = [copy_quality(vae, square(read_picture(path)), _CPU) for path in paths]
            psnr, ssim = np.mean(quality, axis=0)
            self.say("vae", f"{name} ({len(paths)})", f"{psnr:.2f} dB, SSIM {ssim:.4f}")

    def speed(self) -> None:
        """Milliseconds of a denoising step, and seconds of a whole repainted photograph."""
        base = load_base(self.bases["tiny"], self.tiny)
        for side in (256, 512):
            conditions = base.contexts(["a painting"])
            latents = torch.randn(1, 4, side // 4, side // 4)
            step = _best(lambda x=latents, c=conditions: base.predict(x, torch.tensor([500]), c))
            decode = _best(lambda x=latents: base.decode(x))
            self.say("speed", f"a step at {side} px", f"{1000 * step:.0f} ms")
            self.say("speed", f"decoding {side} px", f"{1000 * decode:.0f} ms")
        self.say("speed", "threads, precision", f"{torch.get_num_threads()}, {base.dtype}")

    def prompts(self) -> None:
        """Denoising losses under right and wrong captions."""
        base = load_base(self.bases["tiny"], self.tiny)
        paths, captions = base_prompts.held_out_paintings(self.data, 20)
        photos = self.held_out
        found = base_prompts.meaning(
            base,
            [
                (PAINTING, list(map(read_picture, paths)), captions),
                (
                    PHOTO,
                    list(map(read_picture, photos)),
                    base_prompts.captions_of_photos(self.data, photos),
                ),
            ],
        )
        count = f"{len(paths)} paintings, {len(photos)} photographs"
        self.say("prompts", f"loss with the own caption ({count})", f"{found.own:.4f}")
        self.say("prompts", "with none", f"{found.none:.4f}")
        self.say("prompts", "with another picture's", f"{found.other:.4f}")
        self.say("prompts", "paintings and photographs told apart", f"{found.kinds:.2f}")

    def controlnet(self) -> None:
        """Gradient correlation with the photograph by ControlNet scale."""
        photos = [read_picture(path) for path in self.held_out]
        folder = Path(self.bases["tiny"].controlnets["canny"])
        figures, sheet = base_guidance.controlnet_effect(self.tiny, folder, photos)
        for scale, value in figures.items():
            self.say("controlnet", f"gradient correlation, scale {scale:g}", f"{value:.3f}")
        grid(sheet[:8], height=160).save(self.out / "controlnet.png")

    def ip_adapter(self) -> None:
        """Distance to the image prompt by IP-Adapter scale."""
        paintings = [
            path
            for name in base_styles.PAINTERS
            for path in list_pictures(self.data / "styles" / name)[5:200:50]
        ]
        prompts = [read_picture(path) for path in [*paintings, *self.held_out[:12]]]
        folder = Path(str(self.bases["tiny"].ip_adapter))
        figures, sheet = base_guidance.ip_adapter_effect(self.tiny, folder, prompts)
        for scale, (palette, composition) in figures.items():
            self.say(
                "ip-adapter",
                f"scale {scale:g}",
                f"palette distance {palette:.2f}, composition correlation {composition:.3f}",
            )
        grid(sheet[:12], height=128).save(self.out / "ip-adapter.png")

    def styles(self) -> None:
        """Whose the outputs look like, and content retention, by style and strength."""
        registry = load_registry()
        spec = registry.bases["tiny"]
        method = registry.method("lora-sdedit")
        base = load_base(spec, self.tiny)
        judge = base_styles.judge_of(self.data)
        self.say("styles", "judge", f"{judge.accuracy:.2f} of unseen paintings named rightly")
        photos = base_styles.read_all(self.held_out)
        shown = [self.held_out.index(self.data / "photos" / name) for name in SHOWN]
        sheet = [[(photos[index], "photo")] for index in shown]
        ready = Path(str(spec.ready_styles))
        for painter in ("base alone", *base_styles.PAINTERS):
            # The base alone gets a style's prompt and guidance, and none of its weights.
            alone = painter == "base alone"
            style = read_style(
                ready / f"{base_styles.PAINTERS[0] if alone else painter}.safetensors"
            )
            for strength in STRENGTHS:
                sets = [
                    base_styles.rate(
                        method, base, style, photos, {"strength": strength}, 1.0 - alone, seed
                    )
                    for seed in range(self.seeds)
                ]
                outputs = [output for one in sets for output in one.outputs]
                called = base_styles.called(judge, outputs)
                kept = np.mean([one.retention for one in sets])
                shares = ", ".join(f"{name} {share:.2f}" for name, share in called.items())
                self.say("styles", f"{painter} at {strength:g}", f"CR {kept:.2f}; called {shares}")
                for row, index in zip(sheet, shown, strict=True):
                    row.append((outputs[index], f"{painter} {strength:g}"))
        grid(sheet, height=160).save(self.out / "styles.png")


_CPU = torch.device("cpu")


def _best(run: Callable[[], object], turns: int = 7) -> float:
    times = []
    with torch.no_grad():
        for _ in range(turns):
            started = time.perf_counter()
            run()
            times.append(time.perf_counter() - started)
    return min(times)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and keep the figures as JSON."""
    parts = ("size", "vae", "speed", "prompts", "controlnet", "ip-adapter", "styles")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--kodak", type=Path)
    parser.add_argument("--out", type=Path, default=Path("work/base-quality"))
    parser.add_argument("--seeds", type=int, default=1, help="of each repainted photograph")
    parser.add_argument("--only", nargs="+", choices=parts, default=parts)
    given = parser.parse_args(arguments)
    given.out.mkdir(parents=True, exist_ok=True)
    quality = Quality(given.data, given.kodak, given.out, given.seeds)
    for part in given.only:
        getattr(quality, part.replace("-", "_"))()
    (given.out / "figures.json").write_text(json.dumps(quality.results, indent=2))


if __name__ == "__main__":
    main()
