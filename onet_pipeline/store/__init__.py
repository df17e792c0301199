"""Where rows live: models, migrations, and the stores of releases, uploads, mappings and decisions.

Belongs here: everything that speaks SQL. Does not: what a release or a mapping means, or when to write one.
"""
