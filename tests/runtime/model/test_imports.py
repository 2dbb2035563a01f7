from __future__ import annotations

import subprocess
import sys

HEAVY = ("anthropic", "pydantic", "httpx2", "genai_prices", "jsonschema")


def test_nothing_heavy_is_loaded_before_the_first_call() -> None:
    names = ("client", "conversation", "structured", "probe", "prices", "envelope", "redact", "failures", "stream")
    code = "; ".join(
        [
            "import sys",
            *(f"import jupyter_agents.runtime.model.{name}" for name in names),
            "from jupyter_agents.runtime.model.client import AnthropicModel",
            "AnthropicModel('https://models.example.org', 'a-key')",
            f"print([name for name in {HEAVY} if name in sys.modules])",
        ]
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
