"""Concrete services, built from settings, each at its first use."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..records import Request
from ..runtime.journal import ledger
from ..settings import Settings, api_key
from ..tools import Library
from .account import Rate

if TYPE_CHECKING:
    from ..runtime.kernel import Kernel
    from ..runtime.model import Capabilities, Model
    from ..runtime.store import Store
    from ..runtime.store.store import PreprintStore

WITHOUT = "none"
"""The model's name that asks for no model."""


@dataclass
class Services:
    """What runs of one process share."""

    settings: Settings
    request: Request
    library: Library
    capabilities: dict[str, Capabilities] = field(default_factory=dict)
    """What the server can do with each model that may be asked."""
    answering: Model | None = None
    """Who answers; None until it is first asked, then the server that the settings name."""
    _store: Store | None = None
    _rates: dict[str, Rate] = field(default_factory=dict)

    def model(self) -> Model:
        """The server that answers."""
        if self.answering is None:
            from ..runtime.model.client import AnthropicModel

            folder = Path(self.settings.cache) / "models"
            self.answering = AnthropicModel(self.settings.base_url or None, api_key(), folder=folder)
        return self.answering

    def store(self) -> Store:
        """The preprint store."""
        if self._store is None:
            self._store = open_store(self.settings)
        return self._store

    async def kernel(self, work: Path) -> Kernel:
        """A sandboxed kernel whose one writable folder is `work`."""
        from ..runtime.kernel import SandboxPolicy
        from ..runtime.kernel.sandboxed import SandboxedKernel

        policy = SandboxPolicy(
            mode="restricted" if self.settings.sandbox_mode == "restricted" else "sandbox",
            memory_bytes=int(self.settings.kernel_memory_gb * 2**30),
            gpu=self.settings.gpu,
        )
        name = self.request.kernel or self.settings.kernel or None
        return await SandboxedKernel.start(work, policy=policy, kernel_name=name)

    def rate(self, model: str) -> Rate:
        """The most a token of this model may cost."""
        if model not in self._rates:
            price = self.model().price(model)
            known = Rate(max(price.input, price.cache_write) / 1e6, price.output / 1e6) if price else Rate(None, None)
            self._rates[model] = known
        return self._rates[model]

    @contextlib.contextmanager
    def today(self, usd: float | None) -> Iterator[Callable[[float | None], None]]:
        """Reserve money of the day for one call; what it gives takes what was really paid. Raises BudgetExhausted."""
        if not self.settings.day_usd or usd is None:
            yield lambda _: None
            return
        path = Path(self.settings.runs).parent / "ledger.json"
        day = datetime.datetime.now(datetime.UTC).date().isoformat()
        held = ledger.reserve(path, day, usd, self.settings.day_usd)
        yield lambda paid: ledger.settle(path, held, paid)


def open_store(settings: Settings) -> PreprintStore:
    """The preprint store these settings name."""
    from ..runtime.store.store import PreprintStore

    return PreprintStore(
        Path(settings.store),
        server=settings.chroma_server,
        model=Path(settings.embedder) if settings.embedder else None,
    )


def wants_model(settings: Settings, request: Request) -> bool:
    """Whether a model can and should be asked."""
    if (request.model or settings.model) == WITHOUT:
        return False
    from ..runtime.model.client import credentials_present

    return credentials_present(api_key(), settings.base_url or None)


def check_price(services: Services, request: Request) -> None:
    """Raises InputError where nobody knows what the model costs and no number of tokens bounds the run."""
    model = request.model or services.settings.model
    if services.rate(model).read is None and request.budget.tokens is None:
        raise InputError(
            f"nobody knows what {model} costs, so USD cannot bound this run; say --tokens N (for instance 200000)",
            model=model,
        )
