"""When and why the steps run: assets, checks, partitions, sensors, schedules, jobs, resources.

Belongs here: everything of Dagster, one concept a file. Does not: work (``steps``); an asset body gets its inputs,
calls one step and returns metadata with a data version.

https://docs.dagster.io
"""
