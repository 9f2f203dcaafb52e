"""Two columns that are kept equal while application code for either of them runs.

The *original* exists before; the expand adds the *twin*.  From then on a trigger keeps
both equal.  A CHECK constraint refuses rows that bypass the trigger.  Validating that
CHECK proves that every row is done.  The contract or its downgrade decides which of the
two columns stays.
"""
