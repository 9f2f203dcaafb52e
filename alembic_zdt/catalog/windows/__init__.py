"""The open windows of renames and type changes, and what breaks them."""
