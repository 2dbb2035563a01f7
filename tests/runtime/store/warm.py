"""What the fork server loads once, so that a test's process starts with chromadb loaded and nothing opened.

Modules only: sessions of onnxruntime and clients of chroma have threads and files, which a fork must not inherit.
"""

from __future__ import annotations

from pathlib import Path

from jupyter_agents.runtime.store.loading import load

from . import worker

load(Path("/"))
import onnxruntime  # noqa: E402
import tokenizers  # noqa: E402

__all__ = ["onnxruntime", "tokenizers", "worker"]
