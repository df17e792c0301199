"""Map free-form job titles to O*NET occupations, as a Dagster project.

The rooms import one way: ``onet`` <- ``roles`` <- ``store`` <- ``review`` <- ``steps`` <- ``orchestration`` <-
``definitions``.
Start with README.md; CONTRIBUTING.md says what belongs in which room.
"""
