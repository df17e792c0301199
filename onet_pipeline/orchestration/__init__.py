"""When and why the steps run: assets, checks, partitions, sensors, schedules, jobs, resources.

Belongs here: everything of Dagster. Does not: the work itself (``steps``).
"""
