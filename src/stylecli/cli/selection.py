"""The styles that the user names: of the library, or files and folders with a LoRA."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stylecli.bases.locate import find_spec
from stylecli.bases.modules import modules_of, target_of
from stylecli.bases.spec import HOMES, BaseSpec
from stylecli.cli.console import note, warn
from stylecli.cli.parameters import named
from stylecli.errors import UsageError
from stylecli.loras.family import family_of_lora
from stylecli.loras.keys import is_lora
from stylecli.loras.module import ModuleShapes
from stylecli.method import Method
from stylecli.opening import library
from stylecli.registry import Registry
from stylecli.styles.foreign import ForeignLora, adopt, read_foreign, shapes_in
from stylecli.styles.format import is_ours, metadata_of, read_metadata, read_style
from stylecli.styles.header import PICKLED, SUFFIX, checked_header
from stylecli.styles.style import ANY_LORA, ScaledStyle, Style
from stylecli.styles.weights import Weights, is_place, weights_in

_LARGE = 2.5


def split_style(text: str) -> tuple[str, float]:
    """Read ``NAME[:SCALE]`` or ``FILE[:SCALE]``.

    Raises:
        UsageError: The scale is no number, or beyond -10 to 10.
    """
    if is_place(text) and existing(text) is not None:
        return text, 1.0
    name, colon, scale = text.rpartition(":")
    # C:\\monet.safetensors has a colon that is none of ours.
    if not colon or (len(name) == 1 and is_place(scale)):
        return text, 1.0
    try:
        value = float(scale)
        if math.isnan(value):
            raise ValueError(scale)
    except ValueError as problem:
        if is_place(text) and existing(name) is None:
            return text, 1.0
        raise UsageError(
            f"{text}: the scale {scale!r} is not a number.", "Write it as in monet:0.8."
        ) from problem
    if not -10 <= value <= 10:
        raise UsageError(f"{text}: the scale is beyond -10 to 10.")
    return name, value


def method_of(registry: Registry, text: str) -> Method:
    """The method that a style, named as ``NAME[:SCALE]`` or ``FILE[:SCALE]``, is for.

    Only headers are read.

    Raises:
        UsageError: No such style, or no method works with it.
    """
    name, _ = split_style(text)
    if is_place(name):
        first = weights_in(place(name))[0]
    else:
        first = Weights(library(registry).find(name).path)
        # In the library is what is ours; anything else is refused with the reason.
        read_metadata(first.path)
    header = checked_header(first.path)
    metadata = metadata_of(header, first.path)
    keys = shapes_in(header, first.part)
    if is_ours(metadata, first.path):
        method, family = (metadata.get(f"stylecli.{key}", "") for key in ("method", "family"))
        return registry.method_for(method, family, is_lora(keys))
    return registry.method_for(ANY_LORA, family_of_lora(keys, name))


def read_styles(
    registry: Registry, given: Sequence[str] | None, base: str | None
) -> list[ScaledStyle]:
    """Read the styles that the user named.

    Args:
        registry: What is there.
        given: ``NAME[:SCALE]`` or ``FILE[:SCALE]``.
        base: The base that the user named, or None: LoRAs from elsewhere do not always say theirs.

    Returns:
        The styles; none where only a base was named, which then paints alone.

    Raises:
        UsageError: Neither was named, one is unknown, or they cannot be mixed.
    """
    if not given and base is not None:
        return []
    if not given:
        entries = library(registry).entries()
        names = ", ".join(entry.name for entry in entries) or "none yet: train one first"
        raise UsageError(
            "Name a style with --style, or a base that paints alone with --base.",
            f"There are these styles: {names}.",
        )
    styles = [read_scaled(registry, text, base) for text in given]
    check_mixable(registry, [scaled.style for scaled in styles])
    for scaled in styles:
        made_by = scaled.style.method
        if made_by != ANY_LORA and made_by not in registry.methods:
            note(
                f"{made_by}, which made {scaled.style.name!r}, is not installed; it is used as a LoRA."
            )
    return styles


def suiting(styles: Sequence[ScaledStyle]) -> Mapping[str, Any]:
    """The settings that suit the first style; none where the base paints alone."""
    return styles[0].style.transfer if styles else {}


def label_of(styles: Sequence[ScaledStyle], spec: BaseSpec) -> str:
    """What results are named after: the styles, or the base that paints alone."""
    return "+".join(scaled.style.name for scaled in styles) or named(Path(spec.name)).name


def read_scaled(registry: Registry, text: str, base: str | None) -> ScaledStyle:
    """Read ``NAME[:SCALE]`` or ``FILE[:SCALE]``; a scale that is probably a slip is warned of.

    Raises:
        UsageError: As `split_style` and `read_style_named`.
    """
    name, scale = split_style(text)
    if abs(scale) > _LARGE:
        warn(f"{text}: {scale:g} times as strong as it was trained; 1 is as trained.")
    return ScaledStyle(read_style_named(registry, name, base), scale)


def check_mixable(registry: Registry, styles: Sequence[Style]) -> None:
    """Refuse styles that cannot act together.

    Several of one method are left to the method; those of different ones must be LoRAs.

    Raises:
        UsageError: Which they are, by name.
    """
    if len({style.method for style in styles}) < 2:
        return
    odd = [style for style in styles if not style.is_lora]
    first = styles[0]
    if not odd and not registry.method_for(first.method, first.family, True).takes_loras:
        odd = [first]
    if odd:
        raise UsageError(
            f"{odd[0].name!r} ({odd[0].method}) cannot be mixed with styles of other methods: only LoRAs can.",
            "Give one style, or several that one method made.",
        )


def read_style_named(registry: Registry, text: str, base: str | None) -> Style:
    """Read a style of the library by name, or one from a file or folder; see `read_place`."""
    if is_place(text):
        return read_place(registry, place(text), base)
    return library(registry).read(text)


def read_place(registry: Registry, path: Path, base: str | None) -> Style:
    """Read a style from a file or folder: ours, or a LoRA that another program made.

    What could not be mapped is warned of, key by key.

    Raises:
        UsageError: There is none, or it fits no base that is known here.
    """
    files = weights_in(path)
    header = checked_header(files[0].path)
    if len(files) == 1 and is_ours(metadata_of(header, files[0].path), files[0].path):
        return read_style(files[0].path)
    style = _adopted(registry, read_foreign(path), base)
    left_out = style.provenance.source["left_out"]
    for key in left_out:
        warn(f"{path}: left out: {key} (it belongs to no module of the base)")
    return style


def modules_for(registry: Registry, style: Style, base: str | None) -> ModuleShapes:
    """The modules of the base that the user named, else of the one that a style was made for.

    Of one that is not known here any more those of its family's model are taken.
    """
    known = list(registry.bases.values())
    if base is not None:
        return modules_of(find_spec(base, known), style.family)
    try:
        return modules_of(find_spec(style.provenance.base, known), style.family)
    except UsageError:
        return modules_of(HOMES[style.family])


def place(text: str) -> Path:
    """The file or folder that a text names.

    Raises:
        UsageError: It is not there and can have been meant as a name, too.
    """
    path = existing(text)
    if path is None and not text.lower().endswith((SUFFIX, *PICKLED)):
        raise UsageError(
            f"{text!r} cannot name a style, and there is no such file or folder.",
            "A LoRA on the hub is brought in first: stylecli styles import org/name",
        )
    return Path(text) if path is None else path


def existing(text: str) -> Path | None:
    """The file or folder that a text names, or None where there is none."""
    try:
        path = Path(text).expanduser()
        return path if text and path.exists() else None
    # No home of that name; a name that is too long; a null byte.
    except (RuntimeError, OSError, ValueError):
        return None


def _adopted(registry: Registry, lora: ForeignLora, base: str | None) -> Style:
    known = list(registry.bases.values())
    homes = {family: registry.bases.get(family, home) for family, home in HOMES.items()}
    if base is not None or lora.family:
        spec = homes[lora.family] if base is None else find_spec(base, known)
        try:
            return adopt(lora, target_of(spec, lora.family))
        except UsageError as problem:
            hint = "Say which base it is for with --base."
            if base is not None:
                other = lora.family and base != lora.family
                hint = f"Use --base {lora.family}." if other else "It is for another base."
            raise UsageError(problem.message, hint) from problem
    for spec in (*(spec for spec in known if spec.embedded), *homes.values()):
        if (style := _if_it_fits(lora, spec)) is not None:
            return style
    raise UsageError(
        f"{lora.name}: a LoRA for a base that cannot be told from its file.",
        "Say which with --base.",
    )


def _if_it_fits(lora: ForeignLora, spec: BaseSpec) -> Style | None:
    try:
        return adopt(lora, target_of(spec))
    except UsageError:
        return None
