"""Run the steps of operations, or write them into a script."""
