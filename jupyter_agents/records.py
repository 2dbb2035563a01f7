"""The words of the project as data: frozen, validated, JSON in and out.

Records are `msgspec.Struct`s: they are parsed once at the edge (`parse`), everything below holds them.
"""

from __future__ import annotations

import enum
import hashlib
import json
from typing import TYPE_CHECKING, Any, Literal, TypeVar, dataclass_transform

import msgspec

T = TypeVar("T")
Json = dict[str, Any]
"""A JSON object, as it stands on the wire or in a file."""


if TYPE_CHECKING:  # what the metaclass below does, in words a type checker understands

    @dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
    class Record:
        """Base of all records."""

else:

    class _KeywordOnly(msgspec.StructMeta):
        """msgspec hands `frozen` down to children, but not `kw_only`."""

        def __new__(cls, name, bases, namespace, **options):
            return super().__new__(cls, name, bases, namespace, **{"kw_only": True, "frozen": True, **options})

    class Record(msgspec.Struct, metaclass=_KeywordOnly):
        """Base of all records: immutable, compared by value; unknown keys are ignored, so old readers live."""


def dump(value: object) -> Any:
    """A record as plain JSON values."""
    return msgspec.to_builtins(value)


def dumps(value: object) -> str:
    """A record as one line of JSON; keys keep their order, non-ASCII stays readable."""
    return msgspec.json.encode(value).decode()


def parse(value: object, kind: type[T]) -> T:
    """Plain JSON values as a record. Raises msgspec.ValidationError naming the path that is wrong."""
    return msgspec.convert(value, kind)


def changed(record: T, **values: Any) -> T:
    """The same record with some fields changed."""
    return msgspec.structs.replace(record, **values)  # type: ignore[type-var]


def field_names(kind: type[Any]) -> list[str]:
    """The fields of a kind of record, in order."""
    return [field.name for field in msgspec.structs.fields(kind)]


def json_schema(kind: type[Any]) -> Json:
    """JSON Schema of a kind of record; what it refers to stands in `$defs`."""
    (schema,), definitions = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    own = definitions.pop(kind.__name__) if "$ref" in schema else schema
    return {**own, **({"$defs": definitions} if definitions else {})}


def digest(value: object) -> str:
    """SHA-256 of a JSON value, independent of key order: 64 hexadecimal digits."""
    text = json.dumps(dump(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class RunState(enum.StrEnum):
    """Where a run stands."""

    queued = "queued"
    running = "running"
    waiting = "waiting"
    paused = "paused"
    interrupted = "interrupted"
    done = "done"
    failed = "failed"
    stopped = "stopped"


class Usage(Record):
    """What model calls consumed, as the server reported it."""

    input_tokens: int = 0
    """Tokens read, without those read from or written to the cache."""
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    usd: float | None = 0.0
    """US dollars; None where a price is unknown."""

    @property
    def tokens(self) -> int:
        """All tokens, read and written."""
        return self.input_tokens + self.output_tokens + self.cache_read_tokens + self.cache_write_tokens

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cache_read_tokens=self.cache_read_tokens + other.cache_read_tokens,
            cache_write_tokens=self.cache_write_tokens + other.cache_write_tokens,
            usd=None if self.usd is None or other.usd is None else self.usd + other.usd,
        )


class Budget(Record):
    """What a run may consume. None: no limit of that kind."""

    usd: float | None = 5.0
    tokens: int | None = None
    steps: int | None = 1000
    """Model calls and tool calls together."""
    wall_s: float | None = 4 * 3600.0


class Span(Record):
    """Characters [start, end) of a paper's stored text."""

    start: int
    end: int


class Evidence(Record):
    """A verbatim quote that code found in a stored paper."""

    id: str
    """Opaque: `ev-` and eight letters or digits."""
    paper: str
    """Paper id, for instance `arXiv:1008.4686` or `local:hogg_line`."""
    version: str
    paragraph: str
    """Paragraph id within the paper."""
    where: str
    """Section title path, or page, for a reader."""
    quote: str
    """Exactly the stored characters of `span`."""
    span: Span
    relevance: float = 0.0
    """0 to 10, as the reader judged it; 0 where no model read."""
    note: str = ""
    """Why it matters for the question, in the reader's words; never shown as the paper's."""


Support = Literal["supported", "partial", "contradicted", "unsupported", "unjudged"]
"""What a separate judgement said of one sentence and its quotes; `unjudged` where no model could."""


class Sentence(Record):
    """One sentence of an answer with the evidence it rests on and what the judge said."""

    text: str
    evidence: tuple[str, ...] = ()
    support: Support = "unjudged"
    reason: str = ""
    numbers_missing: tuple[str, ...] = ()
    """Numbers in the sentence that none of its quotes holds, as printed."""


ClaimKind = Literal["deterministic", "stochastic", "ordering"]


class Claim(Record):
    """A paper's own result with a number."""

    id: str
    value: str
    """As printed, for instance `2.24` or `93.1 %`. A value and its ± are two claims."""
    metric: str = ""
    unit: str = ""
    dataset: str = ""
    where: str = ""
    """Paragraph, table or figure of the paper, for a reader."""
    quote: str = ""
    """The words of the paper that make the claim; found there by code."""
    kind: ClaimKind = "deterministic"
    uncertainty: str = ""
    """The printed ±, if any, as printed."""
    n_paper: int | None = None
    """How many runs or seeds the paper's figure rests on, where it says."""
    depends_on: tuple[str, ...] = ()
    """Names of parameters or data files that, when perturbed, must move the value."""


Status = Literal["reproduced", "mismatch", "failed", "unchecked"]


class Verdict(Record):
    """What one clean run says of one claim, computed outside the sandbox."""

    claim: str
    status: Status
    reason: str = ""
    claimed: str = ""
    measured: str = ""
    """As a short decimal; empty where nothing was measured."""
    cell: str = ""
    """Id of the cell whose output holds the value."""
    output_hash: str = ""
    seeds: int = 0


class Value(Record):
    """One value shown by a helper inside the sandbox: `claim(...)`, `metric(...)` or `predictions(...)`."""

    kind: Literal["claim", "metric", "predictions"]
    name: str
    value: Any = None
    """A number, a text, or for predictions the name of the file under `work/`."""
    cell: str = ""
    output_hash: str = ""


CellStatus = Literal["ok", "error", "timeout", "interrupted", "died"]


class CellResult(Record):
    """What came out of one executed cell."""

    status: CellStatus
    outputs: tuple[Json, ...] = ()
    """nbformat 4.5 outputs, bounded: head and tail kept."""
    values: tuple[Value, ...] = ()
    execution_count: int | None = None
    duration_s: float = 0.0
    dropped_bytes: int = 0
    """Output that was counted but not kept."""
    error_name: str = ""
    error_value: str = ""

    @property
    def ok(self) -> bool:
        """Whether the cell ended without an exception."""
        return self.status == "ok"


class Cell(Record):
    """One cell of an agent's draft notebook."""

    id: str
    kind: Literal["code", "markdown"]
    source: str
    tags: tuple[str, ...] = ()
    result: CellResult | None = None
    provenance: Json = msgspec.field(default_factory=dict)
    """What `metadata.jupyter_agents` holds: run, step, agent, model, papers and spans used, source hash."""


class Call(Record):
    """A tool call that somebody asks for."""

    id: str
    tool: str
    arguments: Json = msgspec.field(default_factory=dict)
    role: str = ""
    """The conversation that asks; empty where the program itself does."""


class Observation(Record):
    """What a tool call gave back to whoever asked."""

    text: str
    """What a model reads."""
    data: Any = None
    """The same as JSON values, for code."""
    error: bool = False
    denied: bool = False
    untrusted: bool = False
    """Whether the text holds words that came from outside: papers, outputs, the store."""
    source: str = ""
    """Where untrusted text came from, for its envelope."""
    images: tuple[str, ...] = ()
    """Base64 PNGs, where the asker may see them."""


class Decision(Record):
    """What the policy said of one call."""

    effect: Literal["allow", "ask", "deny"]
    rule: str
    reason: str = ""


class Option(Record):
    """One typed answer that a person may choose."""

    id: str
    label: str
    wants_text: bool = False
    """Whether a note or an edited text goes with it."""


class Question(Record):
    """Something a person decides by a typed answer."""

    id: str
    title: str
    body: str = ""
    """Markdown: what exactly will happen."""
    options: tuple[Option, ...] = ()
    editable: str | None = None
    """A text that may come back edited: a plan, a cell."""


class Answer(Record):
    """What a person chose."""

    question: str
    option: str
    text: str = ""


class Event(Record):
    """One line of a journal."""

    seq: int
    kind: str
    at: str
    """ISO 8601 in UTC."""
    data: Any = None
    key: str = ""
    """Branch path and ordinal of the `Run` call it belongs to, for instance `/2:17`."""
    v: int = 1
    prev: str = ""
    """Hash of the line before; 64 zeros for the first."""
    hash: str = ""


class Request(Record):
    """What a person asked for; a run's `request.json` holds it."""

    agent: str
    text: str
    """The question, paper or goal."""
    sources: tuple[str, ...] = ()
    budget: Budget = Budget()
    model: str | None = None
    """None: the one of the settings."""
    design: str | None = None
    kernel: str | None = None
    copilot: bool = False
    here: bool = False
    name: str | None = None
    """What the result is called, where something is named after it."""
    options: Json = msgspec.field(default_factory=dict)
    """What only this agent understands: papers, since, output, data, metric, cell, sweep, seeds."""
    folder: str = ""
    """The folder it was asked from; relative paths are meant from there."""


class Preprint(Record):
    """What a run puts into the store: a report with its evidence, verdicts and provenance."""

    id: str
    title: str
    abstract: str
    body: str
    """Markdown."""
    version: int = 1
    agent: str = ""
    run: str = ""
    model: str = ""
    """The model that answered; empty where none did."""
    cost: Usage = Usage()
    created: str = ""
    notebook_hash: str = ""
    keywords: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    claims: tuple[Claim, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    trust: Literal["reproduced", "mismatch", "unchecked"] = "unchecked"
    """Set only by an independent reproduction."""
    withdrawn: str = ""
    """Why and when; empty while it stands."""
