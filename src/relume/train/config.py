"""What a training run is: data, stages, optimiser, and when it looks and saves."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ..model.compact import CompactConfig
from ..teacher.pairs import PairConfig
from ..teacher.sequence import SequenceConfig

__all__ = ["DelightConfig", "LightConfig", "LossConfig", "TemporalConfig", "TrainConfig"]


@dataclass(frozen=True)
class LossConfig:
    """Weights of the losses."""

    albedo: float = 1.0
    """L1 of albedo, square-rooted so that dark skin and hair count as the eye sees them."""
    edges: float = 0.5
    """L1 of the differences between neighbouring rays' albedo."""
    transfer: float = 1.0
    """L1 of radiance transfer."""
    relief: float = 0.5
    """L1 of the differences between neighbouring rays' radiance transfer."""
    relit: float = 0.5
    """L1 of the picture under a random light, square-rooted."""
    alpha: float = 0.8
    """Cross-entropy of alpha."""
    depth: float = 2.0
    """L1 of depth in canonical units."""
    perceptual: float = 0.4
    """Distance of the picture under a random light in the features of a picture classifier."""


@dataclass(frozen=True)
class TrainConfig:
    """One training run of the compact model; the folder `run` holds all of it."""

    taught: Path
    """Folder of taught portraits (`relume teacher`)."""
    run: Path
    """Folder of the run: configuration, checkpoints, scalars, pictures. Goes on where it was."""
    environments: Path | None = None
    """Folder of .hdr surroundings that light some of the inputs."""
    start: Path | None = None
    """Weights file (.safetensors) that a new run begins from, going on with its count of steps."""
    even: str | None = None
    """Regular expression on the portraits' names: those that match are evenly lit, and drawn
    --even-weight times as often, for their albedo is the most trustworthy."""
    even_weight: float = 2.0
    """How many times as often as others those are drawn."""
    steps: int = 1_000_000
    """Steps in all; a run may be stopped at any time."""
    albedo_steps: int = 300
    """Steps of the first stage, albedo and density alone."""
    batch: int = 8
    """Pairs a step."""
    reuse: int = 3
    """Batches that each pair serves."""
    strangers: float = 0.5
    """Share of pairs in another tone of skin, half of them with another's face; their shape stays.
    See `relume.teacher.strangers.repainted`."""
    patch: int = 24
    """Side of the square of rays per view."""
    samples: tuple[int, int] = (8, 8)
    """Samples per ray: over the whole box, and near the known surface."""
    learning_rate: float = 1.5e-3
    """Highest learning rate, after the warm-up."""
    warm_up: int = 200
    """Steps until then."""
    half_life: float = 4000.0
    """The rate falls as 1 / sqrt(1 + step / half_life): a run is good whenever it is stopped."""
    cooldown: int = 0
    """Last of the steps, over which the rate falls to nothing: for the end of a run."""
    weight_decay: float = 1e-4
    """Of AdamW."""
    average: float = 0.998
    """Decay of the running mean of the weights, which is what is kept and shown."""
    clip: float = 1.0
    """Largest norm of a gradient."""
    threads: int = 1
    """CPU threads of the network."""
    workers: int = 1
    """1: data is made in one more process; 0: in the same."""
    save_minutes: float = 3.0
    """Minutes between checkpoints."""
    look_steps: int = 500
    """Steps between validations."""
    log_steps: int = 20
    """Steps between lines of scalars."""
    seed: int = 0
    """Of everything random."""
    model: CompactConfig = field(default_factory=CompactConfig)
    """Sizes of the model."""
    pairs: PairConfig = field(default_factory=PairConfig)
    """What the pairs are like."""
    loss: LossConfig = field(default_factory=LossConfig)
    """Weights of the losses."""


@dataclass(frozen=True)
class TemporalConfig:
    """The last stage: the temporal network alone, on sequences, the rest of the model held still.

    Its checkpoints lie in the folder `temporal` of the run whose newest weights it steadies.
    """

    taught: Path
    """Folder of taught portraits (`relume teacher`)."""
    run: Path
    """Folder of the run of `relume train compact` to be finished."""
    environments: Path | None = None
    """Folder of .hdr surroundings that light some of the inputs."""
    steps: int = 4000
    """Steps in all."""
    sequences: int = 300
    """Sequences of the training people, encoded once and kept on disk: 7.5 MB each."""
    held: int = 48
    """The same of the people kept out."""
    frames: int = 10
    """Frames of a sequence."""
    stored: int = 1024
    """Rays of a sequence along which the truth is kept."""
    batch: int = 6
    """Sequences a step."""
    rays: int = 192
    """Rays of a sequence that a step looks at."""
    samples: tuple[int, int] = (6, 6)
    """Samples per ray: over the whole box, and near the known surface."""
    learning_rate: float = 1e-3
    """Highest learning rate, after the warm-up."""
    warm_up: int = 30
    """Steps until then."""
    half_life: float = 300.0
    """The rate falls as 1 / sqrt(1 + step / half_life)."""
    weight_decay: float = 1e-2
    """Of AdamW."""
    average: float = 0.99
    """Decay of the running mean of the weights, which is what is kept."""
    short: float = 0.4
    """Weight of what changes from one frame to the next."""
    long: float = 0.2
    """Weight of what changes from an earlier frame."""
    threads: int = 1
    """CPU threads of the network."""
    save_steps: int = 50
    """Steps between checkpoints."""
    look_steps: int = 500
    """Steps between validations."""
    log_steps: int = 20
    """Steps between lines of scalars."""
    seed: int = 0
    """Of everything random."""
    pairs: PairConfig = field(default_factory=PairConfig)
    """What single frames are like."""
    motion: SequenceConfig = field(default_factory=SequenceConfig)
    """What moves in a sequence."""


@dataclass(frozen=True)
class DelightConfig:
    """The delighting network alone, on single pictures, the rest of the model held still.

    Its checkpoints lie in the folder `delighter` of the run whose newest weights it works with.
    """

    taught: Path
    """Folder of taught portraits (`relume teacher`)."""
    run: Path
    """Folder of the run of `relume train compact` to be finished."""
    environments: Path | None = None
    """Folder of .hdr surroundings that light some of the inputs."""
    even: str | None = None
    """Regular expression on the portraits' names: those that match are evenly lit, and drawn
    --even-weight times as often, for their albedo is the most trustworthy."""
    even_weight: float = 2.0
    """How many times as often as others those are drawn."""
    steps: int = 20_000
    """Steps in all."""
    batch: int = 16
    """Pictures a step."""
    reuse: int = 4
    """Batches that each picture serves, every time as it is or mirrored."""
    held: int = 256
    """Pictures of the people kept out."""
    forget: float = 0.25
    """Share of pictures whose rendered albedo is hidden: the model knows the people that it was
    trained on better than it will know anybody else."""
    strangers: float = 0.5
    """Share of pictures that are of nobody: reshaped, in half of the cases with another's face, of
    another tone. See `relume.teacher.strangers`."""
    grey: float = 0.06
    """Share of pictures of people without colour, as in black-and-white or toned film."""
    edges: float = 0.7
    """Weight of the differences between neighbouring cells."""
    learning_rate: float = 1.5e-3
    """Highest learning rate, after the warm-up."""
    warm_up: int = 200
    """Steps until then."""
    half_life: float = 1500.0
    """The rate falls as 1 / sqrt(1 + step / half_life)."""
    weight_decay: float = 1e-4
    """Of AdamW."""
    average: float = 0.999
    """Decay of the running mean of the weights, which is what is kept."""
    threads: int = 1
    """CPU threads of the network."""
    workers: int = 1
    """1: data is made in one more process; 0: in the same."""
    save_steps: int = 500
    """Steps between checkpoints."""
    look_steps: int = 500
    """Steps between validations."""
    log_steps: int = 20
    """Steps between lines of scalars."""
    seed: int = 0
    """Of everything random."""
    pairs: PairConfig = field(
        default_factory=lambda: PairConfig(
            photo=0.15, hard=0.75, covered=0.25, relief=0.5, jitter=0.02, zoom=0.05, background=0.5
        )
    )
    """What the pictures are like. Their cropping stands for a tracker's errors: the camera isn't
    told of it."""


@dataclass(frozen=True)
class LightConfig:
    """The network that reads the light of a face, on its own: it needs no other model.

    Its checkpoints, and the sitters that it learns from, lie in the folder `light` of the run.
    """

    taught: Path
    """Folder of taught portraits (`relume teacher`)."""
    run: Path
    """Folder of the run; goes on where it was."""
    environments: Path | None = None
    """Folder of .hdr surroundings that are part of some of the lights."""
    variants: int = 4
    """Sitters made of each portrait, with other lamps around them and other errors of the tracker;
    they are kept on disk, 230 kB each."""
    strangers: float = 0.6
    """Share of sitters that are nobody: see `relume.teacher.strangers`."""
    steps: int = 10_000
    """Steps in all."""
    batch: int = 64
    """Pictures a step."""
    reuse: int = 6
    """Batches that each picture serves."""
    held: int = 512
    """Pictures of the people kept out."""
    direction: float = 0.5
    """Weight of the direction that most of the light comes from, beside the light as a whole."""
    learning_rate: float = 2e-3
    """Highest learning rate, after the warm-up."""
    warm_up: int = 100
    """Steps until then."""
    half_life: float = 600.0
    """The rate falls as 1 / sqrt(1 + step / half_life)."""
    weight_decay: float = 1e-2
    """Of AdamW."""
    average: float = 0.998
    """Decay of the running mean of the weights, which is what is kept."""
    threads: int = 1
    """CPU threads of the network."""
    workers: int = 1
    """1: data is made in one more process; 0: in the same."""
    save_steps: int = 500
    """Steps between checkpoints."""
    look_steps: int = 500
    """Steps between validations."""
    log_steps: int = 50
    """Steps between lines of scalars."""
    seed: int = 0
    """Of everything random."""
