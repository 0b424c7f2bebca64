"""stylecli teaches a diffusion model an artist's style and repaints photos in it.

What stands here is the public surface for authors of plugins; see docs/plugins/. Each name is
fetched from its module when it is first used: help, lists and TAB need few of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stylecli.bases.base import Base as Base
    from stylecli.bases.conditions import Conditioner as Conditioner
    from stylecli.bases.conditions import Conditions as Conditions
    from stylecli.bases.conditions import Control as Control
    from stylecli.bases.conditions import ImagePrompt as ImagePrompt
    from stylecli.bases.conditions import constant as constant
    from stylecli.bases.extract import Extracted as Extracted
    from stylecli.bases.extract import extract_lora as extract_lora
    from stylecli.bases.learning import Loras as Loras
    from stylecli.bases.lora import Lora as Lora
    from stylecli.bases.lora import LoraShape as LoraShape
    from stylecli.bases.lora import add_lora as add_lora
    from stylecli.bases.lora import apply_styles as apply_styles
    from stylecli.bases.lora import check_lora as check_lora
    from stylecli.bases.lora import check_styles as check_styles
    from stylecli.bases.lora import remove_lora as remove_lora
    from stylecli.bases.lora import to_kohya as to_kohya
    from stylecli.bases.pipeline import write_pipeline as write_pipeline
    from stylecli.bases.spec import BaseSpec as BaseSpec
    from stylecli.bases.whole import Whole as Whole
    from stylecli.bases.words import WordVectors as WordVectors
    from stylecli.captioner import Captioner as Captioner
    from stylecli.captioner import Captions as Captions
    from stylecli.captioner import Subject as Subject
    from stylecli.command import Command as Command
    from stylecli.datasets.folder import Dataset as Dataset
    from stylecli.datasets.folder import Item as Item
    from stylecli.datasets.folder import read_dataset as read_dataset
    from stylecli.datasets.titles import title_of as title_of
    from stylecli.errors import Cancelled as Cancelled
    from stylecli.errors import StylecliError as StylecliError
    from stylecli.errors import UsageError as UsageError
    from stylecli.hookspecs import hookimpl as hookimpl
    from stylecli.images.reading import PictureError as PictureError
    from stylecli.images.reading import read_picture as read_picture
    from stylecli.images.sizing import Framed as Framed
    from stylecli.images.sizing import frame as frame
    from stylecli.images.sizing import unframe as unframe
    from stylecli.images.tensors import to_pictures as to_pictures
    from stylecli.images.tensors import to_tensor as to_tensor
    from stylecli.images.writing import save_png as save_png
    from stylecli.loras.kohya import torch_dtype as torch_dtype
    from stylecli.loras.lowrank import low_rank as low_rank
    from stylecli.loras.module import LoraModule as LoraModule
    from stylecli.loras.module import LoraModules as LoraModules
    from stylecli.method import Ablation as Ablation
    from stylecli.method import LoraMethod as LoraMethod
    from stylecli.method import Method as Method
    from stylecli.method import OwnEvaluation as OwnEvaluation
    from stylecli.method import Preset as Preset
    from stylecli.metric import Caution as Caution
    from stylecli.metric import Extractor as Extractor
    from stylecli.metric import Measurement as Measurement
    from stylecli.metric import Meter as Meter
    from stylecli.metric import Metric as Metric
    from stylecli.metric import PairExtractor as PairExtractor
    from stylecli.metric import PictureSet as PictureSet
    from stylecli.metric import Sample as Sample
    from stylecli.metric import Setting as Setting
    from stylecli.metric import subset_means as subset_means
    from stylecli.models import model_folder as model_folder
    from stylecli.models import quiet_transformers as quiet_transformers
    from stylecli.opening import open_base as open_base
    from stylecli.opening import open_style as open_style
    from stylecli.options import Needs as Needs
    from stylecli.options import Sweep as Sweep
    from stylecli.options import defaults as defaults
    from stylecli.progress import Event as Event
    from stylecli.progress import Progress as Progress
    from stylecli.progress import silent as silent
    from stylecli.sampling.denoise import Guidance as Guidance
    from stylecli.sampling.denoise import Steer as Steer
    from stylecli.sampling.options import RepaintOptions as RepaintOptions
    from stylecli.sampling.options import SamplingOptions as SamplingOptions
    from stylecli.sampling.options import SdeditOptions as SdeditOptions
    from stylecli.sampling.prompting import Guide as Guide
    from stylecli.sampling.prompting import guide_by_prompts as guide_by_prompts
    from stylecli.sampling.prompting import neutral_prompt as neutral_prompt
    from stylecli.sampling.prompting import other_prompt as other_prompt
    from stylecli.sampling.safety import SafetyChecker as SafetyChecker
    from stylecli.sampling.safety import black_out as black_out
    from stylecli.sampling.safety import load_safety_checker as load_safety_checker
    from stylecli.sampling.schedulers import SchedulerName as SchedulerName
    from stylecli.sampling.sdedit import Sdedit as Sdedit
    from stylecli.sampling.stylizer import Generator as Generator
    from stylecli.sampling.stylizer import Stylizer as Stylizer
    from stylecli.sampling.text2image import TextToImage as TextToImage
    from stylecli.sampling.text2image import paint_prompts as paint_prompts
    from stylecli.styles.style import Prompt as Prompt
    from stylecli.styles.style import ScaledStyle as ScaledStyle
    from stylecli.styles.style import Style as Style
    from stylecli.training.comparison import Comparison as Comparison
    from stylecli.training.examples import Batch as Batch
    from stylecli.training.examples import Examples as Examples
    from stylecli.training.loop import Fitted as Fitted
    from stylecli.training.lora_options import LoraTraining as LoraTraining
    from stylecli.training.loss import Estimate as Estimate
    from stylecli.training.loss import Loss as Loss
    from stylecli.training.loss import denoising_loss as denoising_loss
    from stylecli.training.options import CaptionedTraining as CaptionedTraining
    from stylecli.training.options import OptimizerName as OptimizerName
    from stylecli.training.options import TrainingOptions as TrainingOptions
    from stylecli.training.picture_options import PictureOptions as PictureOptions
    from stylecli.training.previews import Preview as Preview
    from stylecli.training.run import TrainRun as TrainRun
    from stylecli.weights import LocalWeights as LocalWeights
    from stylecli.weights import Weights as Weights

_HOMES = {
    "bases.base": "Base",
    "bases.conditions": "Conditioner Conditions Control ImagePrompt constant",
    "bases.extract": "Extracted extract_lora",
    "bases.learning": "Loras",
    "bases.lora": "Lora LoraShape add_lora apply_styles check_lora check_styles remove_lora to_kohya",
    "bases.pipeline": "write_pipeline",
    "bases.spec": "BaseSpec",
    "bases.whole": "Whole",
    "bases.words": "WordVectors",
    "captioner": "Captioner Captions Subject",
    "command": "Command",
    "datasets.folder": "Dataset Item read_dataset",
    "datasets.titles": "title_of",
    "errors": "Cancelled StylecliError UsageError",
    "hookspecs": "hookimpl",
    "images.reading": "PictureError read_picture",
    "images.sizing": "Framed frame unframe",
    "images.tensors": "to_pictures to_tensor",
    "images.writing": "save_png",
    "loras.kohya": "torch_dtype",
    "loras.lowrank": "low_rank",
    "loras.module": "LoraModule LoraModules",
    "method": "Ablation LoraMethod Method OwnEvaluation Preset",
    "metric": "Caution Extractor Measurement Meter Metric PairExtractor PictureSet Sample Setting "
    "subset_means",
    "models": "model_folder quiet_transformers",
    "opening": "open_base open_style",
    "options": "Needs Sweep defaults",
    "progress": "Event Progress silent",
    "sampling.denoise": "Guidance Steer",
    "sampling.options": "RepaintOptions SamplingOptions SdeditOptions",
    "sampling.prompting": "Guide guide_by_prompts neutral_prompt other_prompt",
    "sampling.safety": "SafetyChecker black_out load_safety_checker",
    "sampling.schedulers": "SchedulerName",
    "sampling.sdedit": "Sdedit",
    "sampling.stylizer": "Generator Stylizer",
    "sampling.text2image": "TextToImage paint_prompts",
    "styles.style": "Prompt ScaledStyle Style",
    "training.comparison": "Comparison",
    "training.examples": "Batch Examples",
    "training.loop": "Fitted",
    "training.loss": "Estimate Loss denoising_loss",
    "training.lora_options": "LoraTraining",
    "training.options": "CaptionedTraining OptimizerName TrainingOptions",
    "training.picture_options": "PictureOptions",
    "training.previews": "Preview",
    "training.run": "TrainRun",
    "weights": "LocalWeights Weights",
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names.split()}

__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> Any:
    """Fetch a public name from its module."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'stylecli' has no attribute {name!r}")
    value = getattr(import_module(f"stylecli.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
