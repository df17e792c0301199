"""The assets: the release chain, the search index, and what is done for each upload.

Belongs here: what an asset depends on, is made by, and tells about itself. Does not: the making (``steps``), or what
must be true of it (``checks``).

https://docs.dagster.io/guides/build/assets
"""
