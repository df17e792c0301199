from benchmarks.claude_call import PAGE, page


def test_the_page_on_one_call_shows_the_call_that_is_made() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m benchmarks.claude_call"
