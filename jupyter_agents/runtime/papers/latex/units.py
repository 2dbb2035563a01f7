"""Numbers and units as siunitx prints them: `\\SI{1.5}{\\metre\\per\\second}` is `1.5 m/s`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .walk import COMMANDS

if TYPE_CHECKING:
    from .walk import Walker

_PREFIXES = {
    "yocto": "y", "zepto": "z", "atto": "a", "femto": "f", "pico": "p", "nano": "n", "micro": "µ", "milli": "m",
    "centi": "c", "deci": "d", "deca": "da", "hecto": "h", "kilo": "k", "mega": "M", "giga": "G", "tera": "T",
    "peta": "P", "exa": "E", "kibi": "Ki", "mebi": "Mi", "gibi": "Gi", "tebi": "Ti",
}  # fmt: skip
_NAMES = {
    "metre": "m", "meter": "m", "gram": "g", "kilogram": "kg", "second": "s", "ampere": "A", "kelvin": "K",
    "mole": "mol", "candela": "cd", "hertz": "Hz", "newton": "N", "pascal": "Pa", "joule": "J", "watt": "W",
    "coulomb": "C", "volt": "V", "farad": "F", "ohm": "Ω", "siemens": "S", "weber": "Wb", "tesla": "T", "henry": "H",
    "lumen": "lm", "lux": "lx", "becquerel": "Bq", "gray": "Gy", "sievert": "Sv", "celsius": "°C",
    "degreeCelsius": "°C", "radian": "rad", "degree": "°", "arcminute": "′", "arcsecond": "″", "minute": "min",
    "hour": "h", "day": "d", "litre": "l", "liter": "L", "tonne": "t", "bar": "bar", "electronvolt": "eV", "eV": "eV",
    "percent": "%", "bit": "bit", "byte": "B", "decibel": "dB", "angstrom": "Å", "astronomicalunit": "au",
    "parsec": "pc", "dalton": "Da", "bel": "B", "per": "/", "squared": "²", "cubed": "³", "cm": "cm", "mm": "mm",
    "km": "km", "nm": "nm", "um": "µm", "kg": "kg", "mg": "mg", "ms": "ms", "us": "µs", "ns": "ns", "Hz": "Hz",
    "kHz": "kHz", "MHz": "MHz", "GHz": "GHz", "keV": "keV", "MeV": "MeV", "GeV": "GeV", "TeV": "TeV", "K": "K",
}  # fmt: skip
_WORDS = re.compile(r"\\([a-zA-Z]+)|([^\\\s{}]+)|[{}\s]+")


def unit(latex: str) -> str:
    """A siunitx unit as text; names it does not know stay as they are."""
    out: list[str] = []
    power = ""
    glued = True
    for match in _WORDS.finditer(latex):
        name = match[1]
        if name in _PREFIXES:
            out.append(("" if glued else " ") + _PREFIXES[name])
            glued = True
        elif name in ("square", "cubic"):
            power = "²" if name == "square" else "³"
        elif name in ("squared", "cubed", "per"):
            out.append(_NAMES[name])
            glued = name == "per"
        elif name or match[2]:
            shown = _NAMES.get(name, name) if name else match[2].replace("~", " ")
            out.append(("" if glued else " ") + shown + power)
            power, glued = "", match[2] is not None and shown.endswith((".", "/", "^"))
    return "".join(out).replace(".", " ")


def number(latex: str) -> str:
    """A siunitx number as text: `1.2e-3` is `1.2 × 10^-3`, `+-` is ±."""
    text = re.sub(r"\s+|[{}$]", "", latex.replace("\\pm", "±").replace("+-", "±").replace("\\,", ""))
    return re.sub(r"[eEdD]([-+]?\d+)$", lambda match: f" × 10^{match[1].removeprefix('+')}", text)


def _quantity(walker: Walker, name: str, at: int, stop: int) -> int:
    source = walker.source
    groups = []
    wanted = {"num": 1, "si": 1, "unit": 1, "ang": 1, "numrange": 2, "SIrange": 3, "qtyrange": 3}.get(name, 2)
    for _ in range(wanted):
        found = source.group(source.after_optionals(at))
        if found is None:
            return at
        groups.append(source.text[found[0] : found[1]])
        at = found[2]
    walker.writer.write(_shown(name, groups))
    return at


def _shown(name: str, groups: list[str]) -> str:
    if name in ("si", "unit"):
        return unit(groups[0])
    if name == "ang":
        return number(groups[0].split(";")[0]) + "°"
    if name == "numrange":
        return f"{number(groups[0])} to {number(groups[1])}"
    value = number(groups[0]) if len(groups) < 3 else f"{number(groups[0])} to {number(groups[1])}"
    shown = unit(groups[-1]) if name != "num" else ""
    return f"{value}{'' if shown[:1] in ('°', '') and shown != '°C' else ' '}{shown}"


def register() -> None:
    """Fill the table of commands."""
    COMMANDS.update(
        dict.fromkeys(("num", "si", "unit", "ang", "numrange", "SI", "qty", "SIrange", "qtyrange"), _quantity)
    )


register()
