"""stylecli teaches a diffusion model an artist's style and repaints photos in it.

What stands here is the public surface for authors of plugins; see docs/plugins/.
"""

from stylecli.bases.base import Base
from stylecli.bases.conditions import Conditioner, Conditions, Control, ImagePrompt, constant
from stylecli.bases.extract import Extracted, extract_lora
from stylecli.bases.learning import Loras
from stylecli.bases.lora import (
    Lora,
    LoraShape,
    add_lora,
    apply_styles,
    check_lora,
    remove_lora,
    to_kohya,
)
from stylecli.bases.pipeline import write_pipeline
from stylecli.bases.spec import BaseSpec
from stylecli.bases.whole import Whole
from stylecli.bases.words import WordVectors
from stylecli.captioner import Captioner, Captions, Subject
from stylecli.command import Command
from stylecli.datasets.folder import Dataset, Item, read_dataset
from stylecli.datasets.titles import title_of
from stylecli.errors import Cancelled, StylecliError, UsageError
from stylecli.hookspecs import hookimpl
from stylecli.images.writing import save_png
from stylecli.loras.kohya import torch_dtype
from stylecli.loras.lowrank import low_rank
from stylecli.loras.module import LoraModule, LoraModules
from stylecli.method import Ablation, Method, OwnEvaluation, Preset
from stylecli.metric import (
    Caution,
    Measurement,
    Meter,
    Metric,
    PictureSet,
    Sample,
    Setting,
    subset_means,
)
from stylecli.models import model_folder
from stylecli.options import Sweep, defaults
from stylecli.progress import Event, Progress, silent
from stylecli.sampling.denoise import Guidance
from stylecli.sampling.options import RepaintOptions, SamplingOptions, SdeditOptions
from stylecli.sampling.prompting import Guide, neutral_prompt, other_prompt
from stylecli.sampling.safety import SafetyChecker, black_out, load_safety_checker
from stylecli.sampling.schedulers import SchedulerName
from stylecli.sampling.sdedit import Sdedit
from stylecli.sampling.stylizer import Generator, Stylizer
from stylecli.sampling.text2image import TextToImage, paint_prompts
from stylecli.styles.style import Prompt, ScaledStyle, Style
from stylecli.training.comparison import Comparison
from stylecli.training.examples import Batch, Examples
from stylecli.training.loop import Fitted
from stylecli.training.loss import Estimate, Loss, denoising_loss
from stylecli.training.options import CaptionedTraining, OptimizerName, TrainingOptions
from stylecli.training.previews import Preview
from stylecli.training.run import TrainRun

__all__ = [
    "Ablation",
    "Base",
    "BaseSpec",
    "Batch",
    "Cancelled",
    "CaptionedTraining",
    "Captioner",
    "Captions",
    "Caution",
    "Command",
    "Comparison",
    "Conditioner",
    "Conditions",
    "Control",
    "Dataset",
    "Estimate",
    "Event",
    "Examples",
    "Extracted",
    "Fitted",
    "Generator",
    "Guidance",
    "Guide",
    "ImagePrompt",
    "Item",
    "Lora",
    "LoraModule",
    "LoraModules",
    "LoraShape",
    "Loras",
    "Loss",
    "Measurement",
    "Meter",
    "Method",
    "Metric",
    "OptimizerName",
    "OwnEvaluation",
    "PictureSet",
    "Preset",
    "Preview",
    "Progress",
    "Prompt",
    "RepaintOptions",
    "SafetyChecker",
    "Sample",
    "SamplingOptions",
    "ScaledStyle",
    "SchedulerName",
    "Sdedit",
    "SdeditOptions",
    "Setting",
    "Style",
    "StylecliError",
    "Stylizer",
    "Subject",
    "Sweep",
    "TextToImage",
    "TrainRun",
    "TrainingOptions",
    "UsageError",
    "Whole",
    "WordVectors",
    "add_lora",
    "apply_styles",
    "black_out",
    "check_lora",
    "constant",
    "defaults",
    "denoising_loss",
    "extract_lora",
    "hookimpl",
    "load_safety_checker",
    "low_rank",
    "model_folder",
    "neutral_prompt",
    "other_prompt",
    "paint_prompts",
    "read_dataset",
    "remove_lora",
    "save_png",
    "silent",
    "subset_means",
    "title_of",
    "to_kohya",
    "torch_dtype",
    "write_pipeline",
]
