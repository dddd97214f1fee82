"""Round after round on a real site: what is asked, what is read, and how each item stands."""

from __future__ import annotations

from .conftest import Rounds, Site, by_change


def small(site: Site) -> None:
    site.links("/", "/a", "/b", "/c")
    for name in "abc":
        site.links(f"/{name}", "/", f"/{name}/1", text=f"text of {name}")
        site.links(f"/{name}/1", "/a", text=f"text of {name} 1")


async def test_a_second_round_fetches_no_unchanged_body(rounds: Rounds, site: Site) -> None:
    small(site)
    first = await rounds.run()
    assert {item["change"] for item in first} == {"new"}
    second = await rounds.run()
    assert {item["change"] for item in second} == {"unchanged"}
    assert {(conditional, status) for _, conditional, status in site.asked} == {(True, 304)}
    assert sorted(path for path, _, _ in site.asked) == sorted(site.bodies)
    assert [{**item, "change": ""} for item in sorted(second, key=str)] == [
        {**item, "change": ""} for item in sorted(first, key=str)
    ]
    assert rounds.stats.changes == {"unchanged": 7}


async def test_what_changed_is_read_and_what_is_new_is_found_through_it(rounds: Rounds, site: Site) -> None:
    small(site)
    await rounds.run()
    site.links("/a", "/", "/a/1", "/a/2", text="other text")
    site.links("/a/2", text="text of a 2")
    items = await rounds.run()
    assert by_change(items) == {"unchanged": ["", "a", "a/1", "b", "b/1", "c", "c/1"], "new": ["a/2"]}
    texts = {item["text"]: item["change"] for item in items if "text" in item}
    assert texts["other text"] == "new"  # nothing says that it is the same paragraph: see `key`
    assert texts["text of a"] == "gone"
    assert rounds.stats.changes == {"unchanged": 6, "changed": 1, "new": 1}
    assert site.statuses()["/a"] == 200


async def test_by_a_key_an_item_is_known_again(rounds: Rounds, site: Site) -> None:
    site.bodies["/"] = "<title>t</title><p>one<p>two<p>three"
    key = {"recrawl": {"key": ["number"]}}
    await rounds.run(**key)
    site.bodies["/"] = "<title>t</title><p>one<p>other"
    items = await rounds.run(**key)
    found = {item["text"]: item["change"] for item in items if "text" in item}
    assert found == {"one": "unchanged", "other": "changed", "three": "gone"}


async def test_what_nothing_leads_to_is_gone_with_its_items(rounds: Rounds, site: Site) -> None:
    small(site)
    await rounds.run()
    site.links("/", "/a", "/b")  # /c is still served
    items = await rounds.run()
    assert by_change(items)["gone"] == ["c", "c/1"]
    assert "/c" not in site.statuses()
    assert rounds.stats.changes["gone"] == 2
    third = await rounds.run()
    assert {item["change"] for item in third} == {"unchanged"}  # what is gone is told once
    site.links("/", "/a", "/b", "/c")
    assert by_change(await rounds.run())["new"] == ["c", "c/1"]


async def test_what_answers_404_is_gone_and_what_only_it_led_to(rounds: Rounds, site: Site) -> None:
    small(site)
    await rounds.run()
    del site.bodies["/a"]
    items = await rounds.run()
    assert by_change(items)["gone"] == ["a", "a/1"]
    assert rounds.stats.gave_up == {"status 404": 1}


async def test_a_page_that_redirects_now_is_gone(rounds: Rounds, site: Site) -> None:
    small(site)
    await rounds.run()
    site.answers["/b"] = "/elsewhere"
    site.links("/elsewhere", "/b/1")
    found = by_change(await rounds.run())
    assert (found["gone"], found["new"]) == (["b"], ["elsewhere"])
    assert "b/1" in found["unchanged"]


async def test_what_cannot_be_had_is_unknown_and_asked_again(rounds: Rounds, site: Site) -> None:
    small(site)
    await rounds.run()
    site.answers["/a"] = 503
    items = await rounds.run()
    assert by_change(items)["unknown"] == ["a"]
    assert "a/1" in by_change(items)["unchanged"]  # its links are followed all the same
    del site.answers["/a"]
    assert by_change(await rounds.run()) == {"unchanged": ["", "a", "a/1", "b", "b/1", "c", "c/1"]}
    assert ("/a", True, 304) in site.asked


async def test_a_host_whose_robots_txt_cannot_be_read_loses_nothing(rounds: Rounds, site: Site) -> None:
    small(site)
    await rounds.run()
    site.robots = 500, ""
    items = await rounds.run()
    assert {item["change"] for item in items} == {"unknown"}
    assert len(by_change(items)["unknown"]) == 7
    assert site.asked == []


async def test_without_validators_the_content_tells(rounds: Rounds, site: Site) -> None:
    small(site)
    site.validators = False
    await rounds.run()
    site.links("/a", "/a/1", text="other text")
    items = await rounds.run()
    assert rounds.stats.changes == {"unchanged": 6, "changed": 1}
    assert by_change(items) == {"unchanged": ["", "a", "a/1", "b", "b/1", "c", "c/1"]}
    assert {status for _, _, status in site.asked} == {200}


async def test_what_is_young_is_not_asked(rounds: Rounds, site: Site) -> None:
    small(site)
    await rounds.run()
    items = await rounds.run(recrawl={"after": 3600})
    assert site.asked == []
    assert by_change(items) == {"unchanged": ["", "a", "a/1", "b", "b/1", "c", "c/1"]}
    why = await rounds.crawl.why(site.url + "/a") if rounds.crawl else None
    assert why is not None and why.reason == "young"


async def test_other_settings_begin_anew(rounds: Rounds, site: Site) -> None:
    small(site)
    await rounds.run()
    items = await rounds.run(scope={"exclude": ["/c"]})
    assert {item["change"] for item in items} == {"new"}
    assert {conditional for _, conditional, _ in site.asked} == {False}


async def test_a_round_that_ends_at_a_limit_says_nothing_of_what_it_did_not_reach(
    rounds: Rounds, site: Site
) -> None:
    small(site)
    await rounds.run()
    items = await rounds.run(limits={"pages": 3})
    assert {item["change"] for item in items} == {"unchanged"}
    assert rounds.stats.changes == {"unchanged": 3}
    rest = await rounds.run(limits={"pages": 20})
    assert by_change(rest) == {"unchanged": ["", "a", "a/1", "b", "b/1", "c", "c/1"]}
