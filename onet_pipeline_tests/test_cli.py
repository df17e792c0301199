import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from onet_pipeline.onet.source import sample_release_path
from onet_pipeline_tests.support.claude_api import ClaudeServer, status
from onet_pipeline_tests.support.releases import small_release
from onet_pipeline_tests.support.shell import Shell

SAMPLE = str(sample_release_path())


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A home with the sample release; tests that use it write only files of their own."""
    shell = Shell(tmp_path_factory.mktemp("synced"))
    shell.ok("sync", "--release", SAMPLE)
    return shell


def write(folder: Path, name: str, lines: Sequence[str]) -> Path:
    path = folder / name
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_the_demo_maps_a_sample_upload_without_server_key_or_question(shell: Shell) -> None:
    said = shell.ok("demo", ONET_RELEASE=SAMPLE)
    assert "Firefighter/EMT" in said
    assert "33-2011.00" in said
    assert "no model was asked" in said
    assert "O*NET 30.1 Database" in said
    (result,) = (shell.folder / "home" / "results").glob("*.csv")
    assert str(result) in said
    (report,) = (shell.folder / "home" / "reports").glob("*/report.html")
    assert str(report) in said
    assert (shell.folder / "uploads" / "city_payroll.csv").is_file()


def test_the_demo_takes_the_shipped_release_where_the_current_one_cannot_be_had(shell: Shell) -> None:
    said = shell.ok("demo", ONET_MIRROR="http://127.0.0.1:9/")
    assert "sample release shipped with the package" in said


def test_a_release_that_was_asked_for_and_cannot_be_had_stops_the_demo(shell: Shell) -> None:
    said = shell.refused("demo", ONET_RELEASE=str(shell.folder / "nowhere.zip"))
    assert "nowhere.zip" in said


def test_the_demo_twice_gives_the_same_result(shell: Shell) -> None:
    shell.ok("demo", ONET_RELEASE=SAMPLE)
    (result,) = (shell.folder / "home" / "results").glob("*.csv")
    first = result.read_text(encoding="utf-8-sig")
    shell.ok("demo", ONET_RELEASE=SAMPLE)
    assert result.read_text(encoding="utf-8-sig") == first


def test_status_before_the_first_sync_says_what_to_do(shell: Shell) -> None:
    assert "onet-pipeline sync" in shell.ok("status")
    plain = json.loads(shell.ok("status", "--json"))
    assert (plain["synced"], plain["version"], plain["occupation_count"]) == (False, None, 0)


def test_status_tells_release_and_counts(synced: Shell) -> None:
    plain = json.loads(synced.ok("status", "--json"))
    assert (plain["synced"], plain["version"], plain["mapper"]) == (True, "0.1", "lexical")
    assert plain["occupation_count"] > 100
    assert plain["synced_at"]


def test_loading_an_older_release_says_that_it_rolls_back(shell: Shell, tmp_path: Path) -> None:
    newer = small_release("30.2").with_titles(("15-1252.00", "Code Wrangler"))
    shell.ok("sync", "--release", str(newer.write_zip(tmp_path)))
    said = shell.ok("sync", "--release", str(small_release("30.1").write_zip(tmp_path)))
    assert "rolled back from 30.2 to 30.1" in said


def test_a_failed_sync_is_one_line_and_stays_in_the_status(shell: Shell) -> None:
    shell.ok("sync", "--release", SAMPLE)
    broken = write(shell.folder, "db_30_1_text.zip", ["this is no zip file"])
    assert "db_30_1_text.zip" in shell.refused("sync", "--release", str(broken))
    plain = json.loads(shell.ok("status", "--json"))
    assert plain["version"] == "0.1"
    assert "db_30_1_text.zip" in plain["last_failure"]


def test_candidates_are_one_json_line_per_title_in_order(synced: Shell, tmp_path: Path) -> None:
    titles = ["Police Officer", "Staff Accountant", "Police Officer", "12345"]
    lines = synced.ok("candidates", str(write(tmp_path, "titles.txt", titles)), "--output", "jsonl").splitlines()
    found = [json.loads(line) for line in lines]
    assert [each["title"] for each in found] == titles
    assert found[0]["candidates"] == found[2]["candidates"]
    assert found[3]["candidates"] == []
    first = found[0]["candidates"]
    assert len(first) == 20
    assert set(first[0]) == {"code", "title", "score"}
    assert first[0]["code"] == "33-3051.00"
    assert [each["score"] for each in first] == sorted((each["score"] for each in first), reverse=True)


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("titles.tsv", ["id\ttitle", "1\tRegistered Nurse, Night"]),
        ("titles.csv", ["title,id", '"Registered Nurse, Night",1']),
        ("titles.txt", ["Registered Nurse, Night", "", "  "]),
    ],
)
def test_candidates_read_a_list_or_a_table_with_a_title_column(
    synced: Shell, tmp_path: Path, name: str, lines: list[str]
) -> None:
    said = synced.ok("candidates", str(write(tmp_path, name, lines)), "--output", "jsonl", "--limit", "3")
    (found,) = map(json.loads, said.splitlines())
    assert found["title"] == "Registered Nurse, Night"
    assert len(found["candidates"]) == 3


def test_candidates_without_a_release_say_what_to_run(shell: Shell, tmp_path: Path) -> None:
    assert "onet-pipeline sync" in shell.refused("candidates", str(write(tmp_path, "titles.txt", ["Cook"])))


def test_map_writes_the_result_beside_the_file(synced: Shell, tmp_path: Path) -> None:
    upload = write(tmp_path, "staff.csv", ["Job Title,City", "Police Officer,A", "Police Officer,B", "=cmd(),C"])
    said = synced.ok("map", str(upload))
    result = tmp_path / "staff.mapped.csv"
    assert str(result) in said
    text = result.read_text(encoding="utf-8-sig")
    assert "Police Officer,2,33-3051.00" in text
    assert "'=cmd()" in text


@pytest.mark.parametrize("suffix", [".tsv", ".jsonl", ".parquet"])
def test_map_writes_the_format_that_the_output_names(synced: Shell, tmp_path: Path, suffix: str) -> None:
    upload = write(tmp_path, "staff.csv", ["Job Title", "Police Officer"])
    synced.ok("map", str(upload), "--output", str(tmp_path / f"out{suffix}"))
    assert (tmp_path / f"out{suffix}").stat().st_size > 0


def test_map_with_rows_writes_the_rows_of_the_file_three_columns_wider(synced: Shell, tmp_path: Path) -> None:
    upload = write(tmp_path, "staff.csv", ["Job Title;City", "Police Officer;A", ";B", "=cmd();C"])
    synced.ok("map", str(upload), "--rows")
    lines = (tmp_path / "staff.mapped.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "Job Title;City;onet_code;onet_title;confidence"
    assert lines[1].startswith("Police Officer;A;33-3051.00;")
    assert lines[2] == ";B;;;"
    assert lines[3].startswith("=cmd();C;")


def test_what_was_mapped_is_exported_and_reported_again_without_mapping(synced: Shell, tmp_path: Path) -> None:
    upload = write(tmp_path, "staff.csv", ["Job Title,City", "Police Officer,A"])
    synced.ok("map", str(upload))
    synced.ok("export", str(upload), "--output", str(tmp_path / "out.parquet"))
    synced.ok("export", str(upload), "--output", str(tmp_path / "out.xlsx"), "--rows")
    assert (tmp_path / "out.xlsx").read_bytes().startswith(b"PK")
    said = synced.ok("report", str(upload))
    assert Path(said.split("Result: ")[1].strip()).read_bytes().startswith(b"<!doctype html>")
    assert "nowhere.csv" in synced.refused("report", "nowhere.csv")


def test_an_output_of_unknown_format_is_refused_before_any_work(synced: Shell, tmp_path: Path) -> None:
    upload = write(tmp_path, "staff.csv", ["Job Title", "Police Officer"])
    assert ".parquet" in synced.refused("map", str(upload), "--output", str(tmp_path / "out.docx"))


def test_map_uses_the_column_that_is_named_and_lists_the_columns_where_it_is_not_there(
    synced: Shell, tmp_path: Path
) -> None:
    lines = ["Position,Previous Position", "Police Officer,Registered Nurse", "Cook,Plumber"]
    upload = write(tmp_path, "staff.csv", lines)
    synced.ok("map", str(upload), "--column", "previous position")
    assert "Registered Nurse" in (tmp_path / "staff.mapped.csv").read_text(encoding="utf-8-sig")
    said = synced.refused("map", str(upload), "--column", "Rank")
    assert "Position, Previous Position" in said


def test_map_asks_claude_where_there_is_a_key_and_shows_the_cost(synced: Shell, tmp_path: Path) -> None:
    upload = write(tmp_path, "staff.csv", ["Job Title", *(f"Police Officer {word}" for word in "ABCDE")])
    with ClaudeServer() as server:
        said = synced.ok("map", str(upload), ONET_BATCH_SIZE="2", **server.environment)
    assert "claude" in said
    assert "$" in said
    assert len({call.body["model"] for call in server.calls}) == 1


def test_a_wrong_key_is_one_line_that_names_the_variable_and_not_the_key(synced: Shell, tmp_path: Path) -> None:
    upload = write(tmp_path, "staff.csv", ["Job Title", "Zookeeper of the night"])
    with ClaudeServer() as server:
        server.always(status(401))
        said = synced.refused("map", str(upload), **server.environment)
    assert "ANTHROPIC_API_KEY" in said
    assert server.key not in said


def test_evaluate_scores_a_gold_file(synced: Shell, tmp_path: Path) -> None:
    gold = write(tmp_path, "gold.tsv", ["title\tsoc_code", "Police Officer\t33-3051", "Town Cop\t33-3051|33-1012"])
    plain = json.loads(synced.ok("evaluate", str(gold), "--json"))
    everything = plain["slices"][0]
    assert everything["n"] == 2
    assert set(everything["recall"]) == {"1", "5", "10", "20", "50"}
    assert {"2", "3", "5", "6"} <= set(everything["picked"])
    assert "recall@20" in synced.ok("evaluate", str(gold))


def test_in_batch_mode_map_submits_and_the_same_command_collects(synced: Shell, tmp_path: Path) -> None:
    staff = write(tmp_path, "staff.csv", ["Job Title", "Police Officer", "Dental Hygienist"])
    with ClaudeServer() as server:
        environment = {**server.environment, "ONET_CLAUDE_MODE": "batch"}
        submitted = synced("map", str(staff), **environment)
        assert submitted.returncode == 3
        assert "msgbatch_0000" in submitted.stdout
        assert not staff.with_suffix(".mapped.csv").exists()
        assert "1 waiting" in synced.ok("status", **environment)
        server.batches.end()
        said = synced.ok("map", str(staff), **environment)
        assert (len(server.batches.submitted), len(server.calls)) == (1, 0)
    assert "2 answers collected from a Message Batch" in said
    assert staff.with_suffix(".mapped.csv").exists()


def test_scoring_claude_tells_the_cost_first_and_asks_only_when_told_to(synced: Shell, tmp_path: Path) -> None:
    gold = write(tmp_path, "gold.tsv", ["title\tsoc_code", *(f"Police Officer {n}\t33-3051" for n in "ABCDE")])
    with ClaudeServer() as server:
        undecided = synced("evaluate", str(gold), "--mapper", "claude", **server.environment)
        assert not server.calls
        scored = synced(
            "evaluate", str(gold), "--mapper", "claude", "--yes", "--limit", "3", "--json", **server.environment
        )
    assert undecided.returncode == 1
    assert "$" in undecided.stderr
    assert "$" in scored.stderr
    plain = json.loads(scored.stdout)
    assert plain["slices"][0]["n"] == 3
    assert plain["usage"]["calls"] == len(server.calls) > 0


def test_an_unusable_setting_names_the_variable(shell: Shell) -> None:
    assert "ONET_CANDIDATES" in shell.refused("status", ONET_CANDIDATES="many")


def test_a_database_that_is_down_is_told_without_its_password(shell: Shell) -> None:
    said = shell.refused("status", ONET_DATABASE_URL="postgresql://someone:hunter2@127.0.0.1:9/onet")
    assert "127.0.0.1" in said
    assert "hunter2" not in said


def test_debug_shows_the_traceback(shell: Shell) -> None:
    done = shell("--debug", "status", ONET_CANDIDATES="many")
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_the_schema_goes_up_and_down(shell: Shell) -> None:
    assert "none (empty)" in shell.ok("db", "current")
    upgraded = shell.ok("db", "upgrade")
    assert shell.ok("db", "current") == upgraded
    assert "none (empty)" in shell.ok("db", "downgrade", "base")


def test_without_automatic_migration_the_error_names_the_command(shell: Shell) -> None:
    settings: Mapping[str, str] = {"ONET_AUTO_MIGRATE": "0"}
    assert "onet-pipeline db upgrade" in shell.refused("status", **settings)
