from importlib.resources import as_file, files

from upath import UPath

from onet_pipeline.roles.spreadsheets import read_upload_file


def test_the_sample_upload_is_read_with_its_blank_its_total_and_its_padded_cells() -> None:
    with as_file(files("onet_pipeline.onet").joinpath("sample", "uploads", "city_payroll.csv")) as path:
        sheet = read_upload_file(UPath(path))
    assert sheet.column == "Job Title"
    assert (sheet.row_count, sheet.blank_count, sheet.totals_count) == (64, 1, 1)
    counts = {role.title: role.row_count for role in sheet.roles}
    assert len(counts) == 52
    assert counts["Pol Ofcr"] == 3
    assert counts["Equip Oper III"] == 1
    assert counts["Laborer"] + counts.get("LABORER", 0) == 2
