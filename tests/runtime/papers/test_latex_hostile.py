"""Sources that mean harm or are broken: a typed error or an honest paper, in bounded time."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_agents.errors import PaperError, PaperNotFound, PaperRefused, PaperUnreadable
from jupyter_agents.runtime.papers import latex

from .latex_papers import body, check_spans, write


@pytest.fixture(autouse=True)
def _bounded() -> Iterator[None]:
    start = time.process_time()
    yield
    assert time.process_time() - start < 30


@pytest.mark.parametrize(
    "asked", ["/etc/passwd", "../secret", "../../etc/passwd", "sub/../../secret", "~/secret", "a\\b", "|id"]
)
def test_inputs_outside_the_folder_are_missing_not_read(tmp_path: Path, asked: str) -> None:
    (tmp_path / "secret.tex").write_text("root:x:0:0 top secret")
    folder = tmp_path / "paper"
    paper = body(folder, f"Before. \\input{{{asked}}} After.")
    assert "secret" not in paper.text
    assert "root:" not in paper.text
    assert paper.missing


def test_links_in_the_folder_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.tex").write_text("top secret")
    folder = tmp_path / "paper"
    folder.mkdir()
    (folder / "inner.tex").symlink_to(tmp_path / "secret.tex")
    (folder / "up").symlink_to(tmp_path)
    paper = body(folder, "Words. \\input{inner} \\input{up/secret} \\includegraphics{up/secret}")
    assert "secret" not in paper.text
    assert paper.missing == ("inner.tex", "up/secret.tex", "up/secret")


def test_main_file_that_is_a_link_is_no_paper(tmp_path: Path) -> None:
    (tmp_path / "main.tex").symlink_to("/etc/passwd")
    with pytest.raises(PaperUnreadable):
        latex.read(tmp_path, id="local:x", version="")
    with pytest.raises(PaperNotFound):
        latex.read(tmp_path, id="local:x", version="", main="main.tex")


def test_pipe_in_the_folder_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "chapter.tex")
    assert "Words." in body(tmp_path, "Words. \\input{chapter}").text


@pytest.mark.parametrize(
    "preamble",
    [
        "\\def\\a{\\a}",
        "\\def\\a{\\b}\\def\\b{\\a}",
        "\\def\\a{\\a\\a}",
        "\\newcommand{\\a}[1]{\\a{#1#1}}",
        "\\newenvironment{e}{\\begin{e}}{\\end{e}}\\def\\a{\\begin{e}}",
    ],
)
def test_macros_that_call_themselves_are_refused(tmp_path: Path, preamble: str) -> None:
    with pytest.raises(PaperRefused, match="macros"):
        body(tmp_path, "Words \\a{x} here.", preamble)


def test_macros_that_explode_are_refused(tmp_path: Path) -> None:
    names = "abcdefghijklmnopqrstuvwxyz"
    chain = "".join("\\def\\x" + a + "{" + ("\\x" + b) * 10 + "}" for a, b in pairwise(names))
    for text in ("\\xa", "$\\xa$"):
        with pytest.raises(PaperRefused, match="macros"):
            body(tmp_path, f"Words {text}. \\begin{{equation}}\\xa\\end{{equation}}", chain + "\\def\\xz{boom}")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (random.Random(1).randbytes(20_000), "binary data"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, "binary data"),
        (b"%PDF-1.5\n%\xd0\xd4\xc5\xd8\n" + random.Random(2).randbytes(5_000), "binary data"),
        (b'{"title": "A paper", "sections": ["some words of it", 7]}', "JSON"),
        (b"<!DOCTYPE html><html><body><p>Words of a page</p></body></html>", "HTML or XML"),
        (b"1.0, 2.0, 3.5\n" * 50, "data without words"),
    ],
)
def test_what_is_no_latex_is_told_what_it_is(tmp_path: Path, content: bytes, what: str) -> None:
    (tmp_path / "main.tex").write_bytes(content)
    with pytest.raises(PaperUnreadable, match=what):
        latex.read(tmp_path, id="local:x", version="", main="main.tex")


@pytest.mark.parametrize(
    "text",
    [
        "Notes without any command, just words.",
        "Ça, c'est déjà 50 % d'un article.",
        "\\section{A} 1 2 3 4 5 6 7",
        "{[$x^2$]} a \\\\ b",
    ],
)
def test_plain_words_with_little_latex_are_a_paper(tmp_path: Path, text: str) -> None:
    for encoding in ("utf-8", "latin-1", "utf-16"):
        (tmp_path / "main.tex").write_text(text, encoding=encoding)
        assert latex.read(tmp_path, id="local:x", version="").text


def test_files_that_include_each_other_are_read_once(tmp_path: Path) -> None:
    write(tmp_path, a="A \\input{b}", b="B \\input{a} \\input{main}")
    paper = body(tmp_path, "Start \\input{a} end")
    assert paper.text.split() == ["Start", "A", "B", "end"]
    assert any("includes itself" in note for note in paper.notes)


def test_long_chain_of_files_is_refused(tmp_path: Path) -> None:
    write(tmp_path, **{f"f{i}": f"\\input{{f{i + 1}}}" for i in range(60)})
    with pytest.raises(PaperRefused, match="deep"):
        body(tmp_path, "\\input{f0}")


def test_very_long_line_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "main.tex"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    with pytest.raises(PaperRefused, match="larger"):
        latex.read(tmp_path, id="local:x", version="")


@pytest.mark.parametrize(
    "piece",
    [
        "{",
        "}",
        "\\footnote{",
        "\\section{",
        "$",
        "$$",
        "\\[",
        "\\begin{a}",
        "\\end{a}",
        "\\begin{tabular}{cc} a &",
        "\\begin{figure}",
        "\\begin{theorem}",
        "\\cite{",
        "\\item[",
        "\\def\\x#1",
        "\\newcommand{",
        "\\iffalse ",
        "\\begin{verbatim}",
        "\\verb|",
        "%",
        "\\begin{equation}",
        "\\multirow{9}{*}{",
        "\\caption[",
        '\\"',
        "\\input{",
        "\\begin{itemize}\\item ",
        "[",
        "\\textbf{",
        "\\x{",
        "\\begin{tabular}{c}",
        "\\begin{minipage}{",
    ],
)
def test_endless_openings_end_soon(tmp_path: Path, piece: str) -> None:
    try:
        paper = body(tmp_path, "Words. " + piece * 5_000, "\\newcommand{\\x}[1]{<#1>}")
    except PaperError:
        return
    check_spans(paper)


def test_huge_spans_do_not_fill_memory(tmp_path: Path) -> None:
    text = "\\begin{tabular}{cc} \\multicolumn{99999999}{c}{\\multirow{99999999}{*}{x}} & y \\\\ a & b \\end{tabular}"
    table = body(tmp_path, text).tables[0]
    assert len(table.grid()) == 2


def test_nul_bytes_are_dropped(tmp_path: Path) -> None:
    (tmp_path / "main.tex").write_bytes(b"\\documentclass{article}\\begin{document}Wo\0rds.\\end{document}")
    assert latex.read(tmp_path, id="local:x", version="").text == "Words."


@pytest.mark.parametrize(
    ("codec", "declared"),
    [
        ("latin-1", "latin1"),
        ("utf-8", "utf8"),
        ("utf-8-sig", ""),
        ("utf-16", ""),
        ("utf-16-le", ""),
        ("cp1252", ""),
        ("cp1251", "cp1251"),
        ("mac-roman", "applemac"),
        ("iso8859-15", "latin9"),
    ],
)
def test_encodings_are_recognised(tmp_path: Path, codec: str, declared: str) -> None:
    word = "Привет" if codec == "cp1251" else "Größe é"
    use = f"\\usepackage[{declared}]{{inputenc}}" if declared else ""
    source = f"\\documentclass{{article}}\n{use}\n\\begin{{document}}\nThe word {word} stands.\n\\end{{document}}\n"
    (tmp_path / "main.tex").write_bytes(source.encode(codec))
    assert latex.read(tmp_path, id="local:x", version="").text == f"The word {word} stands."


def test_empty_folder_and_missing_folder_are_clear(tmp_path: Path) -> None:
    with pytest.raises(PaperUnreadable, match="no LaTeX file"):
        latex.read(tmp_path, id="local:x", version="")
    with pytest.raises(PaperNotFound):
        latex.read(tmp_path / "nowhere", id="local:x", version="")
    (tmp_path / "main.tex").write_text("\\documentclass{article}\\begin{document}\\end{document}")
    with pytest.raises(PaperUnreadable, match="no text"):
        latex.read(tmp_path, id="local:x", version="")


_PIECES = st.lists(
    st.sampled_from(
        [
            "word ",
            "{",
            "}",
            "$",
            "$$",
            "\\[",
            "\\]",
            "\\(",
            "\\)",
            "&",
            "\\\\",
            "\n\n",
            "%c\n",
            "\\section{S}",
            "\\item ",
            "\\begin{equation}",
            "\\end{equation}",
            "\\begin{table}",
            "\\end{table}",
            "\\begin{tabular}{c@{.}c}",
            "1 & 2 ",
            "\\end{tabular}",
            "\\begin{itemize}",
            "\\end{itemize}",
            "\\footnote{",
            "\\cite{k}",
            "\\caption{",
            "\\label{l}",
            "\\ref{l}",
            "\\begin{figure}",
            "\\end{figure}",
            "\\multirow{-2}{*}{m}",
            "\\begin{theorem}[t]",
            "\\end{theorem}",
            "\\iffalse",
            "\\fi",
            "\\else",
            "\\verb|x|",
            "3.14",
            "\\pm",
            "\\%",
            "\\'e",
            "~",
            "--",
            "``",
            "[",
            "]",
            "#1",
            "\\def\\q{",
            "\\q ",
            "\\begin{abstract}",
            "\\end{abstract}",
            "\\hline",
            "\\begin{verbatim}",
            "\\end{verbatim}",
            "é",
            "\\par ",
            "\\multicolumn{2}{c}{",
            "\\begin{array}{cc}",
            "\\end{array}",
            "\\begin{algorithmic}",
            "\\State ",
            "\\end{algorithmic}",
        ]
    ),
    max_size=60,
)


@given(_PIECES)
@settings(max_examples=120, deadline=5_000, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_heap_of_commands_keeps_its_spans(tmp_path: Path, pieces: list[str]) -> None:
    try:
        paper = body(tmp_path, "Words. " + "".join(pieces))
    except PaperError:
        return
    check_spans(paper)


def test_large_or_broken_neighbours_do_not_refuse_the_paper(tmp_path: Path) -> None:
    for name in ("data", "refs.bib", "huge.tex"):
        with (tmp_path / name).open("wb") as file:
            file.truncate(30_000_000)
    (tmp_path / "fig.pdf").write_bytes(b"%PDF-1.4 broken")
    paper = body(tmp_path, r"Words \cite{k}. \includegraphics{fig} \bibliography{refs}")
    assert paper.text == "Words [k]."
    assert any("refs.bib was not read" in note for note in paper.notes)
    assert any("fig.pdf" in note for note in paper.notes)


def test_picture_that_the_paper_writes_itself_is_no_reason_to_fail(tmp_path: Path) -> None:
    virtual = "\\begin{filecontents}{a.pdf}\nx\n\\end{filecontents}"
    assert body(tmp_path, r"Words. \includegraphics{a.pdf}", virtual).text == "Words."
