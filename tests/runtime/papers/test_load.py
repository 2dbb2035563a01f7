from __future__ import annotations

import gzip
import io
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_agents.errors import PaperNotFound, PaperRefused, PaperUnreadable, PaperWithdrawn
from jupyter_agents.runtime.papers import Paper
from jupyter_agents.runtime.papers.arxiv import Arxiv
from jupyter_agents.runtime.papers.collection import Unread, load_all, papers_in
from jupyter_agents.runtime.papers.load import load
from tests.support.arxiv_server import ArxivServer, Bad, Listed
from tests.support.pdf_writer import PdfPage
from tests.support.pdf_writer import pdf as write_pdf

TEX = r"""\documentclass{article}\title{Slopes}\author{Ada Example}\begin{document}\maketitle
\section{Results} We reach a slope of $2.24$ on clean data. \begin{equation} y = m x \end{equation}
\end{document}"""
HTML = "<html><body><article><h1>Slopes in HTML</h1><h2>Results</h2><p>We reach 2.24.</p></article></body></html>"
MD = "# Slopes in Markdown\n\n## Results\n\nWe reach 2.24.\n"


def printed(words: str = "We reach a slope of 2.24.") -> bytes:
    page = PdfPage()
    page.put(100, 700, "Slopes in Print", size=18, bold=True)
    page.lines(60, 600, words)
    return write_pdf([page])


def packed(files: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return out.getvalue()


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def given(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    def give(name: str, content: str | bytes) -> Path:
        path = tmp_path / "given" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return give


@pytest.mark.parametrize(
    ("name", "content", "kind", "note", "id"),
    [
        ("slopes.tex", TEX, "latex", "read from LaTeX source", "local:slopes"),
        ("slopes.tar.gz", packed({"main.tex": TEX}), "latex", "read from LaTeX source", "local:slopes"),
        ("1911.02782.gz", gzip.compress(TEX.encode()), "latex", "read from LaTeX source", "local:1911.02782"),
        ("slopes.html", HTML, "html", "read from HTML", "local:slopes"),
        ("slopes.pdf", printed(), "pdf", "read from PDF", "local:slopes"),
        ("slopes.md", MD, "markdown", "read from Markdown", "local:slopes"),
    ],
)
def test_every_kind_of_file_is_a_paper_that_says_what_it_was(
    given: Callable[..., Path], cache: Path, name: str, content: str | bytes, kind: str, note: str, id: str
) -> None:
    paper = load(given(name, content), cache=cache)
    assert (paper.kind, paper.notes[0], paper.id) == (kind, note, id)
    assert paper.title.startswith("Slopes")
    assert paper.version.startswith("sha256:")
    assert len(paper.version) == len("sha256:") + 12
    assert "2.24" in {n.text for n in paper.numbers}


def test_a_second_look_is_instant_and_the_same(given: Callable[..., Path], cache: Path) -> None:
    path = given("slopes.pdf", printed())
    first = load(path, cache=cache)
    started = time.monotonic()
    assert load(path, cache=cache) == first
    assert time.monotonic() - started < 0.1


def test_a_changed_file_is_read_anew(given: Callable[..., Path], cache: Path) -> None:
    old = load(given("slopes.md", MD), cache=cache)
    new = load(given("slopes.md", MD.replace("2.24", "3.14")), cache=cache)
    assert old.version != new.version
    assert "3.14" in new.text


def test_a_damaged_kept_paper_is_read_anew(given: Callable[..., Path], cache: Path) -> None:
    path = given("slopes.md", MD)
    first = load(path, cache=cache)
    for kept in (cache / "papers").glob("*.json"):
        kept.write_text('{"id": 7')
    assert load(path, cache=cache) == first


def test_latex_wins_in_a_folder_and_a_lone_pdf_is_the_paper(given: Callable[..., Path], cache: Path) -> None:
    both = given("both/main.tex", TEX).parent
    given("both/main.pdf", printed())
    given("both/README.md", "# Read me")
    assert load(both, cache=cache).kind == "latex"
    alone = given("alone/print.pdf", printed()).parent
    given("alone/LICENSE", "free")
    paper = load(alone, cache=cache)
    assert (paper.kind, paper.id) == ("pdf", "local:alone")


def test_a_folder_of_several_or_no_papers_asks_for_one(given: Callable[..., Path], cache: Path) -> None:
    several = given("several/a.pdf", printed()).parent
    given("several/b.pdf", printed())
    with pytest.raises(PaperUnreadable, match=r"several papers \(a\.pdf, b\.pdf\); name one"):
        load(several, cache=cache)
    with pytest.raises(PaperUnreadable, match="holds no paper"):
        load(given("none/data.csv", "1,2").parent, cache=cache)
    with pytest.raises(PaperUnreadable, match="no kind of paper"):
        load(given("x.docx", b"PK"), cache=cache)


def test_links_out_of_a_folder_are_not_followed(given: Callable[..., Path], cache: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("# Secret\n\nSECRET\n")
    folder = given("linked/paper.md", MD).parent
    (folder / "other.md").symlink_to(tmp_path / "secret.md")
    assert "SECRET" not in load(folder, cache=cache).text


def test_an_archive_that_leaves_its_folder_is_refused_and_leaves_nothing(
    given: Callable[..., Path], cache: Path
) -> None:
    with pytest.raises(PaperRefused):
        load(given("evil.tar.gz", packed({"../evil.tex": TEX})), cache=cache)
    assert [p for p in cache.rglob("*") if p.is_file()] == []
    assert list((cache / "unpacked").iterdir()) == []


def test_a_paper_on_arxiv_is_read_from_its_source(arxiv: Arxiv, server: ArxivServer, cache: Path) -> None:
    listed = Listed("2408.12714", "Slopes of lines", version="v2", authors=("Ada Example", "Bo Sample"))
    server.put(listed, "src", packed({"main.tex": TEX}))
    paper = load("https://arxiv.org/abs/2408.12714", cache=cache, arxiv=arxiv)
    assert (paper.id, paper.version, paper.kind) == ("arXiv:2408.12714", "v2", "latex")
    assert (paper.title, paper.authors) == ("Slopes of lines", ("Ada Example", "Bo Sample"))
    assert (paper.year, paper.url) == ("2024", "https://arxiv.org/abs/2408.12714v2")
    assert paper.abstract == "An abstract."
    assert paper.metadata["primary"] == "cs.LG"
    asked = len(server.seen)
    assert load("arXiv:2408.12714v2", cache=cache, arxiv=arxiv) == paper
    assert len(server.seen) == asked


@pytest.mark.parametrize("content", [TEX.encode(), gzip.compress(TEX.encode())])
def test_a_source_of_one_file_is_read(arxiv: Arxiv, server: ArxivServer, cache: Path, content: bytes) -> None:
    server.put(Listed("2408.00001", "Slopes"), "src", content)
    paper = load("2408.00001", cache=cache, arxiv=arxiv)
    assert (paper.kind, len(paper.equations)) == ("latex", 1)
    assert not any("entry.json" in name for name in paper.files)


def test_a_pdf_only_paper_is_read_as_pdf(arxiv: Arxiv, server: ArxivServer, cache: Path) -> None:
    server.put(Listed("2408.00002", "Slopes"), "src", printed())
    assert load("2408.00002", cache=cache, arxiv=arxiv).kind == "pdf"


def test_without_source_html_is_next_and_then_pdf(arxiv: Arxiv, server: ArxivServer, cache: Path) -> None:
    first, second = Listed("2408.00003", "Slopes"), Listed("2408.00004", "Slopes")
    server.put(first, "html", HTML.encode())
    server.put(first, "pdf", printed())
    server.put(second, "pdf", printed())
    paper = load("2408.00003", cache=cache, arxiv=arxiv)
    assert (paper.kind, paper.notes[0]) == ("html", "read from HTML")
    assert any("no src file" in note for note in paper.notes)
    assert load("2408.00004", cache=cache, arxiv=arxiv).kind == "pdf"


def test_a_paper_with_nothing_readable_says_all_that_was_tried(arxiv: Arxiv, server: ArxivServer, cache: Path) -> None:
    server.put(Listed("2408.00005", "Slopes"), "src", packed({"points.csv": "1,2"}))
    with pytest.raises(PaperUnreadable) as caught:
        load("2408.00005", cache=cache, arxiv=arxiv)
    assert "no html file" in str(caught.value)
    assert "no pdf file" in str(caught.value)


def test_a_withdrawn_paper_is_not_looked_for_elsewhere(arxiv: Arxiv, server: ArxivServer, cache: Path) -> None:
    server.put(Listed("2408.00006", "Slopes", comment="Withdrawn by the authors"), "pdf", printed())
    with pytest.raises(PaperWithdrawn):
        load("2408.00006", cache=cache, arxiv=arxiv)


def test_arxiv_is_only_asked_where_it_may_be(cache: Path) -> None:
    with pytest.raises(PaperNotFound, match="may not be asked"):
        load("2408.12714", cache=cache)


def test_a_collection_takes_one_paper_of_each_folder_and_file(given: Callable[..., Path]) -> None:
    root = given("all/one/main.tex", TEX).parent.parent
    given("all/one/main.pdf", printed())
    given("all/two/src/deep.tex", TEX)
    given("all/three/print.pdf", printed())
    given("all/many/a.pdf", printed())
    given("all/many/b.pdf", printed())
    given("all/note.md", MD)
    given("all/same.tar.gz", packed({"main.tex": TEX}))
    given("all/same.pdf", printed())
    given("all/README.md", "# Read me")
    given("all/LICENSE.md", "free")
    given("all/.hidden/main.tex", TEX)
    given("all/data/points.csv", "1,2")
    found = [str(s)[len(str(root)) + 1 :] for s in papers_in(root)]
    assert sorted(found) == ["many/a.pdf", "many/b.pdf", "note.md", "one", "same.tar.gz", "three", "two"]


def test_a_folder_with_tex_files_is_one_paper(given: Callable[..., Path]) -> None:
    folder = given("one/main.tex", TEX).parent
    given("one/appendix/more.tex", TEX)
    given("one/a.pdf", printed())
    assert [str(s) for s in papers_in(folder)] == [str(folder)]
    with pytest.raises(PaperNotFound, match="holds no paper"):
        papers_in(given("empty/data.csv", "1").parent)


def test_one_unreadable_paper_stops_no_other(given: Callable[..., Path], cache: Path) -> None:
    root = given("mixed/a.md", MD).parent
    given("mixed/b.pdf", b"%PDF-1.5 broken")
    given("mixed/c.html", HTML)
    first, second, third = load_all(papers_in(root), cache=cache)
    assert isinstance(first, Paper)
    assert isinstance(third, Paper)
    assert isinstance(second, Unread)
    assert second.error == "PaperUnreadable"
    assert second.source.endswith("b.pdf")
    assert "damaged" in second.message


def test_an_arxiv_that_is_down_stops_no_other(
    arxiv: Arxiv, server: ArxivServer, given: Callable[..., Path], cache: Path
) -> None:
    server.bad = [Bad(503)] * 3
    first, second = load_all(["2408.12714", given("a.md", MD)], cache=cache, arxiv=arxiv)
    assert isinstance(first, Unread)
    assert first.error == "ArxivBusy"
    assert isinstance(second, Paper)


def test_the_shared_papers_are_all_read(shared_papers: Path, cache: Path) -> None:
    read = list(load_all(papers_in(shared_papers), cache=cache))
    assert all(isinstance(paper, Paper) for paper in read)
    kinds = {paper.id: paper.kind for paper in read if isinstance(paper, Paper)}
    assert kinds["local:litgraph_pdf"] == "pdf"
    assert sum(kind == "latex" for kind in kinds.values()) == len(kinds) - 1
