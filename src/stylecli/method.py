"""The contract of a method: what a plugin implements to train styles and repaint pictures."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from stylecli.bases.base import Base
from stylecli.errors import UsageError
from stylecli.sampling.options import SamplingOptions, SdeditOptions
from stylecli.sampling.sdedit import Sdedit
from stylecli.sampling.stylizer import Generator, Stylizer
from stylecli.sampling.text2image import TextToImage
from stylecli.styles.style import Prompt, ScaledStyle, Style, words_of_style
from stylecli.training.run import TrainRun


@dataclass(frozen=True)
class Preset:
    """A named set of options, such as a published run's.

    Attributes:
        summary: One line for ``--help``.
        train: Values of `TrainOptions` by name.
        prefix: A prompt prefix that goes with it, or None.
        token: A rare token that names the style and goes with it, or None.
    """

    summary: str
    train: Mapping[str, Any]
    prefix: str | None = None
    token: str | None = None


@dataclass(frozen=True)
class Ablation:
    """A method with one of its ideas left out, for ``stylecli train --ablate``.

    Attributes:
        summary: What is left out, and what remains.
        train: The training options that do so, by name; or what gives them for the options (an
            instance of `TrainOptions`) that the whole is trained with.
        transfer: The transfer options that do so; where only these are given, nothing is trained.
        whole: Training options that the whole has for this to be left out of it, where the user
            names no others.
        label: What it is called beside the whole; default: its name.
    """

    summary: str
    train: Mapping[str, Any] | Callable[[Any], Mapping[str, Any]] = field(default_factory=dict)
    transfer: Mapping[str, Any] = field(default_factory=dict)
    whole: Mapping[str, Any] = field(default_factory=dict)
    label: str = ""

    def changes(self, options: Any) -> Mapping[str, Any]:
        """The training options that leave it out, for the options of the whole."""
        return self.train(options) if callable(self.train) else self.train


@dataclass(frozen=True)
class OwnEvaluation:
    """How the work that a method comes from judged it; reported beside the common protocol.

    Attributes:
        summary: A sentence: what was judged, how, with what result.
        metrics: Names of metrics that it reports, in its order.
        transfer: Its settings for transfer, by option name, as far as they are known.
    """

    summary: str
    metrics: tuple[str, ...] = ()
    transfer: Mapping[str, Any] = field(default_factory=dict)


class Method(ABC):
    """A way to learn a style and to repaint pictures in it.

    Attributes:
        name: What the user types after ``--method``.
        summary: One line for ``plugins list`` and ``--help``.
        families: Families of bases that it works with: "sd15", "sdxl".
        default_base: The base it is meant for, where the user names none.
        TrainOptions: A frozen dataclass of ``Annotated[type, typer.Option(...)]`` fields, a subclass
            of `stylecli.TrainingOptions` where the core's loop is used, or of its
            `stylecli.CaptionedTraining` and `stylecli.LoraTraining`.
        TransferOptions: Likewise; a field named ``strength`` marked `stylecli.Sweep` takes several
            values at once, or ``auto``.
        GenerateOptions: Likewise, or None where the method cannot make pictures from text.
        presets: Named sets of training options.
        ablations: What can be left out of it, by name, to see what it is good for.
        default_seed: The seed of a training run that is given none.
        takes_loras: Whether its stylizer and generator work with any LoRA of its families: one that
            another program or another method made, too.
        first_for_loras: Whether LoRAs that no installed method made go to it before the others that
            take them.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    families: ClassVar[frozenset[str]]
    default_base: ClassVar[str] = "sd15"
    TrainOptions: ClassVar[type[Any]]
    TransferOptions: ClassVar[type[Any]]
    GenerateOptions: ClassVar[type[Any] | None] = None
    presets: ClassVar[Mapping[str, Preset]] = {}
    ablations: ClassVar[Mapping[str, Ablation]] = {}
    default_seed: ClassVar[int] = 0
    takes_loras: ClassVar[bool] = False
    first_for_loras: ClassVar[bool] = False

    @abstractmethod
    def train(self, run: TrainRun) -> Style:
        """Learn a style.

        Args:
            run: The base, the pictures, the options, and the core's services.
        """

    @abstractmethod
    def stylizer(self, base: Base, styles: Sequence[ScaledStyle], options: Any) -> Stylizer:
        """Prepare to repaint pictures.

        Args:
            base: The base; it may be shared with other stylizers.
            styles: One or more styles of this method, each with its scale.
            options: An instance of `TransferOptions`.

        Raises:
            UsageError: A style that does not fit the base, or options that cannot be met.
        """

    def generator(self, base: Base, styles: Sequence[ScaledStyle], options: Any) -> Generator:
        """Prepare to make pictures from text; like `stylizer`, with `GenerateOptions`."""
        raise UsageError(f"The method {self.name} cannot make pictures from text.")

    def prefix(self, options: Any) -> str | None:
        """The prompt prefix that training options name, for a method that has an option of its own for it.

        Args:
            options: An instance of `TrainOptions`.
        """
        return None

    def prompt(self, name: str, prefix: str | None, token: str | None = None) -> Prompt:
        """The words that belong to a style.

        Args:
            name: The style's.
            prefix: What the user, or a preset, wants before every caption; None where nothing is said.
            token: A rare token that is to name the style, likewise.

        Returns:
            By default that prefix, or "A {Name} painting,", or with a token "A painting in the style
            of {token}".

        Raises:
            UsageError: The method cannot work with these words.
        """
        return words_of_style(name, prefix, token)

    def captions(self, captions: Sequence[str], prompt: Prompt, options: Any = None) -> list[str]:
        """Caption pictures as this method trains on them; also for ``stylecli caption --method``.

        Args:
            captions: What is said of each picture; "" where nothing.
            prompt: The words of the style.
            options: An instance of `TrainOptions` where pictures are trained on, else None.

        Returns:
            One caption for each: by default the words of the style before what is said.
        """
        return [prompt.with_subject(caption) for caption in captions]

    def evaluation(self) -> OwnEvaluation | None:
        """How the work that the method comes from judged it, or None."""
        return None


class LoraMethod(Method):
    """A method whose styles are LoRAs, and nothing else: what it learns is all that it needs to say.

    Photos are repainted by SDEdit, and pictures made from text, with the LoRAs on the base.
    """

    takes_loras = True
    TransferOptions: ClassVar[type[Any]] = SdeditOptions
    GenerateOptions: ClassVar[type[Any] | None] = SamplingOptions

    def stylizer(self, base: Base, styles: Sequence[ScaledStyle], options: Any) -> Stylizer:
        """Repaint with the styles' LoRAs on the base; see `stylecli.Sdedit`."""
        return Sdedit(base, styles, options)

    def generator(self, base: Base, styles: Sequence[ScaledStyle], options: Any) -> Generator:
        """Make pictures from text with the styles' LoRAs on the base; see `stylecli.TextToImage`."""
        return TextToImage(base, styles, options)
