"""Runs of a small agent through the real engine."""

from tests.support.runs import server, settings, with_model, world

__all__ = ["server", "settings", "with_model", "world"]
