"""Write the steps of an operation as SQL for ``--sql``."""
