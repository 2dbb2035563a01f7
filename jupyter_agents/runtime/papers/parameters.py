"""Settings that a paper states: learning rates, batch sizes, numbers of trials; and those it names without a value.

Found by form, not understood: a phrase of the vocabulary beside a number, a short formula such as `$k=3$`, or a table
that says it holds settings. What a sentence reports as a result is left to `results.py`.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator

from ...records import Record
from . import Paper, Paragraph
from .results import claims_with_places
from .sentences import Sentence, sentences

_WORDS = (
    "learning rate", "batch size", "mini-batch size", "weight decay", "dropout rate", "dropout probability", "dropout",
    "momentum", "temperature", "hidden size", "hidden units", "hidden dimension", "embedding dimension",
    "embedding size", "number of layers", "number of heads", "attention heads", "kernel size", "filter size", "stride",
    "random seed", "seed", "maximum iterations", "number of iterations", "number of steps", "number of epochs",
    "number of trials", "number of samples", "number of clusters", "number of neighbours", "number of neighbors",
    "number of bins", "number of trees", "number of flips", "number of draws", "number of walkers", "maximum depth",
    "step size", "time step", "tolerance", "threshold", "regularization strength", "regularisation strength",
    "regularization parameter", "regularisation parameter", "penalty", "bandwidth", "window size", "window length",
    "window", "segment length", "overlap", "burn-in", "bins", "folds", "sample size", "noise level", "prior width",
    "discount factor", "shape parameter", "sampling rate", "sequence length", "vocabulary size", "patience",
    "warm-up", "decay rate", "resamples",
)  # fmt: skip
_COMMON = ("dropout", "momentum", "penalty", "window", "overlap", "bins", "folds", "seed", "stride")
_NEEDED = tuple(word for word in _WORDS if word not in _COMMON)
"""Phrases that, named without any value anywhere, leave a reader guessing; the others are common words too."""
_COUNTED = "epochs|iterations|steps|trials|resamples|bootstrap samples|folds|seeds|restarts|layers|bins|walkers|flips"
_VALUE = r"\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?|\.\d+"
_TIMES = re.compile(r"(?P<a>\d+(?:\.\d+)?)?\s*(?:\\times|×|\\cdot)?\s*10\s*\^\s*\{?\s*(?P<e>[-−]?\d+)\s*\}?")
_BETWEEN = r"[\s$]*(?:\$[^$\d=]{1,20}\$|\([^)\d]{1,20}\))?[\s$]*(?:of|=|:|is|was|to|set to|is set to|was set to|are|" \
    r"were|at|fixed to|fixed at|is fixed to)?[\s$]*(?:\\?[A-Za-z_{}\\]{1,16}\s*=\s*)?[\s$]*"  # fmt: skip
_PHRASE = re.compile(
    rf"\b(?P<name>{'|'.join(re.escape(w) for w in sorted(_WORDS, key=len, reverse=True))})s?\b{_BETWEEN}"
    rf"(?P<value>{_VALUE})(?![\w.]*\d)",
    re.IGNORECASE,
)
_COUNT = re.compile(
    rf"(?<![\w.,])(?P<value>\d[\d,]*)\$?\s+(?:training\s+|random\s+)?(?P<name>{_COUNTED})\b", re.IGNORECASE
)
_FORMULA = re.compile(
    r"\s*(?P<name>\\?[A-Za-z]+(?:_\{?\\?(?:text|mathrm|rm)?\{?\s*[A-Za-z0-9]+\s*\}?\}?)?)\s*=\s*"
    r"(?P<value>[-−]?[\d.,{}\\^× eE-]+?)\s*"
)
_SETTINGS = re.compile(r"hyper-?\s?parameter|\bparameters?\b|\bsettings?\b|configuration", re.IGNORECASE)
_REPORTS = re.compile(r"\b(?:we (?:find|obtain|get|measure|estimate)|yields?|resulting|results? in|achiev\w+)\b", re.I)


class Parameter(Record):
    """One setting with its value as printed and where it stands."""

    name: str
    """A Python identifier."""
    value: str
    """A Python literal with the digits that are printed."""
    paragraph: str
    quote: str
    """The words around it, verbatim."""


class Unstated(Record):
    """A setting that the paper names and gives no value for."""

    name: str
    paragraph: str
    quote: str


def parameters_in(paper: Paper) -> tuple[Parameter, ...]:
    """Every setting found, in reading order; of several values of one name the first keeps it, others are numbered."""
    results = {(place, claim.value) for claim, place in claims_with_places(paper)}
    found = [p for p in (*_from_text(paper), *_from_tables(paper)) if (p.paragraph, p.value) not in results]
    named: dict[str, Parameter] = {}
    for parameter in found:
        if any(p.value == parameter.value and p.name.split("__")[0] == parameter.name for p in named.values()):
            continue
        name, count = parameter.name, 2
        while name in named:
            name, count = f"{parameter.name}__{count}", count + 1
        named[name] = Parameter(name=name, value=parameter.value, paragraph=parameter.paragraph, quote=parameter.quote)
    return tuple(named.values())


def unstated_in(paper: Paper) -> tuple[Unstated, ...]:
    """Settings whose name stands in the text of the paper and whose value stands nowhere in it."""
    valued = {p.name.split("__")[0] for p in parameters_in(paper)}
    missing: dict[str, Unstated] = {}
    for paragraph, sentence in _sentences(paper):
        for word in _NEEDED:
            name = identifier(word)
            if name in valued or name in missing or any(name in v or v in name for v in valued):
                continue
            if re.search(rf"\b{re.escape(word)}\b", sentence.text, re.IGNORECASE):
                missing[name] = Unstated(name=name, paragraph=paragraph.id, quote=sentence.text.strip())
    shorter = {n for n in missing for other in missing if n != other and n in other}
    return tuple(value for name, value in missing.items() if name not in shorter)


def identifier(words: str) -> str:
    """Words or a short formula as a Python identifier."""
    name = re.sub(r"\\(?:text|mathrm|rm|mathcal|bm|boldsymbol)\b", "", words)
    name = re.sub(r"[^0-9A-Za-z]+", "_", name).strip("_")
    if not name or name[0].isdigit():
        name = f"p_{name}".rstrip("_")
    name = name.lower() if len(name) > 2 else name
    return f"{name}_" if keyword.iskeyword(name) or name in ("print", "len", "sum", "min", "max") else name


def _sentences(paper: Paper) -> Iterator[tuple[Paragraph, Sentence]]:
    for paragraph in paper.paragraphs:
        if paragraph.role in ("text", "item", "caption", "footnote", "abstract"):
            for sentence in sentences(paper.quote(paragraph.span)):
                yield paragraph, sentence


def _from_text(paper: Paper) -> Iterator[Parameter]:
    for paragraph, sentence in _sentences(paper):
        if paragraph.role == "abstract":
            continue
        reports = _REPORTS.search(sentence.text)
        taken: set[int] = set()
        for match in [*_PHRASE.finditer(sentence.text), *_COUNT.finditer(sentence.text)]:
            value = _literal(sentence.text[match.start("value") :], match["value"])
            taken.add(match.start("value"))
            if value:
                name = identifier(match["name"])
                yield Parameter(name=name, value=value, paragraph=paragraph.id, quote=sentence.text.strip())
        if not reports and paragraph.role in ("text", "item"):
            yield from _formulas(paper, paragraph, sentence, taken)


def _formulas(paper: Paper, paragraph: Paragraph, sentence: Sentence, taken: set[int]) -> Iterator[Parameter]:
    """Inline formulas that say nothing but `name = number`; limits and sums of theory are too many to be settings."""
    for inner in re.finditer(r"\$([^$]{3,40})\$", sentence.text):
        match = _FORMULA.fullmatch(inner[1])
        if match is None or any(inner.start() <= place < inner.end() for place in taken):
            continue
        value = _literal(match["value"], match["value"])
        if value and value not in ("0", "1") and re.search(r"\d", value):
            yield Parameter(
                name=identifier(match["name"]), value=value, paragraph=paragraph.id, quote=sentence.text.strip()
            )


def _from_tables(paper: Paper) -> Iterator[Parameter]:
    for table in paper.tables:
        grid = table.grid()
        head = " ".join([table.caption, *(grid[0] if grid else [])])
        if not _SETTINGS.search(head) or not grid or len(grid[0]) != 2:
            continue
        place = next((p.id for p in paper.paragraphs if p.role == "table" and _overlap(p, table.span.start)), table.id)
        for label, text in grid:
            value = _literal(text.strip("$ "), text.strip("$ "))
            if value and label.strip():
                name = identifier(label)
                yield Parameter(name=name, value=value, paragraph=place, quote=f"{label} | {text}")


def _overlap(paragraph: Paragraph, start: int) -> bool:
    return paragraph.span.start <= start < paragraph.span.end or paragraph.span.start == start


def _literal(text: str, raw: str) -> str:
    """A Python literal for a printed number, its digits kept; empty where it is none."""
    power = _TIMES.match(text)
    if power:
        return f"{power['a'] or '1'}e{power['e'].replace('−', '-')}"
    plain = re.sub(r"[,\s{}$]|\\,", "", raw).replace("−", "-").rstrip(".")
    if not re.fullmatch(r"-?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?", plain):
        return ""
    digits = re.sub(r"^(-?)0+(?=\d)", r"\1", plain)
    return f"0{digits}" if digits.startswith(".") else digits
