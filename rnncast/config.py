"""Settings: frozen dataclasses that check themselves, and their way to and from plain dicts.

None stands for 'told from the data': `selection.resolve` puts a value in its place, and what a
checkpoint stores is always resolved.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Self

from rnncast import registry
from rnncast.bounds import Bounds, BoundsSettings
from rnncast.errors import UsageError, nearest

DECILES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
DATE_ORDERS = ("day-first", "month-first", "year-first")
MISSING = ("interpolate", "ffill", "seasonal", "zero", "error")
OUTLIERS = ("keep", "clip", "interpolate")
DECIMALS = (".", ",")
AGGREGATES = ("mean", "sum", "first", "last", "min", "max", "median")
TRANSFORMS = ("auto", "log", "none")
SCALINGS = ("auto", "causal", "level", "series")
CHANNELS = ("independent", "joint")
ACTIVATIONS = ("tanh", "relu")
SCHEDULES = ("cosine", "constant")
ORIGINS = ("all", "last")
PRECISIONS = ("auto", "fp32", "bf16")


def _require(condition: bool, field_name: str, value: object, expected: str) -> None:
    if not condition:
        raise UsageError(f"{field_name} is {value!r}, expected {expected}.")


def _tuple(value: object) -> tuple[object, ...]:
    """Return one value or a list of them as a tuple."""
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _at_least(settings: Any, least: float, *names: str) -> None:
    for name in names:
        value = getattr(settings, name)
        _require(value is None or value >= least, name, value, f"a number of at least {least}")


def _may_separate(delimiter: str | None) -> bool:
    return delimiter is None or (len(delimiter) == 1 and not delimiter.isalnum() and delimiter not in '"\r\n\0.+-')


def _is_encoding(name: str | None) -> bool:
    try:
        return name is None or "".encode(name) is not None
    except (LookupError, ValueError, UnicodeError):
        return False


def _one_of(settings: Any, name: str, known: tuple[str, ...]) -> None:
    value = getattr(settings, name)
    _require(value is None or value in known, name, value, f"one of {', '.join(known)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DataConfig:
    """Says which column plays which role, and how the series are to be read."""

    target: tuple[str, ...] = ()
    time: str | None = None
    id: tuple[str, ...] = ()
    past_covariates: tuple[str, ...] = ()
    future_covariates: tuple[str, ...] = ()
    static_covariates: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    date_order: str | None = None
    time_zone: str | None = None
    freq: str | None = None
    season_length: tuple[int, ...] = ()
    missing: str = "interpolate"
    outliers: str = "keep"
    aggregate: str | None = None
    holidays: tuple[str, ...] = ()
    delimiter: str | None = None
    decimal: str | None = None
    encoding: str | None = None

    def __post_init__(self) -> None:
        _one_of(self, "decimal", DECIMALS)
        _require(_may_separate(self.delimiter), "delimiter", self.delimiter, "one sign that stands between cells")
        _require(_is_encoding(self.encoding), "encoding", self.encoding, "an encoding such as utf-8 or cp1252")
        _one_of(self, "date_order", DATE_ORDERS)
        _one_of(self, "missing", MISSING)
        _one_of(self, "outliers", OUTLIERS)
        _one_of(self, "aggregate", AGGREGATES)
        for season in self.season_length:
            _require(season >= 1, "season_length", season, "a whole number of at least 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowConfig:
    """Says what the network reads at each origin and how far it forecasts."""

    horizon: int | None = None
    context_length: int | None = None
    segment_length: int | None = None
    num_lags: int | None = None
    guess_season: int | None = None
    transform: str = "auto"
    scaling: str = "auto"
    channels: str = "independent"
    yearly: bool | None = None

    def __post_init__(self) -> None:
        _at_least(self, 1, "horizon", "context_length", "segment_length", "num_lags")
        _at_least(self, 0, "guess_season")
        _one_of(self, "transform", TRANSFORMS)
        _one_of(self, "scaling", SCALINGS)
        _one_of(self, "channels", CHANNELS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """Says which recurrent network and how large."""

    model: str = "auto"
    hidden_size: int | None = None
    num_layers: int | None = None
    dropout: float | None = None
    activation: str = "tanh"
    residual: bool = True
    skip: bool = True
    attention: bool = False
    option: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.model != "auto":
            registry.find(registry.MODELS, self.model, "model")
        for word in self.option:
            _require(isinstance(word, str) and "=" in word, "option", word, "a text of the form key=value")
        _at_least(self, 1, "hidden_size", "num_layers")
        _require(self.dropout is None or 0 <= self.dropout < 1, "dropout", self.dropout, "a number in [0, 1)")
        _one_of(self, "activation", ACTIVATIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingConfig:
    """Says how the weights are found and which rows are kept out of the fit."""

    loss: str = "quantile"
    quantiles: tuple[float, ...] = DECILES
    optimizer: str = "adamw"
    learning_rate: float | None = None
    weight_decay: float = 1e-3
    clip_norm: float = 1.0
    averaging: bool = True
    schedule: str = "cosine"
    warmup: float = 0.1
    max_steps: int | None = None
    epochs: int | None = None
    patience: int | None = None
    time_limit: float | None = None
    batch_size: int | None = None
    origins: str = "all"
    ensemble: int | None = None
    seed: int = 1
    test: int | None = None
    validation: int | None = None
    anchor: str = "auto"
    calibrate: bool = True

    def __post_init__(self) -> None:
        registry.find(registry.LOSSES, self.loss, "loss")
        registry.find(registry.OPTIMIZERS, self.optimizer, "optimizer")
        if self.anchor not in ("auto", "none"):
            registry.find(registry.ANCHORS, self.anchor, "anchor")
        _one_of(self, "schedule", SCHEDULES)
        _one_of(self, "origins", ORIGINS)
        _at_least(self, 1, "epochs", "patience", "batch_size", "ensemble")
        _at_least(self, 0, "max_steps", "weight_decay", "clip_norm", "test", "validation", "seed")
        for name in ("learning_rate", "time_limit"):
            value = getattr(self, name)
            _require(value is None or value > 0, name, value, "a number above 0")
        _require(0 <= self.warmup < 1, "warmup", self.warmup, "a share of the steps in [0, 1)")
        _require(all(0 < q < 1 for q in self.quantiles), "quantiles", self.quantiles, "levels between 0 and 1")
        _require(list(self.quantiles) == sorted(set(self.quantiles)), "quantiles", self.quantiles, "rising levels")
        _require(0.5 in self.quantiles, "quantiles", self.quantiles, "levels with 0.5, the forecast, among them")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConfig:
    """Says where the computing is done; it never enters a checkpoint."""

    device: str = "auto"
    precision: str = "auto"
    threads: int | None = None

    def __post_init__(self) -> None:
        _one_of(self, "precision", PRECISIONS)
        _at_least(self, 1, "threads")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Holds all settings of a training run, by section."""

    data: DataConfig = field(default_factory=DataConfig)
    window: WindowConfig = field(default_factory=WindowConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    bounds: Bounds = field(default_factory=Bounds)
    run: RunConfig = field(default_factory=RunConfig)

    @classmethod
    def of(cls, settings: Mapping[str, object]) -> Self:
        """Build a configuration from flat settings such as {"horizon": 12, "loss": "mae"}.

        Raises:
            UsageError: an unknown name, or a value out of its range.
        """
        return cls().with_settings(settings)

    def with_settings(self, settings: Mapping[str, object]) -> Self:
        """Return the configuration with some flat settings replaced."""
        sections = {section.name: getattr(self, section.name) for section in fields(self)}
        owner = {f.name: name for name, section in sections.items() for f in fields(section)}
        changes: dict[str, dict[str, object]] = {name: {} for name in sections}
        for name, value in settings.items():
            if name not in owner:
                raise UsageError(f"there is no setting called '{name}'.", nearest(name, owner))
            several = isinstance(getattr(sections[owner[name]], name), tuple)
            changes[owner[name]][name] = _tuple(value) if several else value
        return replace(self, **{name: replace(sections[name], **changes[name]) for name in sections})

    def filled(self, defaults: Mapping[str, object]) -> Self:
        """Return the configuration with flat `defaults` where nothing was set."""
        sections = [getattr(self, section.name) for section in fields(self)]
        unset = {
            name: value
            for name, value in defaults.items()
            for section in sections
            if getattr(section, name, value) in (None, (), "auto")
        }
        return self.with_settings(unset)

    def to_dict(self) -> dict[str, dict[str, object]]:
        """Return what a checkpoint stores: all sections but the run's, as plain values."""
        return {name: section for name, section in asdict(self).items() if name != "run"}

    @classmethod
    def from_dict(cls, stored: Mapping[str, object]) -> Self:
        """Rebuild a configuration from `to_dict`, after a trip through JSON.

        Raises:
            UsageError: a section, a name or a value that does not belong.
        """
        flat: dict[str, object] = {}
        for section, settings in stored.items():
            if section not in {"data", "window", "model", "training", "bounds"} or not isinstance(settings, dict):
                raise UsageError(f"there is no section called '{section}' in a configuration.")
            flat |= settings
        return cls.of(flat)


class Settings(BoundsSettings, total=False):
    """The flat settings of a configuration, as `api.train` takes them."""

    target: tuple[str, ...]
    time: str
    id: tuple[str, ...]
    past_covariates: tuple[str, ...]
    future_covariates: tuple[str, ...]
    static_covariates: tuple[str, ...]
    category: tuple[str, ...]
    date_order: str
    time_zone: str
    freq: str
    season_length: tuple[int, ...]
    missing: str
    outliers: str
    aggregate: str
    holidays: tuple[str, ...]
    delimiter: str
    decimal: str
    encoding: str
    horizon: int
    context_length: int
    segment_length: int
    num_lags: int
    guess_season: int
    transform: str
    scaling: str
    channels: str
    yearly: bool
    model: str
    hidden_size: int
    num_layers: int
    dropout: float
    activation: str
    residual: bool
    skip: bool
    attention: bool
    option: tuple[str, ...]
    loss: str
    quantiles: tuple[float, ...]
    optimizer: str
    learning_rate: float
    weight_decay: float
    clip_norm: float
    averaging: bool
    schedule: str
    warmup: float
    max_steps: int
    epochs: int
    patience: int
    time_limit: float
    batch_size: int
    origins: str
    ensemble: int
    seed: int
    test: int
    validation: int
    anchor: str
    calibrate: bool
    device: str
    precision: str
    threads: int
