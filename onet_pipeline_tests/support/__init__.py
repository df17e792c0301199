"""Real parts that tests share: servers, data and databases, one module per subject."""
