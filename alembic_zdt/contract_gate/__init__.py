"""Stop a contract while code that began before its expand may still run."""
