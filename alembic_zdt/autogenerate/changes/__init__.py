"""From what autogenerate found to what will be done, in which phase."""
