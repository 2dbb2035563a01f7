"""The many forms in which authors write the same thing, one small source each."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_agents.runtime.papers import latex

from .latex_papers import body, check_spans, write


@pytest.mark.parametrize(
    ("source", "names"),
    [
        (r"\author{Ann Bee \and Cy Dee}", ("Ann Bee", "Cy Dee")),
        (r"\author{Ann Bee$^{1,2}$, Cy Dee$^{*}$, and Eve Eff\\ $^1$University of X}",
         ("Ann Bee", "Cy Dee", "Eve Eff")),
        (r"\author[1]{Ann Bee}\author[1,2]{Cy Dee\thanks{x}}\affil[1]{Uni}", ("Ann Bee", "Cy Dee")),
        (r"\author{Ann Bee \\ University of X \\ \texttt{a@b.c} \And Cy Dee \\ Lab Y}", ("Ann Bee", "Cy Dee")),
        (r"\author{Ann Bee}\affiliation{U}\author{Cy Dee}\email{c@d.e}", ("Ann Bee", "Cy Dee")),
        (r"\author[a]{Ann Bee\corref{cor}}\ead{x@y}\author[b]{Cy Dee}\address[a]{Uni}", ("Ann Bee", "Cy Dee")),
        (r"\author{Ann Bee$^{1}$ \quad Cy Dee$^{2}$\\ $^{1}$Uni of X \quad $^{2}$Meta AI}", ("Ann Bee", "Cy Dee")),
        (r"\author{Ann Bee \\ Department of X\\ Pittsburgh, PA 15213\\ \And Cy D. Dee \\ Affiliation \\ Address}",
         ("Ann Bee", "Cy D. Dee")),
        (r"\author*[1,2]{\fnm{Ann} \sur{Bee}}\email{a@b}\author[2]{\fnm{Cy} \sur{Dee}}\affil*[1]{\orgdiv{D}}",
         ("Ann Bee", "Cy Dee")),
        (r"\icmlauthor{Ann Bee}{a,b}\icmlauthor{Cy Dee}{b}\icmlcorrespondingauthor{Ann}{a@b}", ("Ann Bee", "Cy Dee")),
        (r"\author{Ann Bee \\ Computer Science \& Engineering, University of X \And Cy Dee \\ Science and Art}",
         ("Ann Bee", "Cy Dee")),
        (r"\author{Ann~Bee\inst{1} \and C\'eline D\"ee\inst{2}}\institute{A \and B}", ("Ann Bee", "Céline Dëe")),
    ],
)  # fmt: skip
def test_authors_in_the_forms_of_many_classes(tmp_path: Path, source: str, names: tuple[str, ...]) -> None:
    paper = body(tmp_path, f"\\title{{T}}{source}\\maketitle Words.")
    assert paper.authors == names
    assert paper.text == "T\n\nWords."


@pytest.mark.parametrize(
    ("source", "grid"),
    [
        (r"\begin{tabular}{r@{.}l c} 1 & 25 & x \\ -0 & 84 & y \end{tabular}", [["1.25", "x"], ["-0.84", "y"]]),
        (r"\begin{tabular}{l r@{$\pm$}l} a & 1.0 & 0.1 \\ b & \multicolumn{2}{c}{n/a} \end{tabular}",
         [["a", "1.0 ± 0.1"], ["b", "n/a"]]),
        (r"\begin{tabular}{ll} a & b \\ \cline{2-2} \multirow{-2}{*}{} & c \end{tabular}", [["a", "b"], ["", "c"]]),
        (r"\begin{tabular}{ll} & b \\ & c \\ \multirow{-3}{*}{a} & d \end{tabular}",
         [["a", "b"], ["a", "c"], ["a", "d"]]),
        (r"\begin{tabular*}{\textwidth}{@{\extracolsep{\fill}}ll} a & b \tabularnewline c & d \end{tabular*}",
         [["a", "b"], ["c", "d"]]),
        (r"\begin{tabular}{ll} {a & a} & $\begin{array}{c} 1 & 2 \\ 3 \end{array}$ \\ b & \% \& \\ \end{tabular}",
         [["a a", r"$\begin{array}{c} 1 & 2 \\ 3 \end{array}$"], ["b", "% &"]]),
        (r"\begin{tabular}{ll} \multicolumn{2}{c}{\multirow{2}{*}{big}} \\ & \\ c & d \end{tabular}",
         [["big", "big"], ["big", "big"], ["c", "d"]]),
        (r"\begin{longtable}{ll}\caption{L}\\ A & B \\ \endfirsthead A & B \\ \endhead more \\ \endfoot"
         r" 1 & 2 \\ 3 & 4 \end{longtable}",
         [["A", "B"], ["1", "2"], ["3", "4"]]),
        (r"\begin{table}$\begin{array}{cc} a & b \\ 1 & 2.5 \end{array}$\end{table}",
         [["$a$", "$b$"], ["$1$", "$2.5$"]]),
        (r"\begin{deluxetable}{rr@{.}l}\tablehead{\colhead{ID} & \multicolumn{2}{c}{v}}\startdata"
         r" 1 & 0 & 5 \\ 2 & 1 & 7 \enddata\tablecomments{Note.}\end{deluxetable}",
         [["ID", "v"], ["1", "0.5"], ["2", "1.7"]]),
    ],
)  # fmt: skip
def test_tables_become_the_cells_a_reader_sees(tmp_path: Path, source: str, grid: list[list[str]]) -> None:
    paper = body(tmp_path, f"Words. {source} More.")
    assert paper.tables[0].grid() == grid
    check_spans(paper)


def test_frame_of_pictures_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"a")
    pictures = r"\begin{tabular}{cc}\includegraphics{a} & \includegraphics{a}\end{tabular}"
    paper = body(tmp_path, f"Words. \\begin{{figure}}{pictures}\\caption{{C}}\\end{{figure}}")
    assert paper.tables == ()
    assert paper.figures[0].files == ("a.png",)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (r"\SI{5}{\percent}", "5 %"),
        (r"\qty{3e8}{\metre\per\second}", "3 × 10^8 m/s"),
        (r"\num{1.2+-0.3}", "1.2±0.3"),
        (r"\SI{21}{\degreeCelsius}", "21 °C"),
        (r"\SIrange{1}{2}{\kilo\hertz}", "1 to 2 kHz"),
        (r"\'{\i}\c{c}\ss{}\o{}\AA{}\v{s}\H{o}", "íçßøÅšő"),
        (r"``a'' --- b--c `d' e~f\,g\ldots{}", "“a” — b–c ‘d’ e f g…"),
        (r"a\_b \# \$ \{x\} 10\textsuperscript{3}", "a_b # $ {x} 10^3"),
        (r"\href{http://a.b}{here} \textcolor{red}{now} \texttt{x y} {\bf z}", "here now x y z"),
        (r"\citep[e.g.][]{a,b} \cites[1]{c}[2]{d} \nocite{z}\textcite*{e}", "[e.g. a, b] [c, 1; d, 2] [e]"),
    ],
)
def test_text_is_shown_as_it_is_printed(tmp_path: Path, source: str, shown: str) -> None:
    assert body(tmp_path, source).text == shown


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (r"\iffalse a \iftrue b \else c \fi d \fi x", "x"),
        (r"\iftrue a \else b \fi", "a"),
        (r"\if0 a \fi x", "x"),
        (r"\if00 a \fi x", "a x"),
        (r"\ifnum 1>2 a \else b \fi", "b"),
        (r"\newif\ifdraft \drafttrue \ifdraft a \else b \fi \draftfalse \ifdraft c \fi", "a"),
        (r"\ifthenelse{\equal{a}{b}}{yes}{no}", "no"),
        (r"\IfFileExists{nowhere}{yes}{no}", "no"),
        (r"\newtoggle{t}\toggletrue{t}\iftoggle{t}{yes}{no}", "yes"),
    ],
)
def test_conditionals_decide_what_is_read(tmp_path: Path, source: str, shown: str) -> None:
    assert body(tmp_path, source).text == shown


@pytest.mark.parametrize(
    ("preamble", "source", "shown"),
    [
        (r"\newcommand{\x}[2][d]{#1-#2}", r"\x{a} \x[b]{c}", "d-a b-c"),
        (r"\def\x(#1,#2){#2#1}", r"\x(1,2)", "21"),
        (r"\newcommand*\red{\textcolor{red}}", r"\red{a} b", "a b"),
        (r"\let\old\section\renewcommand{\section}[1]{\old{#1}}", r"\section{S} x", "1 S\n\nx"),
        (r"\providecommand{\x}{a}\providecommand{\x}{b}", r"\x", "a"),
        (r"\NewDocumentCommand{\x}{s O{q} m}{#2#3}", r"\x*{a} \x[b]{c}", "qa bc"),
        (r"\newenvironment{note}[1]{Note #1: }{!}", r"\begin{note}{A}b\end{note}", "Note A: b!"),
        (r"\newcommand{\beq}{\begin{equation}}\newcommand{\eeq}{\end{equation}}", r"\beq x \eeq",
         "\\begin{equation}x \\end{equation}"),
        (r"\newcommand{\x}{y\xspace}", r"\x z, \x.", "y z, y."),
    ],
)  # fmt: skip
def test_macros_of_the_authors_are_expanded(tmp_path: Path, preamble: str, source: str, shown: str) -> None:
    assert body(tmp_path, source, preamble).text == shown


def test_macros_of_a_style_file_that_came_along_are_known(tmp_path: Path) -> None:
    (tmp_path / "mine.sty").write_text(r"\newcommand{\us}{We}\def\@hidden{x}\newcommand{\bad}{\@hidden}")
    assert body(tmp_path, r"\us{} say.", r"\usepackage{mine}").text == "We say."


def test_subfiles_and_imports_are_followed_from_their_folders(tmp_path: Path) -> None:
    assert "x=y" in body(write(tmp_path / "m", q="x=y"), r"\begin{equation}\input{q}\end{equation}").text
    inner = r"\documentclass[../main]{subfiles}\begin{document}A \input{d}\end{document} not this"
    write(tmp_path, sub__a=inner, sub__b="B", sub__d="D")
    assert body(tmp_path, r"\subfile{sub/a} \import{sub/}{b} \input{sub/b.tex}").text == "A D B B"


def test_file_written_by_the_paper_itself_is_found(tmp_path: Path) -> None:
    bib = "\\begin{filecontents}{own.bib}\n@misc{k, title={Own}, year=2020}\n\\end{filecontents}"
    paper = body(tmp_path, r"Words \cite{k}. \bibliography{own}", bib)
    assert paper.references[0].title == "Own"


@pytest.mark.parametrize(
    ("files", "main"),
    [
        ({"main": "x", "supplementary": "x" * 500}, "main"),
        ({"paper": "\\begin{abstract}a\\end{abstract}x", "template": "\\begin{abstract}a\\end{abstract}x"}, "paper"),
        ({"aaa": "\\input{zzz}" + "x" * 50, "zzz": "y" * 500}, "aaa"),
        ({"one": "x" * 20_000, "two": "x" * 100}, "one"),
    ],
)
def test_main_file_is_chosen_among_documents(tmp_path: Path, files: dict[str, str], main: str) -> None:
    whole = {n: f"\\documentclass{{article}}\\begin{{document}}{n} {t}\\end{{document}}" for n, t in files.items()}
    write(tmp_path, **whole)
    assert latex.read(tmp_path, id="local:x", version="").text.startswith(main)


def test_readme_of_arxiv_names_the_main_file(tmp_path: Path) -> None:
    document = "\\documentclass{article}\\begin{document}%s\\end{document}"
    write(tmp_path, main=document % "decoy", b=document % "chosen")
    (tmp_path / "00README.json").write_text('{"sources": [{"usage": "toplevel", "filename": "b.tex"}]}')
    assert latex.read(tmp_path, id="local:x", version="").text == "chosen"
    (tmp_path / "00README.json").unlink()
    (tmp_path / "00README.XXX").write_text("b.tex toplevelfile\nmain.tex ignore\n")
    assert latex.read(tmp_path, id="local:x", version="").text == "chosen"


def test_caller_may_name_the_main_file(tmp_path: Path) -> None:
    write(tmp_path, a="\\documentclass{article}\\begin{document}A\\end{document}", b="Only a piece.")
    assert latex.read(tmp_path, id="local:x", version="", main="b.tex").text == "Only a piece."


def test_version_follows_the_content(tmp_path: Path) -> None:
    first = latex.read(write(tmp_path, main="Words one."), id="local:x", version="")
    second = latex.read(write(tmp_path, main="Words two."), id="local:x", version="")
    assert first.version.startswith("sha256:")
    assert first.version != second.version
    assert latex.read(tmp_path, id="local:x", version="v3").version == "v3"


def test_label_in_a_row_without_number_points_at_the_next_number(tmp_path: Path) -> None:
    source = r"\begin{eqnarray}\label{e} a &=& b \nonumber\\ c &=& d \end{eqnarray} See (\ref{e}) and [\ref{no}]."
    assert body(tmp_path, source).text.endswith("See (1) and [[no]].")


def test_pictures_that_are_not_there_are_missing(tmp_path: Path) -> None:
    paper = body(tmp_path, r"Words. \begin{figure}\includegraphics[width=1cm]{lost.pdf}\caption{C}\end{figure}")
    assert paper.missing == ("lost.pdf",)
    assert paper.figures[0].files == ()
    assert paper.figures[0].caption == "C"


def test_emphasised_journal_is_not_taken_for_a_title(tmp_path: Path) -> None:
    source = r"""Words \cite{a}. \begin{thebibliography}{1}
    \bibitem[Bee(2003)]{a} Bee, A.~B., \& Dee, C., 2003, A line, \textit{Annals of Lines}, \textbf{31}, 705
    \bibitem{b} E. Eff, {\it A whole book} (Press, 1999)
    \end{thebibliography}"""
    line, book = body(tmp_path, source).references
    assert (line.title, line.authors, line.year) == ("", ("A. B. Bee", "C. Dee"), "2003")
    assert (book.title, book.authors, book.year) == ("A whole book", ("E. Eff",), "1999")


def test_entries_that_biblatex_printed_are_read(tmp_path: Path) -> None:
    (tmp_path / "main.bbl").write_text(
        r"\entry{k}{article}{} \name{author}{1}{}{ {{hash=1}{family={Bee},\n given={Ann}}} }"
        r" \field{title}{On \emph{lines}} \field{year}{2020} \verb{doi} \verb 10.1000/xyz \endverb \endentry"
    )
    reference = body(tmp_path, r"Words \cite{k}. \printbibliography").references[0]
    assert (reference.title, reference.authors, reference.year) == ("On lines", ("Ann Bee",), "2020")
    assert reference.doi == "10.1000/xyz"
