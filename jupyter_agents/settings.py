"""Settings: one frozen record a run, the same for magic, shell, sidebar and server.

Sources, the first that speaks wins: options of the call, `%config JupyterAgents.NAME`, the environment
(`JUPYTER_AGENTS_NAME`), `jupyter_agents_config.json` on Jupyter's config path, the defaults below. Kernels do not
read Jupyter's config files, so the file is read here and every face sees the same. Secrets are never settings.
"""

from __future__ import annotations

import functools
import math
import os
import types
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import msgspec

from .errors import InputError, UnknownName
from .records import Budget, Record, parse

if TYPE_CHECKING:
    from traitlets.config import Configurable

SECTION = "JupyterAgents"
FILE = "jupyter_agents_config.json"
PREFIX = "JUPYTER_AGENTS_"
NOT_SETTINGS = frozenset(PREFIX + name for name in ("SHARED", "NEED_BROWSER", "WORK", "NOTEBOOK_FOLDER"))
"""Variables with our prefix that are none: two steer tests, two tell a sandboxed kernel where it is."""


def _about(sentence: str, unit: str = "", wants: str = "", **limits: Any) -> msgspec.Meta:
    return msgspec.Meta(description=sentence, extra={"unit": unit, "wants": wants}, **limits)


class Settings(Record):
    """Everything a person may set for a run. Built by `resolve`; below it only values are passed on."""

    model: Annotated[str, _about("Model that is asked, by its server's name for it.", min_length=1)] = (
        "claude-opus-5-5"
    )
    fallback_model: Annotated[str, _about("Model asked once more where the first declines; empty: none.")] = ""
    base_url: Annotated[
        str,
        _about(
            "Address of a server that speaks the Messages protocol; empty: Anthropic's own.",
            wants="an address that begins with http:// or https://, without a password",
            pattern=r"^(https?://[^\s@]+)?$",
        ),
    ] = ""
    design: Annotated[str, _about("How the work is organised: a file of `designs/`.", min_length=1)] = "gated_loop"
    kernel: Annotated[
        str, _about("Kernelspec that is put into the sandbox; empty: the calling kernel's interpreter.")
    ] = ""
    sandbox_mode: Annotated[
        Literal["sandbox", "restricted"],
        _about("`restricted`: Landlock and seccomp only, for places that forbid namespaces; weaker."),
    ] = "sandbox"
    gpu: Annotated[bool, _about("Whether the sandbox sees GPU devices.")] = False
    kernel_memory_gb: Annotated[
        float, _about("Memory of a kernel and all its children together.", "gigabytes", gt=0, le=4096)
    ] = 4.0
    cell_s: Annotated[float, _about("How long one cell may run.", "seconds", gt=0)] = 300.0
    output_kb: Annotated[int, _about("Output kept of one cell, head and tail.", "kilobytes", ge=1)] = 1024
    runs: Annotated[str, _about("Folder of all runs; empty: `jupyter_agents/runs` in Jupyter's data folder.")] = ""
    store: Annotated[
        str, _about("Folder of the preprint store; empty: `jupyter_agents/store` in Jupyter's data folder.")
    ] = ""
    cache: Annotated[
        str, _about("Folder of fetched and parsed papers; empty: `jupyter_agents` in the user's cache folder.")
    ] = ""
    chroma_server: Annotated[str, _about("Address `host:port` of a chroma server; empty: an index in a folder.")] = ""
    embedder: Annotated[str, _about("Embedder of the store's index; empty: the one that comes along.")] = ""
    arxiv_url: Annotated[
        str,
        _about(
            "Address of arXiv or a mirror.",
            wants="an address that begins with http:// or https://, without a password",
            pattern=r"^https?://[^\s@]+$",
        ),
    ] = "https://export.arxiv.org"
    arxiv_delay_s: Annotated[
        float, _about("Pause between two requests to arXiv, over all processes.", "seconds", ge=0)
    ] = 3.0
    budget_usd: Annotated[float, _about("What one run may spend; 0: nothing.", "US dollars", ge=0)] = 5.0
    budget_tokens: Annotated[int, _about("Tokens one run may use, read and written; 0: no limit.", "tokens", ge=0)] = 0
    budget_steps: Annotated[int, _about("Model and tool calls of one run together.", "steps", ge=1)] = 1000
    budget_wall_s: Annotated[float, _about("How long one run may take in all.", "seconds", gt=0)] = 14400.0
    day_usd: Annotated[
        float, _about("What all runs of a day may spend together; 0: no limit.", "US dollars", ge=0)
    ] = 0.0
    slots: Annotated[int, _about("Runs at work at the same time; others queue.", "runs", ge=1)] = 2
    hold_s: Annotated[
        float, _about("How long a waiting or paused run keeps its process and kernel.", "seconds", ge=0)
    ] = 3600.0
    parallel: Annotated[int, _about("Tasks that a run works on at the same time, at most.", "tasks", ge=1)] = 4
    hosts: Annotated[tuple[str, ...], _about("Hosts a run may reach beside the model's server.")] = (
        "export.arxiv.org",
        "arxiv.org",
    )

    @property
    def budget(self) -> Budget:
        """The limits of one run."""
        return Budget(
            usd=self.budget_usd,
            tokens=self.budget_tokens or None,
            steps=self.budget_steps,
            wall_s=self.budget_wall_s,
        )

    @property
    def runs_folder(self) -> Path:
        """Where runs lie."""
        return Path(self.runs) if self.runs else _data_folder() / "runs"

    @property
    def store_folder(self) -> Path:
        """Where the preprint store lies."""
        return Path(self.store) if self.store else _data_folder() / "store"

    @property
    def cache_folder(self) -> Path:
        """Where papers are kept once fetched and parsed."""
        return Path(self.cache) if self.cache else _cache_folder(os.environ)


class Setting(Record):
    """One setting, for help texts and menus."""

    name: str
    about: str
    unit: str
    wants: str
    """What a value must be, to be read after `wanted:`."""
    default: Any


def described() -> tuple[Setting, ...]:
    """All settings in their order, with what they are for."""
    return tuple(
        Setting(
            name=field.name,
            about=_meta(field.type).description or "",
            unit=(_meta(field.type).extra or {})["unit"],
            wants=wanted(field.type),
            default=field.default,
        )
        for field in _fields()
    )


def resolve(
    options: Mapping[str, object], config: object | None = None, environ: Mapping[str, str] | None = None
) -> Settings:
    """The settings that hold now.

    options: by setting name, None where not given. config: the object made by `configurable`, or a mapping of what was
    set there. environ: the process's own if None. Folders come out absolute, so a run finds them again from anywhere.
    Raises UnknownName naming the nearest, InputError naming the setting, its source and what is wanted.
    """
    environ = os.environ if environ is None else environ
    found: dict[str, object] = {}
    for where, values in _files():
        found |= read(values, where)
    found |= read(_from_environment(environ), "the environment", PREFIX)
    found |= read(_chosen(config), f"%config {SECTION}")
    found |= read({name: value for name, value in options.items() if value is not None}, "the options")
    settings = parse(found, Settings)
    cache = Path(settings.cache) if settings.cache else _cache_folder(environ)
    found |= {"runs": settings.runs_folder, "store": settings.store_folder, "cache": cache}
    return parse({name: str(_absolute(v)) if isinstance(v, Path) else v for name, v in found.items()}, Settings)


def read(values: Mapping[str, object], where: str, prefix: str = "") -> dict[str, object]:
    """Values of one source, checked and of the right type. Raises UnknownName, InputError."""
    kinds = {field.name: field.type for field in _fields()}
    for name in values:
        if name not in kinds:
            shown = prefix + name.upper() if prefix else name
            raise UnknownName("setting", shown, [prefix + n.upper() if prefix else n for n in kinds], where=where)
    return {name: converted(value, kinds[name], f"setting {name!r} in {where}") for name, value in values.items()}


def api_key(environ: Mapping[str, str] | None = None) -> str | None:
    """The key of the model's server, from ANTHROPIC_API_KEY or else the system's keyring; None if there is none.

    In the keyring it is the password of the service `jupyter_agents` and the user `ANTHROPIC_API_KEY`.
    """
    environ = os.environ if environ is None else environ
    if key := environ.get("ANTHROPIC_API_KEY", "").strip():
        return key
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None
    try:
        return keyring.get_password("jupyter_agents", "ANTHROPIC_API_KEY") or None
    except KeyringError:  # no desktop, no daemon, or locked: the same as no key
        return None


@functools.cache
def configurable() -> type[Configurable]:
    """The traitlets class `JupyterAgents`, made from the record so that `%config` and help texts never differ.

    Its instances hold in `chosen` what was set, as opposed to what is default.
    """
    from traitlets import Any as AnyTrait
    from traitlets.config import Config, Configurable

    class Base(Configurable):
        """Research agents inside Jupyter."""

        def __init__(self, **kwargs: Any) -> None:
            self.chosen: dict[str, object] = {}
            super().__init__(**kwargs)

        def _load_config(self, cfg: Config, section_names: Any = None, traits: Any = None) -> None:
            given = self._find_my_config(cfg)
            checked = read(given, f"%config {SECTION}")
            super()._load_config(Config({SECTION: checked}), section_names, traits)
            self.chosen.update(checked)

    traits = {s.name: AnyTrait(s.default, help=f"{s.about} Wanted: {s.wants}.").tag(config=True) for s in described()}
    return type(SECTION, (Base,), {**traits, "__doc__": Base.__doc__})


def _chosen(config: object | None) -> Mapping[str, object]:
    if config is None or isinstance(config, Mapping):
        return config or {}
    chosen: Mapping[str, object] = getattr(config, "chosen", {})
    return chosen


def _files() -> Iterator[tuple[str, Mapping[str, object]]]:
    """What the config files say, the least important first, as Jupyter orders them."""
    from jupyter_core.paths import jupyter_config_path

    for folder in reversed(jupyter_config_path()):
        path = Path(folder) / FILE
        try:
            loaded = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (msgspec.DecodeError, OSError) as exc:
            raise InputError(f"{path} cannot be read as JSON settings: {exc}; mend or remove it", path=path) from exc
        for section in loaded:
            if section != SECTION:
                raise UnknownName("section", section, [SECTION], where=str(path))
        values = loaded.get(SECTION, {})
        if not isinstance(values, Mapping):
            raise InputError(f"{SECTION!r} in {path} is no JSON object of settings; mend it", path=path)
        yield str(path), values


def _from_environment(environ: Mapping[str, str]) -> dict[str, object]:
    return {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environ.items()
        if name.startswith(PREFIX) and name not in NOT_SETTINGS
    }


def converted(value: object, kind: Any, what: str) -> Any:
    """A value as an annotated type; texts are read as numbers, switches and lists where those are wanted.

    what: how the message names it. Raises InputError saying what is wanted; numbers must be finite.
    """
    given = value
    if isinstance(value, str) and plain(kind) is not str:
        given = value.strip()
        if typing.get_origin(plain(kind)) is tuple:
            given = [part.strip() for part in value.split(",") if part.strip()]
    try:
        result = msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as exc:
        raise InputError(f"{what} is {value!r}; wanted: {wanted(kind)}", value=value) from exc
    if isinstance(result, float) and not math.isfinite(result):
        raise InputError(f"{what} is {value!r}; wanted: {wanted(kind)}", value=value)
    return result


def _fields() -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(cast(type[msgspec.Struct], Settings))


def wanted(kind: Any) -> str:
    """What a value of an annotated type must be, in words that follow `wanted:`."""
    meta, bare = _meta(kind), plain(kind)
    extra = meta.extra or {}
    if extra.get("wants"):
        return str(extra["wants"])
    if typing.get_origin(bare) is Literal:
        return "one of " + ", ".join(typing.get_args(bare))
    noun = {bool: "true or false", str: "a text", int: "a whole number", float: "a number"}.get(bare)
    if noun is None:
        return "a list of texts, or one text with commas"
    limits = [(meta.gt, "above"), (meta.ge, "at least"), (meta.lt, "below"), (meta.le, "at most")]
    bounds = [f"{word} {limit:g}" for limit, word in limits if limit is not None]
    bounds += ["not empty"] if meta.min_length else []
    return ", ".join([f"{noun} of {extra['unit']}" if extra.get("unit") else noun, *bounds])


def _meta(kind: Any) -> msgspec.Meta:
    return next((m for m in typing.get_args(kind) if isinstance(m, msgspec.Meta)), msgspec.Meta())


def plain(kind: Any) -> Any:
    """The type without its annotation and without `| None`."""
    if typing.get_origin(kind) is Annotated:
        kind = typing.get_args(kind)[0]
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return next(part for part in typing.get_args(kind) if part is not types.NoneType)
    return kind


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


def _data_folder() -> Path:
    from jupyter_core.paths import jupyter_data_dir

    return Path(jupyter_data_dir()) / "jupyter_agents"


def _cache_folder(environ: Mapping[str, str]) -> Path:
    base = environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path("~/.cache").expanduser()) / "jupyter_agents"
