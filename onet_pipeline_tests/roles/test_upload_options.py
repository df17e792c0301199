import pytest

from onet_pipeline.errors import UploadOptionsRefused
from onet_pipeline.roles.upload_options import UploadOptions, parse_options


def test_options_are_read_from_yaml() -> None:
    text = "role_column: Post\ncontext_columns: [Dept, Site]\nsheet: 2024\nencoding: cp1252\ndelimiter: tab\n"
    assert parse_options(text, "a.csv.yaml") == UploadOptions(
        role_column="Post", context_columns=("Dept", "Site"), sheet="2024", encoding="cp1252", delimiter="\t"
    )


def test_an_empty_file_states_nothing() -> None:
    assert parse_options("# later\n", "a.csv.yaml") == UploadOptions()


def test_what_is_stated_nearer_goes_first_and_the_rest_stays() -> None:
    folder = UploadOptions(role_column="Post", context_columns=("Dept",))
    near = parse_options("context_columns: []\nsheet: A\n", "a.csv.yaml")
    assert folder.overridden_by(near) == UploadOptions(role_column="Post", sheet="A")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("rolecolumn: Post\nsheet: A\nfoo: 1\n", "keys that are not known: rolecolumn, foo. Known keys: role_column, "),
        ("- Post\n", "must hold `key: value` lines"),
        ("role_column: [", "not valid YAML at line"),
        ("delimiter: ';;'\n", "delimiter: Value error, must be one character, or `tab`"),
        ("encoding: klingon\n", "encoding: Value error, is no encoding that Python knows"),
        ("sheet: [a]\n", "sheet: "),
        ("!!python/object/apply:os.getcwd []\n", "not valid YAML"),
    ],
)
def test_options_that_cannot_be_used_are_named(text: str, says: str) -> None:
    with pytest.raises(UploadOptionsRefused) as raised:
        parse_options(text, "a.csv.yaml")
    assert str(raised.value).startswith("a.csv.yaml")
    assert says in str(raised.value)
