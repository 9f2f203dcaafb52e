"""How long a step takes, and how much WAL and disk it needs, before it runs.

``work_size`` asks the server how large the work of a step is, ``cost_model`` turns it
into seconds of a usual machine, ``step_history`` stores how long steps took on this
server, and ``estimate`` combines both to a range.
"""
