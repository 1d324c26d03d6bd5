"""From a configuration to torch's network, with weights by chance or with those of a checkpoint."""

from collections.abc import Mapping

import torch

from rnncast import options, registry
from rnncast.casting import Form
from rnncast.columns import Columns
from rnncast.config import Config
from rnncast.models.base import Autoregressive, Size
from rnncast.network import Network
from rnncast.packing import Array
from rnncast.panel import TextArray
from rnncast.shapes import resolved, shape_of


def build(config: Config, columns: Columns, ids: TextArray) -> Network:
    """Build an untrained network for the series `ids` [N, I] from a resolved configuration, on the default device."""
    sizes = config.model
    kind = registry.find(registry.MODELS, sizes.model, "model").load()
    shape = shape_of(config, columns, issubclass(kind, Autoregressive))
    size = Size(
        inputs=shape.num_inputs,
        static=shape.static,
        hidden=resolved(sizes.hidden_size),
        layers=resolved(sizes.num_layers),
        dropout=sizes.dropout or 0.0,
        activation=sizes.activation,
        residual=sizes.residual,
        attention=sizes.attention,
    )
    own = options.parse(kind.options_type, sizes.option, sizes.model)
    model = kind(size) if own is None else kind(size, own)
    head = registry.find(registry.LOSSES, config.training.loss, "loss").load()(config.training.quantiles)
    longest = shape.context_length if shape.guess_season > 1 else 1
    seasons = tuple(season for season in config.data.season_length if 1 < season <= longest)
    covariates = {name: () if shape.folds else words for name, words in columns.by_role.items()}
    return Network(shape, model, size.hidden, head, model.smoothing(ids, columns.targets, seasons), covariates)


def form(config: Config, columns: Columns, ids: TextArray) -> Form:
    """Return what weights the network of a configuration has; no memory is taken for them."""
    network = _without_memory(config, columns, ids)
    weights = network.state_dict().items()
    return Form({name: (tuple(value.shape), str(value.dtype)[6:]) for name, value in weights}, network.levels)


def around(config: Config, columns: Columns, ids: TextArray, weights: Mapping[str, Array]) -> Network:
    """Build a network around `weights`."""
    network = _without_memory(config, columns, ids)
    network.load_state_dict({name: torch.tensor(array) for name, array in weights.items()}, assign=True)
    return network.eval()


def _without_memory(config: Config, columns: Columns, ids: TextArray) -> Network:
    with torch.device("meta"):
        return build(config, columns, ids)
