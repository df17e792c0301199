"""The work, one function a step: sync a release, build the index, register uploads, map an upload.

Belongs here: what both the command and Dagster do, from settings to rows. Does not: SQL (``store``), search and
mapping rules (``roles``), anything of Dagster.
"""
