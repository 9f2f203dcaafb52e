"""Run revisions without a server, and record the operations that they call."""
