"""What O*NET publishes: releases, their archive, and its tables as plain records.

Belongs here: finding, fetching, verifying and parsing a release. Does not: rows in a database (``store``),
search (``roles``), anything of Dagster.

https://www.onetcenter.org/database.html
"""
