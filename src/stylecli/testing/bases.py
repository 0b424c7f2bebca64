"""The checks of a base."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, partial
from pathlib import Path

from stylecli.bases.base import Base, load_base
from stylecli.bases.folder import family_of
from stylecli.bases.locate import folder_of, present_folder
from stylecli.bases.spec import ANY_METHOD, BaseSpec
from stylecli.errors import StylecliError
from stylecli.method import Method
from stylecli.options import Layer, resolve
from stylecli.progress import silent
from stylecli.sampling.options import SamplingOptions, SdeditOptions
from stylecli.sampling.text2image import paint_prompts
from stylecli.styles.format import read_style
from stylecli.testing.checks import Check, Nonconformance, NotApplicable, demand
from stylecli.testing.comparing import check_pictures, same_pictures
from stylecli.testing.describing import check_name_and_summary
from stylecli.testing.miniature import FAMILIES
from stylecli.testing.untouched import check_untouched
from stylecli.training.lora_options import LoraTraining

_COMMANDS = ("train", "transfer", "generate")


def check_base(spec: BaseSpec, methods: Mapping[str, Method] | None = None) -> None:
    """Run all checks of a base; see `base_checks`.

    Raises:
        Nonconformance: With everything that is wrong.
    """
    demand(base_checks(spec, methods), f"Base {spec.name!r}")


def base_checks(spec: BaseSpec, methods: Mapping[str, Method] | None = None) -> list[Check]:
    """The checks of a base; nothing is loaded before the first is run, and nothing is fetched.

    Args:
        spec: The base. Where its weights are not on this machine, what it says of itself is all that is checked.
        methods: Those that its recommendations are for, by name; others' are not looked at.
    """
    table = _Table(spec, methods or {})
    return [Check(name, says, partial(run, table)) for name, says, run in _CHECKS]


class _Table:
    """A base, and its models."""

    def __init__(self, spec: BaseSpec, methods: Mapping[str, Method]) -> None:
        self.spec = spec
        self.methods = methods

    @cached_property
    def base(self) -> Base:
        """It, on this machine."""
        return self.load()

    def kinds(self, method: str) -> tuple[type | None, ...]:
        """What a method's options are declared by, or of any method the core's own; () if unknown."""
        if method == ANY_METHOD:
            return LoraTraining, SdeditOptions, SamplingOptions
        known = self.methods.get(method)
        return (known.TrainOptions, known.TransferOptions, known.GenerateOptions) if known else ()

    def load(self) -> Base:
        """It anew."""
        if isinstance(self.spec.source, str) and present_folder(self.spec) is None:
            raise NotApplicable(f"Its weights ({self.spec.source}) are not on this machine.")
        spec, folder = folder_of(self.spec, silent)
        return load_base(spec, folder, "fp32")


def _described(table: _Table) -> None:
    spec = table.spec
    check_name_and_summary(spec)
    if spec.family not in FAMILIES:
        raise Nonconformance(f"The family is {spec.family!r}.", f"One of {', '.join(FAMILIES)}.")
    if not 32 <= spec.resolution <= 4096:
        raise Nonconformance(f"The resolution is {spec.resolution}.", "32 to 4096 pixels.")
    if not spec.neutral_prompt.strip():
        raise Nonconformance("The neutral prompt is empty.", "What it is told without a style.")


def _recommends(table: _Table) -> None:
    for name, commands in table.spec.recommends.items():
        odd = sorted(set(commands) - set(_COMMANDS))
        if odd:
            raise Nonconformance(
                f"It recommends something for {name}'s {odd[0]!r}.", f"For {', '.join(_COMMANDS)}."
            )
        for command, kind in zip(_COMMANDS, table.kinds(name), strict=False):
            values = table.spec.recommended(name, command)
            if not values:
                continue
            try:
                if kind is None:
                    raise StylecliError(f"{name} has no {command}")
                resolve(kind, [Layer("the base", values)])
            except StylecliError as problem:
                raise Nonconformance(
                    f"What it recommends for {name}'s {command} cannot be: {problem.message}",
                    "Options of the method, with values in their ranges.",
                ) from problem


def _whole(table: _Table) -> None:
    try:
        base = table.base
    except StylecliError as problem:
        raise Nonconformance(problem.message, "A whole folder in diffusers' layout.") from problem
    found = family_of(base.folder)
    if found != table.spec.family:
        raise Nonconformance(
            f"It says that it is of the {table.spec.family} family; its folder is of {found}.",
            "The family is its pipeline's.",
        )
    if table.spec.resolution % base.size_multiple:
        raise Nonconformance(
            f"The resolution {table.spec.resolution} is no multiple of {base.size_multiple}.",
            "Every level of the denoiser has whole cells.",
        )


def _paints(table: _Table) -> None:
    import torch

    base = table.base
    options = SamplingOptions(steps=2, scheduler="ddim", guidance=2.0, precision="fp32")
    images = [paint_prompts(base, ["a house"], [seed], options) for seed in (1, 1, 2)]
    check_pictures(images[0], 1, "The base")
    if not same_pictures(images[0], images[1]) or same_pictures(images[0], images[2]):
        raise Nonconformance(
            "Its pictures do not follow from the seed.", "The same seed, the same picture."
        )
    mean, _ = base.encode(torch.zeros(1, 3, table.spec.resolution, table.spec.resolution))
    if mean.shape[1] != base.denoiser.config.in_channels:
        raise Nonconformance(
            f"Its autoencoder makes {mean.shape[1]} channels, its denoiser takes {base.denoiser.config.in_channels}.",
            "The parts fit each other.",
        )
    check_untouched(base, table.load(), "After painting")


def _beside(table: _Table) -> None:
    spec, base = table.spec, table.base
    local = [name for name, place in spec.controlnets.items() if isinstance(place, Path)]
    has_adapter = isinstance(spec.ip_adapter, Path)
    if not local and not has_adapter:
        raise NotApplicable("There is no ControlNet and no IP-Adapter that comes with it.")
    contract = "What goes with it fits it."
    try:
        for name in local:
            base.controlnet(name)
        if has_adapter:
            base.image_adapter()
    except StylecliError as problem:
        raise Nonconformance(problem.message, contract) from problem


def _styles(table: _Table) -> None:
    folder = table.spec.ready_styles
    files = sorted(folder.glob("*.safetensors")) if folder else []
    if folder is None:
        raise NotApplicable("No styles come with it.")
    if not files:
        raise Nonconformance(f"{folder}: holds no styles.", "A folder of style files.")
    for path in files:
        try:
            style = read_style(path)
        except StylecliError as problem:
            raise Nonconformance(problem.message, "Style files that can be read.") from problem
        if style.family != table.spec.family:
            raise Nonconformance(
                f"{path.name} is of the {style.family} family.",
                "Ready styles fit the base that they come with.",
            )


_CHECKS = (
    ("described", "name, family and resolution are usable", _described),
    ("recommends", "what it recommends are options that there are", _recommends),
    ("whole", "its folder is whole and of the family that it says", _whole),
    ("paints", "it paints, the same seed the same picture", _paints),
    ("adapters", "ControlNets and IP-Adapter that come with it fit", _beside),
    ("ready-styles", "styles that come with it fit", _styles),
)
