"""Networks in numpy alone, for forecasts: torch takes longer to load than a small network to forecast.

They are twins of torch's, as far as a forecast from the last origin goes, and compute the same to about six digits:
`models`, `decoders`, `heads` and `origins` say what and why. What they do not know, torch forecasts.
"""

from rnncast.light.forms import form, knows
from rnncast.light.network import Network

__all__ = ["Network", "form", "knows"]
