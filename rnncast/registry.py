"""The directory board: everything that is chosen by name, and where it lives.

A literal table from name to module, attribute and one-line summary, so that the command line knows
every name without importing torch. A new part is one line here.
"""

from importlib import import_module
from typing import Any, NamedTuple

from rnncast.errors import UsageError, nearest


class Entry(NamedTuple):
    """Names the module and attribute that hold a part, and says in one line what it is."""

    module: str
    attribute: str
    summary: str

    def load(self) -> Any:
        """Import the part."""
        return getattr(import_module(self.module), self.attribute)


EMBEDDED = "default"
"""What stands for the embedded model in place of a checkpoint's path."""

MODELS = {
    "rnn": Entry("rnncast.models.rnn", "RNN", "vanilla recurrent network (Elman 1990), tanh or relu"),
    "lstm": Entry("rnncast.models.lstm", "LSTM", "long short-term memory (Hochreiter and Schmidhuber 1997)"),
    "gru": Entry("rnncast.models.gru", "GRU", "gated recurrent unit (Cho et al. 2014)"),
    "dilated": Entry(
        "rnncast.models.dilated", "Dilated", "LSTM layers that skip 1, 2, 4 ... steps (Chang et al. 2017)"
    ),
    "esrnn": Entry("rnncast.models.esrnn", "ESRNN", "dilated LSTM on learned smoothing, winner of the M4 (Smyl 2020)"),
    "mingru": Entry("rnncast.models.mingru", "MinGRU", "GRU with gates of the input alone (Feng et al. 2024)"),
    "minlstm": Entry("rnncast.models.minlstm", "MinLSTM", "LSTM with gates of the input alone (Feng et al. 2024)"),
    "slstm": Entry("rnncast.models.slstm", "SLSTM", "LSTM with exponential gates, of the xLSTM (Beck et al. 2024)"),
    "mlstm": Entry("rnncast.models.mlstm", "MLSTM", "LSTM with a matrix as memory, of the xLSTM (Beck et al. 2024)"),
    "attention": Entry(
        "rnncast.models.attention", "Attention", "LSTM that attends to its past states (Luong, Bahdanau et al. 2015)"
    ),
    "segrnn": Entry("rnncast.models.segrnn", "SegRNN", "GRU that reads and forecasts by segments (Lin et al. 2023)"),
    "deepar": Entry("rnncast.models.deepar", "DeepAR", "LSTM that forecasts by sampled paths (Salinas et al. 2020)"),
    "folding": Entry("rnncast.models.folding", "Folding", "LSTM that reads the seasons folded; the embedded model's"),
    "pretrained": Entry("rnncast.models.folding", "Folding", "the embedded model: folding, trained on made-up series"),
    "mlp": Entry("rnncast.models.mlp", "MLP", "perceptron at each origin; no recurrence, to compare"),
    "transformer": Entry("rnncast.models.transformer", "Transformer", "causal attention; no recurrence, to compare"),
}

FOLDING = ("folding", "pretrained")
"""Models that read the past folded by the season."""

HEADS = {
    "quantile": Entry("rnncast.heads.quantile", "QuantileHead", "pinball loss over the quantile levels"),
    "mse": Entry("rnncast.heads.point", "SquaredHead", "squared error: forecasts the mean"),
    "mae": Entry("rnncast.heads.point", "AbsoluteHead", "absolute error: forecasts the median"),
    "huber": Entry("rnncast.heads.point", "HuberHead", "squared near zero, absolute beyond one scale"),
    "normal": Entry("rnncast.heads.normal", "NormalHead", "likelihood of a normal density: mean and spread"),
    "student-t": Entry(
        "rnncast.heads.student", "StudentHead", "likelihood of Student's t: outliers widen the tails alone"
    ),
    "negative-binomial": Entry(
        "rnncast.heads.negative_binomial", "NegativeBinomialHead", "likelihood of counts (Salinas et al. 2020)"
    ),
}

COUNTING = ("negative-binomial",)
"""Losses of counts, which have no logarithm and are never negative."""

CLASS_HEADS = {
    "cross_entropy": Entry("rnncast.heads.cross_entropy", "CrossEntropyHead", "likelihood of classes, by their odds"),
}

LOSSES = HEADS | CLASS_HEADS

OPTIMIZERS = {
    "adamw": Entry("rnncast.optimizers", "adamw", "Adam with decoupled weight decay (Loshchilov and Hutter 2019)"),
    "adam": Entry("rnncast.optimizers", "adam", "Adam (Kingma and Ba 2015)"),
    "sgd": Entry("rnncast.optimizers", "sgd", "stochastic gradient descent with momentum 0.9"),
    "rmsprop": Entry("rnncast.optimizers", "rmsprop", "RMSprop (Tieleman and Hinton 2012)"),
}

BASELINES = {
    "naive": Entry("rnncast.baselines.naive", "naive", "the last value"),
    "seasonal-naive": Entry("rnncast.baselines.naive", "seasonal_naive", "the value one season before"),
    "drift": Entry("rnncast.baselines.naive", "drift", "the line through the first and the last value"),
    "window-average": Entry(
        "rnncast.baselines.naive", "window_average", "the mean of the last horizon, in whole seasons"
    ),
    "naive2": Entry(
        "rnncast.baselines.smoothing", "naive2", "the last seasonally adjusted value, as in the M4 competition"
    ),
    "ses": Entry("rnncast.baselines.smoothing", "ses", "simple exponential smoothing, seasonally adjusted"),
    "theta": Entry("rnncast.baselines.smoothing", "theta", "smoothing with half the trend, seasonally adjusted"),
    "damped": Entry("rnncast.baselines.smoothing", "damped", "smoothing with a damped trend, seasonally adjusted"),
    "holt-winters": Entry("rnncast.baselines.seasonal", "holt_winters", "smoothing of level, damped trend and season"),
    "ar": Entry("rnncast.baselines.autoregression", "ar", "autoregression, seasonally adjusted"),
    "seasonal-ar": Entry(
        "rnncast.baselines.autoregression", "seasonal_ar", "autoregression that reads a season and a step back"
    ),
    "combined": Entry("rnncast.baselines.combined", "combined", "the others' mean, weighted by their past errors"),
}

CLASS_BASELINES = {
    "last-class": Entry("rnncast.baselines.classes", "last_class", "the last class"),
    "most-frequent": Entry("rnncast.baselines.classes", "most_frequent", "the classes' shares of the past"),
    "markov": Entry("rnncast.baselines.classes", "markov", "what came after the last class (Anderson, Goodman 1957)"),
}

ANCHORS = BASELINES | CLASS_BASELINES

STATS_BASELINES = {
    "auto-ets": Entry("rnncast.baselines.statistical", "auto_ets", "exponential smoothing, its form by AICc"),
    "auto-theta": Entry("rnncast.baselines.statistical", "auto_theta", "the best of four Theta models"),
    "auto-arima": Entry("rnncast.baselines.statistical", "auto_arima", "seasonal ARIMA, its orders by AICc"),
    "mstl": Entry("rnncast.baselines.statistical", "mstl", "all seasons taken out by STL, the rest smoothed"),
}
"""Baselines of the extra `stats`: far slower, so made only where they are asked for by name."""

UNFITTED = ("naive", "seasonal-naive", "drift", "window-average")
"""Baselines that fit nothing, so that thousands of origins take no time."""

EVERY_BASELINE = ANCHORS | STATS_BASELINES

METRICS = {
    "mse": Entry("rnncast.metrics", "mse", "mean squared error"),
    "rmse": Entry("rnncast.metrics", "rmse", "root of the mean squared error"),
    "mae": Entry("rnncast.metrics", "mae", "mean absolute error"),
    "smape": Entry("rnncast.metrics", "smape", "symmetric mean absolute percentage error, 0 to 200"),
    "mase": Entry("rnncast.metrics", "mase", "mean absolute error in units of the seasonal naive's in the past"),
    "rmsse": Entry("rnncast.metrics", "rmsse", "root of the squared error in units of the seasonal naive's"),
}

INTERVAL_METRICS = {
    "wql": Entry("rnncast.interval_metrics", "wql", "weighted quantile loss, a scaled CRPS"),
    "coverage-80": Entry("rnncast.interval_metrics", "coverage_80", "share of values inside the 80% interval"),
}

MORE_METRICS = {
    "mape": Entry("rnncast.metrics", "mape", "mean absolute percentage error, of values that are not zero"),
}
"""Metrics of points that are made only where more than the usual ones are asked for."""

MORE_INTERVAL_METRICS = {
    "crps": Entry("rnncast.interval_metrics", "crps", "continuous ranked probability score, by the quantiles"),
}

LEVEL_METRICS = {
    "pinball": Entry("rnncast.interval_metrics", "pinball_loss", "pinball loss of a quantile level: pinball-0.1"),
}
"""Metrics of a quantile level, which stands behind their name."""

CENTRAL_METRICS = {
    "coverage": Entry("rnncast.interval_metrics", "coverage", "share of values inside a central interval"),
    "width": Entry("rnncast.interval_metrics", "width", "mean width of a central interval"),
    "msis": Entry("rnncast.interval_metrics", "msis", "mean scaled interval score of a central interval"),
}
"""Metrics of a central interval, whose percentage stands behind their name: msis-95."""

RELATIVE_METRICS = {
    "owa": Entry("rnncast.metrics", "owa", "sMAPE and MASE in units of Naive2's, averaged"),
}
"""Metrics of scores beside those of the baseline `naive2`."""

CLASS_METRICS = {
    "log-loss": Entry("rnncast.class_metrics", "log_loss", "mean of -log p of the class that came"),
    "accuracy": Entry("rnncast.class_metrics", "accuracy", "share of steps at which the likeliest class came"),
    "brier": Entry("rnncast.class_metrics", "brier", "squared error of the probabilities, 0 to 2"),
}

GENERATORS = {
    "smoothing": Entry(
        "rnncast.synthetic.smoothing", "draw", "level, damped trend, evolving season (ETS, Hyndman 2002)"
    ),
    "sarima": Entry("rnncast.synthetic.sarima", "draw", "seasonal ARIMA with stable poles (Box and Jenkins 1970)"),
    "walk": Entry("rnncast.synthetic.walk", "draw", "random walks with drift and clustered volatility"),
    "growth": Entry("rnncast.synthetic.growth", "draw", "lines, exponential and saturating curves, steps"),
    "waves": Entry("rnncast.synthetic.waves", "draw", "sines, sawteeth, triangles and squares"),
    "intermittent": Entry("rnncast.synthetic.intermittent", "draw", "counts, most of them zero (Croston 1972)"),
    "regimes": Entry("rnncast.synthetic.regimes", "draw", "level, slope, noise and season that switch (Hamilton 1989)"),
    "structural": Entry(
        "rnncast.synthetic.structural", "draw", "level, slope, cycle and season at random (Harvey 1989)"
    ),
    "gaussian-process": Entry(
        "rnncast.synthetic.gaussian", "draw", "Gaussian processes of composed kernels (Ansari et al. 2024)"
    ),
    "ornstein-uhlenbeck": Entry(
        "rnncast.synthetic.ornstein", "draw", "pulled back to a mean (Uhlenbeck and Ornstein 1930)"
    ),
    "pulses": Entry("rnncast.synthetic.pulses", "draw", "events that jump up or down and fade: shot noise"),
    "calendar": Entry("rnncast.synthetic.calendar", "draw", "hours, weekdays, months, holidays of a real calendar"),
    "two-seasons": Entry("rnncast.synthetic.double", "draw", "a day's shape by weekday, or two cycles (Taylor 2003)"),
    "chaos": Entry("rnncast.synthetic.chaos", "draw", "chaotic maps: logistic, Henon, delayed logistic"),
}

FORMATS = {
    "table": Entry("rnncast.rendering.table", "render", "aligned columns for people"),
    "csv": Entry("rnncast.rendering.csv", "render", "comma-separated values, full precision"),
    "tsv": Entry("rnncast.rendering.tsv", "render", "tab-separated values, full precision"),
    "json": Entry("rnncast.rendering.json", "render", "one object with schema, rows and how it was made"),
    "jsonl": Entry("rnncast.rendering.jsonl", "render", "an object for each row, a line each"),
    "markdown": Entry("rnncast.rendering.markdown", "render", "a table for issues, notebooks and wikis"),
}

FILE_FORMATS = {
    "parquet": Entry("rnncast.rendering.parquet", "render", "columns of numbers and text"),
}
"""Formats that are no text, and so not for a terminal."""

STREAMS = {
    "csv": Entry("rnncast.rendering.csv", "stream", "line by line"),
    "tsv": Entry("rnncast.rendering.tsv", "stream", "line by line"),
    "jsonl": Entry("rnncast.rendering.jsonl", "stream", "line by line"),
    "parquet": Entry("rnncast.rendering.parquet", "stream", "row group by row group"),
}
"""Formats whose first rows can be written before the last are known."""

EVERY_FORMAT = FORMATS | FILE_FORMATS

PICTURES = {
    "png": Entry("rnncast.rendering.charts.picture", "png", "dots, for the web and for documents"),
    "svg": Entry("rnncast.rendering.charts.picture", "svg", "lines and text that stay sharp at any size"),
    "pdf": Entry("rnncast.rendering.charts.picture", "pdf", "lines and text, for print"),
}
"""Kinds of pictures by the endings of their files; all need the extra `report`."""


def find(table: dict[str, Entry], name: str, kind: str) -> Entry:
    """Return the entry called `name`; `kind` is the word for it in the message.

    Raises:
        UsageError: no such name; the hint offers the nearest.
    """
    if name not in table:
        raise UsageError(f"there is no {kind} called '{name}'.", nearest(name, table))
    return table[name]


def find_metric(name: str) -> tuple[Entry, float | None]:
    """Return the entry of the metric called `name`, and the number behind its name: 80 of coverage-80.

    Raises:
        UsageError: no such metric; the hint offers the nearest.
    """
    family, _, number = name.rpartition("-")
    numbered = {**LEVEL_METRICS, **CENTRAL_METRICS}
    if family in numbered and number.replace(".", "", 1).isdecimal():
        return numbered[family], float(number)
    plain = METRICS | MORE_METRICS | INTERVAL_METRICS | MORE_INTERVAL_METRICS | RELATIVE_METRICS | CLASS_METRICS
    examples = {f"{family}-{'0.1' if family in LEVEL_METRICS else '80'}": entry for family, entry in numbered.items()}
    return find(plain | examples, name, "metric"), None
