import io
import json

from rich.console import Console

from crawler.events import Closed, Delivered, ItemFailed, Opened, StartRefused, ThreadStuck, Visited
from crawler.model import Done, Dropped, Failed, GaveUp, Lease, Outcome, Reason, Refused, Request, Retry
from crawler.model.items import NamedItem
from crawler.observe.stats import Stats
from crawler.observe.summary import Written, summary_json, summary_table


def visit(stats: Stats, outcome: Outcome, host: str = "http://a.test", seconds: float = 0.1) -> None:
    stats(Visited(Lease(1, 1, Request(host + "/x"), 1, host), outcome, 200, 5_000, 2_000, seconds))


def filled() -> Stats:
    stats = Stats(iter([0.0, 0.0, 2.0]).__next__)
    stats(Opened("books"))
    stats(StartRefused("http://c.test/\x1b", Reason.HOST))
    visit(
        stats,
        Done(
            items=[NamedItem("book", {})],
            rejected={Reason.EXCLUDE: 7},
            dropped=[Dropped("book", "no 'title'")],
        ),
    )
    visit(stats, Done(), "http://b.test", 1.5)
    visit(stats, Done(reason=Reason.REDIRECT))
    visit(stats, Retry(Reason.BUSY, 1.0))
    visit(stats, GaveUp(Reason.STATUS, "404"))
    visit(stats, Refused(Reason.ROBOTS))
    stats(Delivered([NamedItem("book", {})]))
    stats(Closed("finished"))
    return stats


def shown(stats: Stats) -> str:
    out = io.StringIO()
    Console(file=out, width=180).print(
        summary_table(stats, [Written("out/books.jsonl", 1_234_567), Written("-", None)])
    )
    return "\n".join(" ".join(line.split()) for line in out.getvalue().splitlines())


def test_the_table_names_everything_with_a_word_of_explanation() -> None:
    text = shown(filled())
    for line in [
        "books: finished after 2.0 s",
        "pages 2 fetched 1.0 a second, 30.0 kB (12.0 kB on the wire)",
        "1 redirects led on to other URLs",
        "items 1 book",
        "dropped 1 book no 'title'",
        "refused http://c.test/\\x1b host",
        "1 robots robots.txt forbids it, or could not be read; with the owner's consent, set",
        "gave up 1 status 404 the server answered 404 Not Found",
        "retried 1 busy the server asked for patience (429 or 503)",
        "not followed 7 exclude matches scope.exclude; remove the pattern to let it in",
        "slowest 1.5 s http://b.test a page",
        "output 1 items in out/books.jsonl 1.2 MB",
        "1 items on standard output",
    ]:
        assert line in text, text


def test_a_crawl_without_a_page_says_so() -> None:
    stats = Stats(iter([0.0, 0.0, 2.0]).__next__)
    stats(Opened("books"))
    stats(Closed("finished"))
    assert "books: finished, without a single page after 2.0 s" in shown(stats)


def test_a_crawl_whose_items_all_failed_says_so() -> None:
    stats = Stats()
    visit(stats, Done())
    stats(ItemFailed("http://a.test/", Failed("clean", Reason.STAGE, "ValueError", "", "book")))
    stats(Closed("finished"))
    assert "finished, and every item failed" in shown(stats)
    visit(stats, Done(items=[NamedItem("book", {})]))
    assert "every item failed" not in shown(stats)


def test_a_run_that_goes_on_tells_what_was_there_before() -> None:
    stats = Stats(iter([0.0, 0.0, 2.0]).__next__)
    stats(Opened("books", "resumed", "x.db", pages=40, items=36))
    stats(Closed("stopped"))
    text = shown(stats)
    assert "books: stopped before its end, without another page after 2.0 s" in text
    assert "40 before in earlier runs of this crawl" in text
    assert "36 items in out/books.jsonl" in text


def test_json_has_the_same_numbers() -> None:
    told = json.loads(summary_json(filled(), [Written("out/books.jsonl", 10)]))
    assert told["pages"] == 2
    assert told["items"] == {"book": 1}
    assert told["dropped"] == {"book: no 'title'": 1}
    assert told["rejected_links"] == {"exclude": 7}
    assert told["starts_refused"] == [{"url": "http://c.test/\x1b", "reason": "host"}]
    assert told["outputs"] == [{"path": "out/books.jsonl", "items": 1, "bytes": 10}]
    assert told["slowest_hosts"]["http://b.test"] == 1.5


def test_half_a_character_is_replaced() -> None:
    stats = filled()
    visit(stats, Done(items=[NamedItem("bo\ud800ok", {})], dropped=[Dropped("book", "half \ud800")]))
    told = json.loads(summary_json(stats, [Written("out/\udcff.jsonl", 10)]))
    assert told["items"] == {"book": 1, "bo\ufffdok": 1}
    assert told["dropped"] == {"book: no 'title'": 1, "book: half \ufffd": 1}
    assert told["outputs"][0]["path"] == "out/\ufffd.jsonl"
    assert "half \ufffd" in shown(stats)


def dropping(numbers: dict[str, int], name: str = "book") -> Stats:
    stats = Stats()
    for reason, number in numbers.items():
        visit(stats, Done(dropped=[Dropped(name, reason)] * number))
    return stats


def test_reasons_without_end_are_counted_in_bounded_space() -> None:
    stats = dropping({f"bad http://a.test/{number}": 1 for number in range(300)})
    visit(stats, Done(dropped=[Dropped("book", "bad http://a.test/7"), Dropped("page", "new")]))
    assert len(stats.dropped) == 102
    assert stats.dropped["book", "other reasons"] == 200
    assert stats.dropped["book", "bad http://a.test/7"] == 2
    assert stats.dropped["page", "new"] == 1
    assert len(json.loads(summary_json(stats, []))["dropped"]) == 102


def test_a_long_reason_is_cut() -> None:
    stats = dropping({"x" * 100: 1, "x" * 101: 1, "x" * 5_000: 1})
    assert stats.dropped == {("book", "x" * 100): 1, ("book", "x" * 99 + "…"): 2}


def test_the_table_shows_the_most_frequent_reasons() -> None:
    stats = dropping({f"reason {number:02}": number for number in range(1, 31)})
    visit(stats, Done(dropped=[Dropped("page", "new")]))
    lines = [line for line in shown(stats).splitlines() if "reason" in line or "new" in line]
    assert lines[:2] == ["dropped 30 book reason 30", "29 book reason 29"]
    assert lines[19:] == ["11 book reason 11", "55 book … and 10 other reasons", "1 page new"]
    for number in range(100):
        visit(stats, Done(dropped=[Dropped("book", f"further {number}")]))
    # 70 of them are counted by themselves, as the first 30 are.
    assert "155 book … and more than 80 other reasons" in shown(stats)


def test_start_urls_that_are_refused_take_bounded_space() -> None:
    stats = Stats()
    for number in range(1_000):
        stats(StartRefused(f"http://c.test/{number}", Reason.HOST))
    told = json.loads(summary_json(stats, []))
    assert len(told["starts_refused"]) == 100
    assert told["more_starts_refused"] == 900
    lines = [line for line in shown(stats).splitlines() if "c.test" in line or "start URLs" in line]
    assert lines[0] == "refused http://c.test/0 host"
    assert lines[19:] == ["http://c.test/19 host", "… and 980 other start URLs"]


def test_threads_that_were_left_behind() -> None:
    stats = Stats()
    for number in range(30):
        stats(ThreadStuck("look", 60 + number, ""))
    lines = [line for line in shown(stats).splitlines() if "left behind" in line or "other threads" in line]
    assert lines[0] == "threads look left behind after 60 s"
    assert lines[19:] == ["look left behind after 79 s", "… and 10 other threads"]
