"""The report as bytes: what it tells, that it stands alone, and that titles cannot do anything in it."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from onet_pipeline.review.report import ROWS_WITHOUT_SCRIPT, mappings_picture, report_html
from onet_pipeline.review.risk import riskiest_first
from onet_pipeline.roles.records import ConfidenceTier, Method, SecondLook, Usage
from onet_pipeline.store.records import Mapping
from onet_pipeline_tests.support.mapped import MOMENT, mapping, report_of

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "--><!--<script>",
    '=HYPERLINK("http://evil")',
    "\u202eesruN\u202c",
    "'\"><svg onload=alert(1)>",
    "Nurse\u2028\u2029&amp;",
    "x" * 10_000,
    "NUL \x00 here",
    "lone \ud800 surrogate",
    "{{ 7 * 7 }}",
)


class Page(HTMLParser):
    """Counts the elements and gathers the text of each kind."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def tags(self) -> list[str]:
        return [tag for tag, _ in self.elements]


def page_of(*mappings: Mapping, **changes: Any) -> str:
    return report_html(replace(report_of(mappings), **changes)).decode()


def packed(html: str) -> Any:
    block = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    assert block
    return json.loads(block[1])


def test_it_tells_file_rows_roles_release_mapper_model_time_cost_and_run() -> None:
    text = " ".join(" ".join(Page(page_of(mapping("RN", row_count=1_200), mapping("LPN"))).texts).split())
    for told in (
        "payroll/staff.csv",
        "Job Title",
        "1,203, 2 of them without a role; besides, 1 rows of totals",
        "2 roles",
        "O*NET 30.1",
        "claude, version 7",
        "claude-haiku-5-5",
        "2026-11-22 09:30:00 UTC",
        "$0.0123: 3 calls, 4,600 tokens",
        "run-1, succeeded",
    ):
        assert told in text


def test_an_unknown_cost_is_not_nothing() -> None:
    report = report_of([mapping("RN")])
    unpriced = replace(report.runs[0], usage=Usage(calls=2, cost_usd=None))
    assert "unknown: the model has no known price" in page_of(mapping("RN"), runs=(unpriced,))


def test_it_credits_onet_for_every_release_shown() -> None:
    html = page_of(mapping("RN"), mapping("LPN", onet_version="29.3"))
    assert "O*NET 30.1 Database, U.S. Department of Labor" in html
    assert "O*NET 29.3 Database, U.S. Department of Labor" in html


def test_a_row_shows_reasoning_runners_up_with_titles_missing_information_and_where_it_came_from() -> None:
    cached = mapping(
        "Staff Nurse",
        confidence=ConfidenceTier.LOW,
        method=Method.CACHED,
        cached_from="other-csv-2, run 9",
        missing_information="the ward",
        reasoning="Two kinds of nurses.",
    )
    failed = mapping("Cop", "33-3051.00", method=Method.FALLBACK, fallback_reason="The API was down.")
    reviewed = mapping(
        "RN",
        user_confirmed=True,
        confirmed_by="Kim",
        confirmed_at=MOMENT,
        confirmed_code="29-2061.00",
        confirmed_comment="She gives medicine.",
    )
    rejected = mapping("Cook", "51-4121.00", rejected_code="51-4121.00", second_look=SecondLook.DISAGREED)
    html = page_of(cached, failed, reviewed, rejected)
    for told in (
        "Two kinds of nurses.",
        "Licensed Practical Nurses <code>29-2061.00</code>",
        "the ward",
        "Decided before, in other-csv-2, run 9.",
        "The model gave no answer: The API was down.",
        "Confirmed by Kim on 2026-11-22.",
        "Before the review: 29-1141.00 Registered Nurses.",
        "Comment: She gives medicine.",
        "A reviewer rejected 51-4121.00 Welders and Cutters.",
        "Asked twice, in another order: the answers disagreed.",
    ):
        assert told in html


def test_the_riskiest_come_first_confirmed_ones_last() -> None:
    low = mapping("low", confidence=ConfidenceTier.LOW, row_count=5)
    common = mapping("common", confidence=ConfidenceTier.LOW, row_count=50)
    nothing = mapping("nothing", None, confidence=ConfidenceTier.LOW)
    failed = mapping("failed", confidence=ConfidenceTier.LOW, method=Method.FALLBACK, row_count=3)
    medium = mapping("medium", confidence=ConfidenceTier.MEDIUM, row_count=900)
    settled = mapping("settled", confidence=ConfidenceTier.LOW, user_confirmed=True, confirmed_code=None)
    shuffled = [settled, medium, low, nothing, mapping("high"), failed, common]
    order = [each.source_role for each in riskiest_first(shuffled)]
    assert order == ["failed", "nothing", "common", "low", "medium", "high", "settled"]


def test_the_page_loads_nothing_and_forbids_it() -> None:
    html = page_of(mapping("RN"))
    page = Page(html)
    addressed = [(tag, name) for tag, attrs in page.elements for name in attrs if name in ("src", "href", "action")]
    assert addressed == [("a", "href")]
    assert "url(" not in html
    assert "@import" not in html
    (policy,) = (str(attrs["content"]) for tag, attrs in page.elements if attrs.get("http-equiv"))
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert not [attrs for _, attrs in page.elements if "style" in attrs or any(name.startswith("on") for name in attrs)]


def test_the_charts_stand_without_script_with_text_and_numbers() -> None:
    html = page_of(mapping("RN", row_count=7), mapping("Cop", "33-3051.00", confidence=ConfidenceTier.LOW))
    charts = re.findall(r"<svg.*?</svg>", html, re.DOTALL)
    assert len(charts) == 3
    assert all('role="img"' in chart and "aria-label=" in chart for chart in charts)
    assert "Healthcare Practitioners and Technical</text>" in charts[2]
    assert "Protective Service</th><td>0</td><td>0</td><td>1</td><td>1</td>" in html


def test_tables_have_captions_or_labels_and_scopes() -> None:
    html = page_of(mapping("RN"))
    heads = [attrs for tag, attrs in Page(html).elements if tag == "th"]
    assert heads
    assert all(attrs.get("scope") in ("col", "row") for attrs in heads)
    assert html.count("<table") == html.count("<caption") + html.count('aria-labelledby="mappings-title"') - 1
    assert 'aria-sort="descending"' in html
    assert '<html lang="en">' in html


def test_the_same_records_give_the_same_bytes() -> None:
    report = report_of([mapping("RN"), mapping("Cop", "33-3051.00")])
    assert report_html(report) == report_html(report)


@pytest.mark.parametrize("title", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_title_adds_no_element_and_is_read_back_as_text(title: str) -> None:
    harmless, hostile = Page(page_of(mapping("Nurse"))), page_of(mapping(title))
    extra = [] if len(title) <= 160 else ["details", "summary", "bdi"]
    assert sorted(Page(hostile).tags()) == sorted([*harmless.tags(), *extra])
    legible = re.sub("[\x00\ud800-\udfff]", "\ufffd", title)
    ((role, *_),) = packed(hostile)["rows"]
    assert role == legible
    assert legible in "".join(Page(hostile).texts)


def test_hostile_reasoning_names_and_file_names_are_inert_too() -> None:
    evil = "</script><script>alert(1)</script>"
    review: dict[str, Any] = {"user_confirmed": True, "confirmed_code": "29-1141.00"}
    shown: dict[str, Any] = {"missing_information": "x", "cached_from": "x", "confirmed_comment": "x"}
    harmless = Page(page_of(mapping("Nurse", method=Method.CACHED, **shown, **review)))
    hostile = mapping(
        "Nurse",
        onet_title=evil,
        reasoning=evil,
        missing_information=evil,
        cached_from=evil,
        confirmed_by=evil,
        confirmed_comment=evil,
        method=Method.CACHED,
        model=evil,
        **review,
    )
    html = report_html(report_of([hostile], path=f"a/{evil}.csv")).decode()
    assert sorted(Page(html).tags()) == sorted(harmless.tags())


def test_titles_are_isolated_so_that_their_direction_ends_with_them() -> None:
    assert "<bdi>\u202eesruN</bdi>" in page_of(mapping("\u202eesruN"))


def test_a_long_title_is_cut_with_the_whole_behind_it() -> None:
    html = page_of(mapping("A" * 10_000))
    assert f"<summary><bdi>{'A' * 120}…</bdi></summary><bdi>{'A' * 10_000}</bdi>" in html


def test_a_page_without_script_holds_the_riskiest_and_the_data_holds_all() -> None:
    many = [mapping(f"role {number}") for number in range(ROWS_WITHOUT_SCRIPT + 50)]
    html = page_of(*many)
    assert html.count('<th role="rowheader"') == ROWS_WITHOUT_SCRIPT
    assert len(packed(html)["rows"]) == len(many)
    assert "shows the 300 riskiest of 350 roles" in html


def test_an_upload_without_a_mapping_is_a_page_too() -> None:
    html = report_html(replace(report_of([]), runs=())).decode()
    assert "not by a recorded run" in html


def test_the_picture_is_a_png_also_of_nothing() -> None:
    assert mappings_picture([mapping("RN")]).startswith(b"\x89PNG")
    assert mappings_picture([]).startswith(b"\x89PNG")
