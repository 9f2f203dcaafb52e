"""Stop unsafe calls of revisions before they are sent."""
