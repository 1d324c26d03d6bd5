"""Markup: what pages and notebooks are built of: escaped text, elements, plots drawn as SVG, and tables.

charts of `rendering` -> curves -> plots -> drawing -> figure
"""
