from __future__ import annotations

import itertools
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_agents.errors import (
    ArxivBusy,
    ArxivQueryError,
    ArxivTimeout,
    ArxivUnreachable,
    InputError,
    PaperNotFound,
    PaperRefused,
    PaperWithdrawn,
)
from jupyter_agents.runtime.papers.arxiv import Arxiv
from jupyter_agents.runtime.papers.limiter import Limiter
from jupyter_agents.runtime.papers.transport import Patience
from tests.support.arxiv_server import ArxivServer, Bad, Listed, error_feed, feed

LINES = Listed("1008.4686", "Fitting a model to data", authors=("David W. Hogg", "Jo Bovy"), abstract="Lines, fitted.")
DROPS = Listed("2408.12714", "Drop impact", version="v2", category="physics.flu-dyn")


def test_search_finds_entries_with_all_their_fields(arxiv: Arxiv, server: ArxivServer) -> None:
    server.papers += [LINES, DROPS]
    (found,) = arxiv.search("fitting lines")
    assert (found.id, found.version, found.title) == ("1008.4686", "v1", "Fitting a model to data")
    assert found.authors == ("David W. Hogg", "Jo Bovy")
    assert found.published == "2024-08-22"
    assert found.primary == "cs.LG"
    assert found.url == "https://arxiv.org/abs/1008.4686v1"


def test_search_sends_category_dates_and_sort(arxiv: Arxiv, server: ArxivServer) -> None:
    assert (
        arxiv.search('"drop impact" film', category="physics.flu-dyn", since=2020, until="2021-02", sort="submitted")
        == []
    )
    (asked,) = server.paths
    assert "sortBy=submittedDate" in asked
    assert "max_results=10&" in asked + "&"
    for part in ("all%3A%22drop+impact%22", "all%3Afilm", "cat%3Aphysics.flu-dyn", "202001010000+TO+202102282359"):
        assert part in asked


def test_search_reads_further_pages_up_to_the_limit(arxiv: Arxiv, server: ArxivServer) -> None:
    server.papers += [Listed(f"2401.{n:05}", f"Paper {n}") for n in range(1, 151)]
    assert len(arxiv.search("paper", limit=120)) == 120
    assert len(server.seen) == 2


def test_a_page_left_out_is_busy(arxiv: Arxiv, server: ArxivServer) -> None:
    server.recorded["all:lost"] = (200, feed([LINES.xml()], total=50))
    first = server.recorded["all:lost"]
    assert [e.id for e in arxiv.search("lost", limit=1)] == ["1008.4686"]
    server.recorded["all:gone"] = (200, feed([], total=50))
    assert arxiv.search("gone") == []
    assert first[0] == 200


@pytest.mark.parametrize("bad", ["", "  ", '"', "-"])
def test_an_empty_query_is_refused_before_asking(arxiv: Arxiv, server: ArxivServer, bad: str) -> None:
    with pytest.raises(ArxivQueryError, match="empty query"):
        arxiv.search(bad)
    assert server.seen == []


@pytest.mark.parametrize(
    ("since", "until"), [("yesterday", None), ("2024-13", None), (2024, 2020), ("2024-02-31", None)]
)
def test_dates_that_are_none_are_refused(arxiv: Arxiv, since: object, until: object) -> None:
    with pytest.raises(ArxivQueryError):
        arxiv.search("x", since=since, until=until)  # type: ignore[arg-type]


def test_arxivs_own_syntax_passes_and_unbalanced_brackets_do_not(arxiv: Arxiv, server: ArxivServer) -> None:
    arxiv.search("ti:lines AND au:hogg")
    assert "ti%3Alines+AND+au%3Ahogg" in server.paths[0]
    with pytest.raises(ArxivQueryError, match="do not match"):
        arxiv.search("all:TREM2 AND (all:microglia")
    with pytest.raises(ArxivQueryError, match="category"):
        arxiv.search("x", category="cs.LG OR 1")


def test_an_error_feed_is_told_in_arxivs_words(arxiv: Arxiv, server: ArxivServer) -> None:
    server.recorded["all:odd"] = (400, error_feed("incorrect id format for abc"))
    with pytest.raises(ArxivQueryError, match="incorrect id format for abc"):
        arxiv.search("odd")
    assert len(server.seen) == 1


def test_an_id_left_out_of_the_answer_is_named(arxiv: Arxiv, server: ArxivServer) -> None:
    server.papers += [LINES]
    with pytest.raises(PaperNotFound, match=r"2401\.00009, 2401\.00010"):
        arxiv.metadata(["2401.00009", "1008.4686", "2401.00010"])


def test_a_version_that_is_not_there_is_named(arxiv: Arxiv, server: ArxivServer) -> None:
    server.papers += [LINES]
    with pytest.raises(PaperNotFound, match=r"1008\.4686v9"):
        arxiv.metadata(["1008.4686v9"])


def test_metadata_keeps_the_order_asked_and_is_asked_once(arxiv: Arxiv, server: ArxivServer) -> None:
    server.papers += [LINES, DROPS]
    ids = ["2408.12714", "arXiv:1008.4686v1", "2408.12714v2"]
    assert [e.id for e in arxiv.metadata(ids)] == ["2408.12714", "1008.4686", "2408.12714"]
    assert len(server.seen) == 1
    arxiv.metadata(ids)
    assert len(server.seen) == 1


def test_the_newest_version_is_asked_again_after_a_day(make_arxiv: Callable[..., Arxiv], server: ArxivServer) -> None:
    server.papers += [LINES]
    stale = make_arxiv(newest_for_s=0.0)
    stale.metadata(["1008.4686"])
    server.papers[:] = [LINES, Listed("1008.4686", "Fitting again", version="v2")]
    assert stale.metadata(["1008.4686"])[0].version == "v2"
    assert stale.metadata(["1008.4686v1"])[0].version == "v1"


def test_old_style_ids_have_files_too(arxiv: Arxiv, server: ArxivServer) -> None:
    server.put(Listed("hep-th/9901001", "Strings"), "src", b"\x1f\x8bgz")
    path = arxiv.fetch("hep-th/9901001")
    assert path.read_bytes() == b"\x1f\x8bgz"
    assert path.suffix == ".gz"


def test_a_file_is_fetched_once_for_all_processes(
    arxiv: Arxiv, make_arxiv: Callable[..., Arxiv], server: ArxivServer
) -> None:
    server.put(DROPS, "src", b"\x1f\x8bbody")
    first = arxiv.fetch("2408.12714")
    assert make_arxiv().fetch("2408.12714v2") == first
    assert sum("/src/" in p for p in server.paths) == 1
    assert [p.name for p in first.parent.iterdir() if "partial" in p.name] == []


@pytest.mark.parametrize(("content", "suffix"), [(b"%PDF-1.5", ".pdf"), (b"\\documentclass", ".tex")])
def test_a_files_ending_says_what_it_is(arxiv: Arxiv, server: ArxivServer, content: bytes, suffix: str) -> None:
    server.put(DROPS, "src", content)
    assert arxiv.fetch("2408.12714").suffix == suffix


def test_a_withdrawn_paper_says_so_with_its_comment(arxiv: Arxiv, server: ArxivServer) -> None:
    server.papers += [Listed("2401.00001", "X", comment="This paper has been withdrawn due to an error in eq. 3")]
    with pytest.raises(PaperWithdrawn, match="due to an error in eq"):
        arxiv.fetch("2401.00001")


def test_a_source_that_is_gone_says_so(arxiv: Arxiv, server: ArxivServer) -> None:
    server.papers += [DROPS]
    arxiv.metadata(["2408.12714"])
    server.bad = [Bad(404, b"<html>This article has been WITHDRAWN; no source</html>")]
    with pytest.raises(PaperWithdrawn):
        arxiv.fetch("2408.12714")
    with pytest.raises(PaperNotFound, match="no src file"):
        arxiv.fetch("2408.12714")
    with pytest.raises(PaperNotFound, match="no html file"):
        arxiv.html("2408.12714")


def test_an_overloaded_arxiv_is_asked_again(arxiv: Arxiv, server: ArxivServer) -> None:
    server.papers += [LINES]
    server.bad = [Bad(503), Bad(200, b"<html>Please wait</html>")]
    assert arxiv.metadata(["1008.4686"])[0].id == "1008.4686"
    assert len(server.seen) == 3


@pytest.mark.parametrize("bad", [Bad(503), Bad(429), Bad(200, b"not a feed"), Bad(502, b"")])
def test_an_arxiv_that_stays_busy_is_an_error_after_bounded_tries(arxiv: Arxiv, server: ArxivServer, bad: Bad) -> None:
    server.bad = [bad] * 9
    with pytest.raises(ArxivBusy, match="3 times"):
        arxiv.search("lines")
    assert len(server.seen) == 3


def test_retry_after_is_honoured(arxiv: Arxiv, server: ArxivServer) -> None:
    server.papers += [LINES]
    server.bad = [Bad(429, headers={"Retry-After": "1"})]
    arxiv.search("lines")
    (first, _), (second, _) = server.seen
    assert second - first >= 1.0


def test_a_retry_after_beyond_patience_is_told_at_once(arxiv: Arxiv, server: ArxivServer) -> None:
    server.bad = [Bad(429, headers={"Retry-After": "3600"})]
    with pytest.raises(ArxivBusy, match="3600 s"):
        arxiv.search("lines")
    assert len(server.seen) == 1


def test_silence_and_dripping_are_timeouts(arxiv: Arxiv, server: ArxivServer) -> None:
    server.bad = [Bad(200, delay_s=0.8)] * 3
    with pytest.raises(ArxivTimeout):
        arxiv.search("lines")
    server.bad = [Bad(200, b"<feed" + b" " * 500, drip_s=0.1)] * 3
    with pytest.raises(ArxivTimeout):
        arxiv.search("lines")


def test_a_body_cut_short_is_asked_again(arxiv: Arxiv, server: ArxivServer) -> None:
    server.put(DROPS, "src", b"\x1f\x8bwhole")
    arxiv.metadata(["2408.12714"])
    server.bad = [Bad(200, b"\x1f\x8bwh", cut=True)]
    assert arxiv.fetch("2408.12714").read_bytes() == b"\x1f\x8bwhole"


def test_no_connection_is_told(tmp_path: Path, make_arxiv: Callable[..., Arxiv]) -> None:
    nobody = make_arxiv()
    nobody.base_url = "http://127.0.0.1:9"
    with pytest.raises(ArxivUnreachable, match="cannot be reached") as caught:
        nobody.search("lines")
    assert caught.value.fields["connected"] is False


def test_without_a_network_nobody_waits_for_all_tries(make_arxiv: Callable[..., Arxiv]) -> None:
    patience = Patience(tries=9, first_pause_s=0.3, connect_s=1.0)
    nobody = make_arxiv(patience=patience)
    nobody.base_url = "http://127.0.0.1:9"
    started = time.monotonic()
    with pytest.raises(ArxivUnreachable):
        nobody.search("lines")
    assert time.monotonic() - started < 5


def test_a_broken_feed_is_busy_and_a_bomb_is_not_expanded(arxiv: Arxiv, server: ArxivServer, tmp_path: Path) -> None:
    server.recorded["all:cut"] = (200, feed([LINES.xml()])[:-40])
    with pytest.raises(ArxivBusy, match="broke off"):
        arxiv.search("cut")
    secret = tmp_path / "secret"
    secret.write_text("SECRET")
    doctype = f'<!DOCTYPE feed [<!ENTITY s SYSTEM "file://{secret}">]><feed'.encode()
    hostile = feed([LINES.xml().replace("Fitting a model", "&s; fit")]).replace(b"<feed", doctype, 1)
    server.recorded["all:entity"] = (200, hostile)
    assert "SECRET" not in repr(arxiv.search("entity"))


def test_a_file_over_the_limit_is_refused(server: ArxivServer, tmp_path: Path, arxiv: Arxiv) -> None:
    server.bad = [Bad(200, b"x" * 100)]
    with (tmp_path / "big").open("w+b") as into, pytest.raises(PaperRefused, match="larger than 10 bytes"):
        arxiv._transport.get(server.url, into, limit=10)


def test_arxiv_itself_is_never_asked_faster_than_its_rule(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="3 s between requests"):
        Arxiv("https://export.arxiv.org", cache=tmp_path, interval_s=0.0)
    with pytest.raises(InputError, match="base address"):
        Arxiv("ftp:/x", cache=tmp_path)


ASK = """
import sys
from pathlib import Path
from jupyter_agents.runtime.papers.arxiv import Arxiv
from jupyter_agents.runtime.papers.transport import Patience
Arxiv(sys.argv[1], cache=Path(sys.argv[2]), interval_s=0.4).search("lines")
"""


def test_processes_that_share_a_cache_take_turns(server: ArxivServer, tmp_path: Path) -> None:
    server.papers += [LINES]
    server.bad = []
    asking = [subprocess.Popen([sys.executable, "-c", ASK, server.url, str(tmp_path / "cache")]) for _ in range(3)]
    assert [p.wait(60) for p in asking] == [0, 0, 0]
    times = sorted(at for at, _ in server.seen)
    assert all(b - a >= 0.38 for a, b in itertools.pairwise(times))
    assert server.most_open == 1


def test_a_limiter_gives_up_on_endless_neighbours(tmp_path: Path) -> None:
    first, second = Limiter(tmp_path, 0.1), Limiter(tmp_path, 0.1, patience_s=0.2)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with first.turn():
            held.set()
            done.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(10)
    with pytest.raises(ArxivBusy, match="other programs"), second.turn():
        pass
    done.set()
    thread.join()


def test_a_clock_that_was_set_back_costs_one_pause_only(tmp_path: Path) -> None:
    (tmp_path / "last-request").write_text(repr(time.time() + 10_000))
    started = time.monotonic()
    with Limiter(tmp_path, 0.2).turn():
        pass
    assert 0.15 < time.monotonic() - started < 2


def test_recorded_answers_of_arxiv_are_read(arxiv: Arxiv, server: ArxivServer, shared_arxiv: Path) -> None:
    for name, key in [
        ("id_0000.0000_s0_m100_8b51d9633a68.json", "0704.0000"),
        ("id_0808.05394_1707.08567_s0_m100_42e5aa0ec3af.json", "0808.05394,1707.08567"),
        ("id_quant-ph_0201082v1_s0_m100_86989fe779ef.json", "quant-ph/0201082v1"),
        ("id_abc_s0_m100_b79c8dcf6bc3.json", "all:abc"),
        ("q_testing_s0_m10_bc5a6c384fe9.json", "all:testing"),
    ]:
        answer = json.loads((shared_arxiv / name).read_text())
        server.recorded[key] = (answer["status_code"], answer["body"].encode("latin-1"))
    server.recorded["all:TREM2"] = (400, (shared_arxiv / "error_invalid_query_2026.xml").read_bytes())
    with pytest.raises(PaperNotFound, match=r"0704\.0000"):
        arxiv.metadata(["0704.0000"])
    with pytest.raises(PaperNotFound, match=r"no paper 0808\.05394;"):
        arxiv.metadata(["0808.05394", "1707.08567"])
    assert arxiv.metadata(["1707.08567"])[0].authors[0] == "Kees A. Schouhamer Immink"
    assert arxiv.metadata(["quant-ph/0201082v1"])[0].abstract.startswith("We show a representation")
    with pytest.raises(ArxivQueryError, match="incorrect id format for abc"):
        arxiv.search("abc")
    with pytest.raises(ArxivQueryError, match="Invalid query string"):
        arxiv.search("TREM2")
    found = arxiv.search("testing", limit=10)
    assert len(found) == 10
    assert all(e.title and e.authors and e.abstract and e.version for e in found)
