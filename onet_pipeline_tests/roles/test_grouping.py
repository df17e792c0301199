from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from onet_pipeline.roles.grouping import grouped
from onet_pipeline.roles.records import Question
from onet_pipeline_tests.support.questions import question


def test_roles_with_the_same_candidates_share_a_call() -> None:
    cooks, police = ("35-1011.00", "35-2014.00"), ("33-3051.00", "33-3021.00")
    mixed = [question(number, codes=cooks if number % 2 else police) for number in range(1, 9)]
    groups = grouped(mixed, 4)
    assert [len({each.candidates for each in group}) for group in groups] == [1, 1]


def test_a_related_role_is_preferred_to_the_next_in_order() -> None:
    first = question(1, codes=("11-0001.00", "35-1011.00", "35-2014.00"))
    stranger = question(2, codes=("11-0002.00", "13-0001.00", "13-0002.00"))
    relative = question(3, codes=("11-0003.00", "35-1011.00", "35-2014.00"))
    assert grouped([first, stranger, relative], 2) == [[first, relative], [stranger]]


codes = st.lists(st.sampled_from([f"11-10{n}.00" for n in range(10, 40)]), unique=True, max_size=20)


@given(st.lists(codes, max_size=60), st.integers(1, 15))
def test_every_question_is_in_one_group_and_no_group_is_too_large(shown: list[list[str]], size: int) -> None:
    asked = [
        Question(number, "r", question(number, codes=tuple(listed) or ("11-1000.00",)).candidates)
        for number, listed in enumerate(shown)
    ]
    groups = grouped(asked, size)
    assert sorted(each.id for each in chain(*groups)) == [each.id for each in asked]
    assert all(1 <= len(group) <= size for group in groups)
    assert len(groups) == -(-len(asked) // size)
