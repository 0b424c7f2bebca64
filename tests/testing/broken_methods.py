"""Methods that each break their contract in one place, by the check that must say so."""

from __future__ import annotations

import contextlib
import functools
import os
import random
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer
from plain_method import Plain, PlainTraining

import stylecli

CASES = []
"""(check, what it says, method)."""


def breaks(check, words):
    """Remember a method as one that a check must fail on."""

    def remember(method):
        CASES.append((check, words, method))
        return method

    return remember


@breaks("described", "The name is 'My Method'")
class BadName(Plain):
    name = "My Method"


@breaks("described", "families is frozenset({'sd3'})")
class UnknownFamily(Plain):
    families = frozenset({"sd3"})


@breaks("options", "PlainOddDefault.rank: its own default is refused")
class DefaultOutOfRange(Plain):
    @dataclass(frozen=True, kw_only=True)
    class PlainOddDefault(stylecli.TrainingOptions):
        rank: Annotated[int, typer.Option(min=1, max=4, help="Directions.")] = 5

    TrainOptions = PlainOddDefault


@breaks("options", "`stylecli train` has --seed itself")
class TakesSeed(Plain):
    @dataclass(frozen=True, kw_only=True)
    class SeedOptions(PlainTraining):
        seed: Annotated[int, typer.Option(help="A seed of its own.")] = 5

    TrainOptions = SeedOptions


@breaks("options", "FlagOptions.start: `stylecli train` has --seed itself")
class TakesSeedsFlag(Plain):
    @dataclass(frozen=True, kw_only=True)
    class FlagOptions(PlainTraining):
        start: Annotated[int, typer.Option("--seed", help="A seed of its own.")] = 5

    TrainOptions = FlagOptions


@breaks("copies", "With --save-every 2 it refuses: The method plain cannot do --save-every")
class NoCopies(Plain):
    def train(self, run):
        whole = run.fit
        run.fit = lambda parameters, loss, examples, *_: whole(parameters, loss, examples)
        return super().train(run)


@breaks("options", "is no frozen dataclass")
class Changeable(Plain):
    @dataclass
    class Options:
        rank: Annotated[int, typer.Option(help="Directions.")] = 5

    TrainOptions = Options


@breaks("options", "has no help text")
class Unexplained(Plain):
    @dataclass(frozen=True)
    class Options:
        rank: Annotated[int, typer.Option(min=1)] = 5

    TransferOptions = Options


@breaks("round-trip", "is other options once written as JSON")
class Doubling(Plain):
    @dataclass(frozen=True, kw_only=True)
    class Options(PlainTraining):
        def __post_init__(self):
            object.__setattr__(self, "rank", self.rank * 2)

    TrainOptions = Options


@breaks("round-trip", "raised ValueError: too many")
class Rude(Plain):
    @dataclass(frozen=True, kw_only=True)
    class Options(PlainTraining):
        def __post_init__(self):
            if self.rank > 60:
                raise ValueError("too many")

    TrainOptions = Options


@breaks("presets", "Preset 'fast': No such option: speed")
class OddPreset(Plain):
    presets = {"fast": stylecli.Preset("fast", {"speed": 3})}


@breaks("presets", "Ablation 'none' changes nothing")
class EmptyAblation(Plain):
    ablations = {"none": stylecli.Ablation("nothing at all")}


@breaks("words", "for 3 pictures")
class FewCaptions(Plain):
    def captions(self, captions, prompt, options=None):
        return [prompt.with_subject(caption) for caption in captions if caption]


@breaks("training", "train() gave None")
class Forgetful(Plain):
    def train(self, run):
        super().train(run)


@breaks("training", "The style's method is 'other'")
class SomeoneElse(Plain):
    def train(self, run):
        return replace(super().train(run), method="other")


@breaks("training", "is not finite")
class Infinite(Plain):
    def train(self, run):
        style = super().train(run)
        return replace(style, tensors={key: value / 0 for key, value in style.tensors.items()})


@breaks("training", "The style says that rank was 99; it was given 2")
class Boasting(Plain):
    def train(self, run):
        style = super().train(run)
        told = {**style.provenance.options, "rank": 99}
        return replace(style, provenance=replace(style.provenance, options=told))


@breaks("training", "The style says that rank was 4; it was given 2")
class OptionsOfItsOwn(Plain):
    def train(self, run):
        run.options = replace(run.options, rank=4)
        return super().train(run)


@breaks("training", "It raised RuntimeError: a bug, in ")
class Raising(Plain):
    def train(self, run):
        raise RuntimeError("a bug")


@breaks("progress", "Training reports nothing")
class Silent(Plain):
    def train(self, run):
        run.progress = stylecli.silent
        return super().train(run)


@breaks("progress", "the stage was at 3 of 4 already")
class Backwards(Plain):
    def train(self, run):
        for done in (3, 1):
            run.progress(stylecli.Event("thinking", done, 4))
        return super().train(run)


@breaks("quiet", "Training printed 'hello'")
class Printing(Plain):
    def train(self, run):
        sys.stdout.write("hello\n")
        return super().train(run)


@breaks("quiet", "Training printed 'from below'")
class PrintingBelow(Plain):
    def train(self, run):
        os.write(2, b"from below\n")
        return super().train(run)


@breaks("writes", "wrote the working folder/notes.txt")
class Littering(Plain):
    def train(self, run):
        Path("notes.txt").write_text("mine")
        return super().train(run)


@breaks("writes", "wrote the home folder/.plain/notes.txt")
class LitteringAtHome(Plain):
    def train(self, run):
        place = Path("~/.plain").expanduser()
        place.mkdir()
        (place / "notes.txt").write_text("mine")
        return super().train(run)


@breaks("writes", "wrote the pictures/")
class Captioning(Plain):
    def train(self, run):
        run.dataset.items[0].path.with_suffix(".txt").write_text("a caption")
        return super().train(run)


@breaks("writes", "wrote run.folder/../sibling.txt")
class LitteringBeside(Plain):
    def train(self, run):
        (run.folder.parent / "sibling.txt").write_text("mine")
        return super().train(run)


@breaks("writes", "wrote the home folder/.plain/empty.")
class LeavingEmptyFolders(Plain):
    def train(self, run):
        Path("~/.plain/empty").expanduser().mkdir(parents=True)
        return super().train(run)


# No folder that is looked through.
HOLDER = tempfile.TemporaryDirectory(prefix="broken-methods-")
ELSEWHERE = Path(HOLDER.name)


@breaks("writes", f"wrote {ELSEWHERE}/notes.txt.")
class LitteringElsewhere(Plain):
    def train(self, run):
        (ELSEWHERE / "notes.txt").write_text("mine")
        return super().train(run)


KEPT = ELSEWHERE / "kept.txt"
KEPT.write_text("yours")


@breaks("writes", f"wrote {KEPT}.")
class Deleting(Plain):
    def train(self, run):
        KEPT.unlink(missing_ok=True)
        return super().train(run)


@breaks("base", "unet has other weights than it came with")
class LeavingLayers(Plain):
    def train(self, run):
        style = super().train(run)
        run.base.denoiser.register_parameter("mine", run.base.denoiser.conv_in.bias)
        return style


@breaks("base", "unet has weights that take gradients")
class LeavingGradients(Plain):
    def train(self, run):
        style = super().train(run)
        run.base.denoiser.requires_grad_(True)
        return style


@breaks("base", "unet has other values in 'conv_in.bias'")
class LeavingWeights(Plain):
    def train(self, run):
        style = super().train(run)
        run.base.denoiser.conv_in.bias.data += 0.1
        return style


@breaks("base", "unet is in training mode")
class LeavingTraining(Plain):
    def train(self, run):
        style = super().train(run)
        run.base.train("unet")
        return style


@breaks("base", "unet has hooks on 'conv_in' that it did not come with")
class LeavingHooks(Plain):
    def train(self, run):
        style = super().train(run)
        run.base.denoiser.conv_in.register_forward_hook(lambda module, given, made: made * 1.5)
        return style


@breaks("base", "unet has another forward() on 'conv_in'")
class LeavingForward(Plain):
    def train(self, run):
        style = super().train(run)
        module = run.base.denoiser.conv_in
        whole = module.forward
        module.forward = lambda given: whole(given) * 1.5
        return style


@breaks("base", "unet has another 'eps' in 'conv_norm_out'")
class LeavingSettings(Plain):
    def train(self, run):
        style = super().train(run)
        run.base.denoiser.conv_norm_out.eps = 0.1
        return style


@breaks("base", "unet has another module at 'conv_act'")
class LeavingModules(Plain):
    def train(self, run):
        import torch

        style = super().train(run)
        run.base.denoiser.conv_act = torch.nn.Tanh().eval()
        return style


@breaks("base", "the base has another predict()")
class LeavingPredictions(Plain):
    def train(self, run):
        style = super().train(run)
        whole = run.base.predict
        run.base.predict = lambda *given: whole(*given) * 1.5
        return style


@breaks("base", "the base has another noise schedule")
class LeavingNoise(Plain):
    def train(self, run):
        style = super().train(run)
        run.base.alphas_cumprod.mul_(0.5)
        return style


@breaks("base", "tokenizer has other words than it came with, such as '<mine>'")
class LeavingWords(Plain):
    def train(self, run):
        style = super().train(run)
        run.base.tokenizer.add_tokens(["<mine>"])
        return style


@breaks("seeds", "Two trainings with one seed give two styles")
class Random(Plain):
    def train(self, run):
        run.seed = random.SystemRandom().randrange(10_000)
        return super().train(run)


@breaks("seeds", "Trainings with two seeds give one style")
class SeedOfItsOwn(Plain):
    def train(self, run):
        run.seed = 0
        return super().train(run)


@breaks("resume", "began again at 1")
class StartingOver(Plain):
    def train(self, run):
        run.resume = False
        return super().train(run)


@breaks("resume", "gives another style")
class ResumingElsewhere(Plain):
    def train(self, run):
        run.seed += run.resume
        return super().train(run)


@breaks("resume", "Training went on although progress raised Cancelled")
class Unstoppable(Plain):
    def train(self, run):
        told = run.progress

        def muffled(event):
            with contextlib.suppress(stylecli.Cancelled):
                told(event)

        run.progress = muffled
        return super().train(run)


@breaks("stopping", ".half.json is left over from writing")
class HalfWritten(Plain):
    def train(self, run):
        (run.folder / ".half.json").write_text("{")
        return super().train(run)


@breaks("stopping", "When training was stopped, the base's unet has weights that take gradients")
class StoppedDirty(Plain):
    def train(self, run):
        try:
            return super().train(run)
        except stylecli.Cancelled:
            run.base.denoiser.requires_grad_(True)
            raise


@breaks("stopping", "although progress raised Cancelled at 'training', 2 of 2")
class UnstoppableAtTheEnd(Plain):
    def train(self, run):
        told = run.progress

        def muffled(event):
            with contextlib.suppress(stylecli.Cancelled if event.done == event.total else ()):
                told(event)

        run.progress = muffled
        return super().train(run)


@breaks("previews", "With previews another style is learnt")
class TouchingPreviews(Plain):
    def train(self, run):
        run.seed += run.options.previews
        return super().train(run)


LEARNT = {}


@breaks("file", "paints other pictures once it is written and read")
class KeptElsewhere(Plain):
    def train(self, run):
        style = super().train(run)
        LEARNT[id(style)] = style
        return style

    def stylizer(self, base, styles, options):
        known = [scaled for scaled in styles if id(scaled.style) in LEARNT]
        return super().stylizer(base, known, options)


class Elsewhere(Plain):
    """The half of what is learnt is in the style, the other half is kept by `keep` and found by `kept`."""

    def train(self, run):
        style = super().train(run)
        tensors = {key: value / 2 for key, value in style.tensors.items() if "alpha" not in key}
        style = replace(style, tensors={**style.tensors, **tensors})
        self.keep(run.name)
        return style

    def stylizer(self, base, styles, options):
        known = [
            stylecli.ScaledStyle(each.style, each.scale * (2 if self.kept(each.style.name) else 1))
            for each in styles
        ]
        return super().stylizer(base, known, options)


@breaks("file", "without what is kept in ")
class KeptOnTheClass(Elsewhere):
    names = ()

    def keep(self, name):
        type(self).names = (*self.names, name)

    def kept(self, name):
        return name in self.names


@breaks("file", "without what is kept in KeptOnEveryMethod.names.")
class KeptOnEveryMethod(Elsewhere):
    # As if it had been made by calling type().
    __module__ = "abc"
    names = ()

    def keep(self, name):
        KeptOnEveryMethod.names = (name,)

    def kept(self, name):
        return name in self.names


NAMES = {}


@breaks("file", "without what is kept in broken_methods.NAMES.")
class KeptInTheModule(Elsewhere):
    def keep(self, name):
        NAMES.setdefault("learnt", set()).add(name)

    def kept(self, name):
        return name in NAMES.get("learnt", ())


class Shelf:
    def __init__(self):
        self.names = []


@breaks("file", "without what is kept in ")
class KeptByAnObject(Elsewhere):
    shelf = Shelf()

    def keep(self, name):
        self.shelf.names.append(name)

    def kept(self, name):
        return name in self.shelf.names


@breaks("file", "paints other pictures")
class KeptInACache(Elsewhere):
    @staticmethod
    @functools.cache
    def shelf():
        return set()

    def keep(self, name):
        self.shelf().add(name)

    def kept(self, name):
        return name in self.shelf()


@breaks("file", "without what is kept in ")
class KeptByADefault(Elsewhere):
    def keep(self, name):
        self.kept(name, learnt=True)

    def kept(self, name, learnt=False, names=[]):  # noqa: B006
        if learnt:
            names.append(name)
        return name in names


@breaks("stateless", "train() left learnt on the method")
class Remembering(Plain):
    def train(self, run):
        self.learnt = super().train(run)
        return self.learnt


@breaks("effect", "the same with zeros in place of what was learnt")
class PaintingAlone(Plain):
    def stylizer(self, base, styles, options):
        return super().stylizer(base, [], options)


@breaks("effect", "the same at scale 0")
class Unscaled(Plain):
    def stylizer(self, base, styles, options):
        whole = [stylecli.ScaledStyle(scaled.style) for scaled in styles]
        return super().stylizer(base, whole, options)


@breaks("effect", "A LoRA of zeros paints other pictures than the style at scale 0")
class Brightening(Plain):
    def stylizer(self, base, styles, options):
        if styles and styles[0].scale:
            options = replace(options, guidance=options.guidance * 2)
        return super().stylizer(base, styles, options)


@breaks("refusals", "It painted with a style of the sdxl family")
class Indifferent(Plain):
    def stylizer(self, base, styles, options):
        taken = [
            replace(scaled, style=replace(scaled.style, family=base.spec.family))
            for scaled in styles
        ]
        return super().stylizer(base, taken, options)


@breaks("refusals", "it raised KeyError")
class Unhelpful(Plain):
    def stylizer(self, base, styles, options):
        try:
            return super().stylizer(base, styles, options)
        except stylecli.UsageError as problem:
            raise KeyError("lora") from problem


class Wrapped(Plain):
    """Something is done to pictures on their way."""

    def stylizer(self, base, styles, options):
        paint = super().stylizer(base, styles, options)

        def stylize(images, prompts, seeds, progress=stylecli.silent):
            return self.around(paint, images, prompts, seeds, progress)

        return stylize


@breaks("pictures", "gave 2 pictures for 3")
class LosingOne(Wrapped):
    def around(self, paint, *given):
        return paint(*given)[1:]


@breaks("pictures", "became a picture of 64 × 64")
class Squaring(Wrapped):
    def around(self, paint, *given):
        return [image.resize((64, 64)) for image in paint(*given)]


@breaks("pictures", "gave one in RGBA")
class SeeThrough(Wrapped):
    def around(self, paint, *given):
        return [image.convert("RGBA") for image in paint(*given)]


@breaks("pictures", "Painting printed 'painting'")
class PrintingPainter(Wrapped):
    def around(self, paint, *given):
        sys.stderr.write("painting\n")
        return paint(*given)


@breaks("pictures", "Painting wrote the folder for temporary files/")
class LitteringPainter(Wrapped):
    def around(self, paint, *given):
        tempfile.mkstemp()
        return paint(*given)


@breaks("repeatable", "The same seeds give other pictures the next time")
class RandomPainter(Wrapped):
    def around(self, paint, images, prompts, seeds, progress):
        return paint(
            images, prompts, [random.SystemRandom().randrange(99) for _ in seeds], progress
        )


@breaks("repeatable", "Other seeds give the same pictures")
class OneSeed(Wrapped):
    def around(self, paint, images, prompts, seeds, progress):
        return paint(images, prompts, [0 for _ in seeds], progress)


@breaks("batches", "grey levels when it is painted alone")
class FirstSeedForAll(Wrapped):
    def around(self, paint, images, prompts, seeds, progress):
        return paint(images, prompts, [seeds[0]] * len(seeds), progress)


LAST = []


@breaks("sharing", "once another one works on the same base")
class LastOneWins(Plain):
    def stylizer(self, base, styles, options):
        # As if styles were put on here alone, and not whenever pictures are painted.
        LAST[:] = styles
        paint = super().stylizer

        def stylize(*given):
            return paint(base, LAST, options)(*given)

        return stylize


@breaks("sharing", "After painting the base's unet has other values")
class Wearing(Plain):
    def stylizer(self, base, styles, options):
        base.denoiser.time_embedding.linear_1.bias.data.fill_(0.1)
        return super().stylizer(base, styles, options)


@breaks("stopping-painting", "Painting went on although progress raised Cancelled")
class UnstoppablePainter(Wrapped):
    def around(self, paint, images, *given):
        try:
            return paint(images, *given)
        except stylecli.Cancelled:
            return list(images)


@breaks("stopping-painting", "Painting went on although progress raised Cancelled at ")
class UnstoppablePainterAtTheEnd(Wrapped):
    def around(self, paint, images, prompts, seeds, progress):
        heard = []

        def muffled(event):
            heard.append(event)
            with contextlib.suppress(stylecli.Cancelled if len(heard) > 1 else ()):
                progress(event)

        return paint(images, prompts, seeds, muffled)


@breaks("generator", "generator() works although GenerateOptions is None")
class Undeclared(Plain):
    GenerateOptions = None

    def generator(self, base, styles, options):
        return stylecli.TextToImage(base, styles, stylecli.SamplingOptions())


@breaks("generator", "Pictures from text are the same at scale 0")
class GeneratingAlone(Plain):
    def generator(self, base, styles, options):
        return super().generator(base, [], options)


class Told(Plain):
    """Something is done to pictures from text on their way."""

    def generator(self, base, styles, options):
        make = super().generator(base, styles, options)

        def generate(prompts, seeds, progress=stylecli.silent):
            return self.around(base, make, prompts, seeds, progress)

        return generate


@breaks("generator", "Picture 2 of 2 differs by")
class FirstSeedForAllTexts(Told):
    def around(self, base, make, prompts, seeds, progress):
        return make(prompts, [seeds[0]] * len(seeds), progress)


@breaks("generator-sharing", "A generator paints other pictures once another one works")
class LastGeneratorWins(Plain):
    def generator(self, base, styles, options):
        LAST[:] = styles
        make = super().generator
        return lambda *given: make(base, LAST, options)(*given)


@breaks("generator-sharing", "A generator paints other pictures")
class GrowingWeights(Told):
    def around(self, base, make, prompts, seeds, progress):
        images = make(prompts, seeds, progress)
        next(base.denoiser.parameters()).data.mul_(2)
        return images


@breaks(
    "generator-sharing", "After making pictures from text the base's unet has hooks on 'conv_in'"
)
class HookingGenerator(Told):
    def around(self, base, make, prompts, seeds, progress):
        base.denoiser.conv_in.register_forward_hook(lambda module, given, made: made)
        return make(prompts, seeds, progress)


@breaks("stopping-generator", "Making pictures from text went on although")
class UnstoppableGenerator(Told):
    def around(self, base, make, prompts, seeds, progress):
        def muffled(event):
            with contextlib.suppress(stylecli.Cancelled):
                progress(event)

        return make(prompts, seeds, muffled)
