"""Two columns that are kept equal while code for either of them is alive.

The *original* is there before, the *twin* is made beside it.  From the moment it is
there a trigger keeps both equal, a CHECK constraint refuses what got past the trigger,
and validating that CHECK proves in the end that every row is done.  Whoever ends the
window says which of the two names is to stay.
"""
