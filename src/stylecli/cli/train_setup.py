"""What a training run is started with, chosen from what the user gave; and starting it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stylecli.bases.base import Base
from stylecli.bases.locate import choose_base, find_spec
from stylecli.bases.spec import BaseSpec
from stylecli.cli.console import note
from stylecli.cli.given import Given
from stylecli.cli.resume import resumed_options
from stylecli.datasets.folder import Dataset
from stylecli.errors import Cancelled, StylecliError, UsageError, did_you_mean
from stylecli.method import Method, Preset
from stylecli.options import (
    Layer,
    Resolved,
    as_record,
    known_values,
    option_fields,
    resolve,
)
from stylecli.places import Places
from stylecli.progress import Progress
from stylecli.recommended import recommended_for
from stylecli.registry import Registry, with_package
from stylecli.styles.style import Prompt, Style
from stylecli.training.cache import TensorCache
from stylecli.training.comparison import Trial
from stylecli.training.run import TrainRun
from stylecli.training.run_folder import describe_run, drop_empty_run


@dataclass(frozen=True)
class Setup:
    """What runs of one command have in common.

    Attributes:
        method: How they learn.
        base: The base; it is shared.
        base_name: What finds it again, from whatever folder.
        dataset: The pictures.
        prompt: The words that belong to the style.
        preset: The preset's name, or None.
        seed: Of everything random.
        author: Who makes the style, or "".
        licence: What others may do with it, or "".
        places: Where runs and caches are.
        trial: Photos to try a style on, and their judge.
    """

    method: Method
    base: Base
    base_name: str
    dataset: Dataset
    prompt: Prompt
    preset: str | None
    seed: int
    author: str
    licence: str
    places: Places
    trial: Trial

    @property
    def transfer(self) -> dict[str, Any]:
        """Settings for transfer that suit the base."""
        recommended = recommended_for(self.method, self.base.spec, "transfer")
        return known_values(self.method.TransferOptions, recommended)

    def description(self, name: str, options: Any) -> dict[str, Any]:
        """What a run's folder keeps of how it was started."""
        hub = self.dataset.hub
        return {
            "name": name,
            "method": self.method.name,
            "base": self.base_name,
            "prefix": self.prompt.prefix,
            "token": self.prompt.token or None,
            "preset": self.preset,
            "seed": self.seed,
            "options": as_record(options),
            "dataset": self.dataset.fingerprint,
            **({} if hub is None else {"hub_set": hub.record()}),
            "finished": False,
        }

    def train(
        self, name: str, options: Any, folder: Path, resume: bool, progress: Progress
    ) -> Style:
        """Train a style in a run's folder, which is dropped where nothing was learnt.

        Raises:
            Cancelled: From `progress`; the folder may hold a checkpoint.
            StylecliError: The method gave what is no style.
        """
        describe_run(folder, self.description(name, options))
        run = TrainRun(
            name=name,
            method=self.method.name,
            base=self.base,
            dataset=self.dataset,
            prompt=self.prompt,
            options=options,
            transfer=self.transfer,
            seed=self.seed,
            folder=folder,
            cache=TensorCache(self.places.cache),
            resume=resume,
            progress=progress,
            author=self.author,
            licence=self.licence,
            trial=self.trial,
        )
        try:
            style: Any = self.method.train(run)
            if not isinstance(style, Style):
                raise StylecliError(
                    f"The {with_package('method', self.method.name)} trained and gave {style!r}, "
                    "which is no style.",
                    "Please report it to its authors.",
                )
            return style
        except Cancelled:
            raise
        except BaseException:
            if not resume:
                drop_empty_run(folder)
            raise


def choose_spec(registry: Registry, method: Method, base: str | None) -> BaseSpec:
    """The base that the user named, else the one that suits the method and this machine."""
    known = list(registry.bases.values())
    if base is not None:
        return find_spec(base, known)
    choice = choose_base(method.default_base, sorted(method.families), known)
    note(choice.reason)
    return choice.spec


def check_family(method: Method, spec: BaseSpec, hint: str | None = None) -> None:
    """Refuse a base of a family that the method does not work with; the hint says what to do."""
    if spec.family not in method.families:
        raise UsageError(
            f"{method.name} works with bases of the family {', '.join(sorted(method.families))}; "
            f"{spec.name!r} is {spec.family}.",
            hint,
        )


def method_for_family(registry: Registry, spec: BaseSpec) -> str | None:
    """What to type for a base that is of another family than the method's, or None."""
    others = (name for name, each in registry.methods.items() if spec.family in each.families)
    return next((f"Use --method {name}." for name in others), None)


def check_said_family(method: Method, spec: BaseSpec, hint: str | None = None) -> None:
    """Likewise before anything is fetched, where the base says its family: a hub id does not."""
    if spec.name != spec.source:
        check_family(method, spec, hint)


def preset_of(method: Method, name: str | None) -> Preset | None:
    """The method's preset of this name; raises `UsageError` where it has none."""
    if name is None:
        return None
    if name not in method.presets:
        hint = (
            did_you_mean(name, method.presets)
            or f"There are: {', '.join(method.presets) or 'none'}."
        )
        raise UsageError(f"{method.name} has no preset {name!r}.", hint)
    return method.presets[name]


def options_for(
    method: Method,
    spec: BaseSpec,
    given: Given,
    preset: Preset | None,
    recorded: Mapping[str, Any] | None,
    whole: Mapping[str, Any],
) -> Resolved:
    """The options that hold.

    Args:
        method: Whose options.
        spec: The base, which recommends some.
        given: What the user typed, or wrote into a config file.
        preset: The preset that the user chose.
        recorded: Those of a run that is resumed: then these hold.
        whole: What must be there for an ablation to leave it out.
    """
    layers = given.layers()
    if recorded is not None:
        return resumed_options(method, layers, recorded)
    layers.append(Layer("--ablate", whole))
    if preset is not None:
        layers.append(Layer("--preset", preset.train))
    layers.append(Layer(f"base {spec.name}", _suits(method, spec)))
    return resolve(method.TrainOptions, layers)


def words_for(
    method: Method, options: Any, preset: Preset | None, prefix: str | None, token: str | None
) -> tuple[str | None, str | None]:
    """The prefix and the token that hold.

    Args:
        method: Whose words.
        options: An instance of its `TrainOptions`, which may name a prefix.
        preset: The preset that the user chose, which may come with some.
        prefix: What the user typed, or None.
        token: Likewise.

    Raises:
        UsageError: The user typed a prefix, and the options name another.
    """
    own = method.prefix(options)
    if prefix is not None and own is not None and prefix != own:
        raise UsageError(
            f"--prefix {prefix!r}: the options of {method.name} say {own!r}.",
            "Leave it out, and change that with the method's own option; see its --help.",
        )
    prefix = own if prefix is None else prefix
    if preset is not None and token is None:
        return (preset.prefix if prefix is None else prefix), preset.token
    return prefix, token


def _suits(method: Method, spec: BaseSpec) -> dict[str, Any]:
    """What suits a base: pictures of its own size, where it recommends no other."""
    defaults = {field.name: field.default for field in option_fields(method.TrainOptions)}
    other = defaults.get("resolution", spec.resolution) != spec.resolution
    size = {"resolution": spec.resolution} if other else {}
    return {**size, **recommended_for(method, spec, "train")}


def prompt_of(method: Method, name: str, prefix: str | None, token: str | None) -> Prompt:
    """The words of a style; raises as `Method.prompt`."""
    # A method that was written before there were tokens takes no third argument.
    return method.prompt(name, prefix) if token is None else method.prompt(name, prefix, token)
