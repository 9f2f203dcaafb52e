"""How a step is run, and how it is written: the only place with control flow."""
