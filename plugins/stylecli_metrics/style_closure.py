"""Style closure: how much of the way from the photographs to the style the outputs have gone."""

from __future__ import annotations

from dataclasses import dataclass, replace

from stylecli_metrics.energy import energy_distance, energy_of_halves, permutation_p_value
from stylecli_metrics.features import PHI_SIZE, phi_v1
from stylecli_metrics.pictures import Array, Pictures, as_image, require

FEWEST = 4
_FEW = 20


@dataclass(frozen=True)
class StyleClosure:
    """One measurement of style closure, with what it was computed from.

    Attributes:
        value: 1 - (to_reference - floor) / (from_content - floor): 0 = still the photographs,
            1 = as close to the reference as its own halves are to each other. Not bounded: below
            0 the outputs are farther from the reference than the photographs were. None =
            undefined, because the photographs cannot be told from the reference.
        to_reference: Energy distance of outputs and reference.
        from_content: Energy distance of content pictures and reference.
        floor: Mean energy distance of 20 random halves of the reference.
        p_value: Of the permutation test that content and reference are alike, in 0..1.
        outputs: Number of outputs.
        content: Number of content pictures.
        reference: Number of reference pictures.
        warnings: Codes: ``few-pictures`` where one of the three sets has fewer than 20 (what the
            pictures show then outweighs how they are painted); ``enlarged`` where a picture has a
            side below 256 px (its finest scale is empty: blur and compression then pass for
            style); ``not-separable`` with None.
    """

    value: float | None
    to_reference: float
    from_content: float
    floor: float
    p_value: float
    outputs: int
    content: int
    reference: int
    warnings: tuple[str, ...]


def style_closure(
    outputs: Pictures, content: Pictures, reference: Pictures, *, seed: int = 0
) -> StyleClosure:
    """Measure the style closure of outputs that were made from content pictures.

    SC = 1 - (E(out, R) - E(R1, R2)) / (E(content, R) - E(R1, R2)), with the unbiased energy
    distance E of the features ``phi-v1``. It compares sets: neither pairing nor order matters,
    but the outputs should show what the content shows. The features are low-level: noise passes
    in part for fine strokes, strong colour in part for a palette, and letterbox borders for
    edges, so trim them.

    Args:
        outputs: At least 4 pictures.
        content: At least 4 pictures, those the outputs were made from.
        reference: At least 4 pictures in the style.
        seed: Of numpy's PCG64, which draws the 20 halves and the 999 permutations.

    Raises:
        EvaluationError: A set is too small, or holds something that is no picture.
    """
    for pictures, what in ((outputs, "outputs"), (content, "content"), (reference, "reference")):
        require(pictures, FEWEST, what)
    closure = closure_of_features(phi_v1(outputs), phi_v1(content), phi_v1(reference), seed=seed)
    sets = (outputs, content, reference)
    if any(min(as_image(picture).size) < PHI_SIZE for pictures in sets for picture in pictures):
        closure = replace(closure, warnings=(*closure.warnings, "enlarged"))
    return closure


def closure_of_features(
    outputs: Array, content: Array, reference: Array, *, seed: int = 0
) -> StyleClosure:
    """Measure style closure from features already taken, each (n, d); see `style_closure`.

    For callers that resample, or that compare many outputs with one reference.

    Raises:
        EvaluationError: A set of fewer than 2 rows (4 for the reference) or values not finite.
    """
    to_reference = energy_distance(outputs, reference)
    from_content = energy_distance(content, reference)
    floor = energy_of_halves(reference, seed=seed)
    p_value = permutation_p_value(content, reference, seed=seed)
    separable = p_value <= 0.05 and from_content > floor
    warnings = [
        *(["few-pictures"] if min(len(outputs), len(content), len(reference)) < _FEW else []),
        *([] if separable else ["not-separable"]),
    ]
    return StyleClosure(
        value=1 - (to_reference - floor) / (from_content - floor) if separable else None,
        to_reference=to_reference,
        from_content=from_content,
        floor=floor,
        p_value=p_value,
        outputs=len(outputs),
        content=len(content),
        reference=len(reference),
        warnings=tuple(warnings),
    )
