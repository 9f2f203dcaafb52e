"""Run revisions without a server, and keep the operations that they call."""
