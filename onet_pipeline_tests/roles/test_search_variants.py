import pytest

from onet_pipeline.roles.search.variants import Variants

TITLES = [
    "police officer",
    "patrol officer",
    "chief officer",
    "accounting technician",
    "accounting clerk",
    "accounting manager",
    "tire repairer",
    "caregiver",
    "software engineer",
    "software developer",
    "software tester",
    "program coordinator",
    "project coordinator",
    "event coordinator",
    "account clerk",
]


@pytest.fixture(scope="module")
def variants() -> Variants:
    return Variants.of(TITLES)


@pytest.mark.parametrize(
    ("title", "added"),
    [
        ("ofcr", ["officer"]),
        ("acctg clerk", ["accounting"]),
        ("coord", ["coordinator"]),
        ("coordinato", ["coordinator"]),
        ("tyre repairer", ["tire"]),
        ("programme", ["program"]),
        ("care giver", ["caregiver"]),
        ("sofware", ["software"]),
        ("sotfware", ["software"]),
        ("softwarre", ["software"]),
        ("swe", ["software", "engineer"]),
        ("police officer", []),
        ("zzzz qqqqqq", []),
        ("c++ 42", []),
    ],
)
def test_what_people_shorten_split_or_misspell_is_added(variants: Variants, title: str, added: list[str]) -> None:
    assert variants.of_title(title.split()) == added


def test_an_abbreviation_never_means_a_rare_word() -> None:
    assert Variants.of(["rare officer"]).of_title(["ofcr"]) == []


def test_stored_variants_find_the_same(variants: Variants) -> None:
    restored = Variants.restored(variants.arrays())
    for title in ("ofcr", "care giver", "sofware", "tyre"):
        assert restored.of_title(title.split()) == variants.of_title(title.split())
