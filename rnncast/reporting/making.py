"""The section on how the report came about: the command, the settings and the versions."""

import platform

import torch

from rnncast import __version__
from rnncast.markup.base import Html, element, paragraph, section
from rnncast.markup.tables import folded
from rnncast.rendering import views
from rnncast.reporting.material import Material


def making(material: Material) -> Html:
    """Return the section."""
    checkpoint = material.forecaster.checkpoint
    again = element("pre", element("code", material.command), tabindex=0)
    now = {"rnncast": __version__, "torch": torch.__version__, "python": platform.python_version()}
    versions = paragraph(f"Made with {_said(now)}; the checkpoint with {_said(dict(checkpoint.versions))}.")
    settings = folded(views.checkpoint_table(checkpoint, {}), "What the checkpoint holds", is_open=False)
    return section(
        "making", "How this was made", paragraph("This line makes the report again:"), again, versions, settings
    )


def _said(versions: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())
