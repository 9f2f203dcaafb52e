# Alembic's options: https://alembic.sqlalchemy.org/en/latest/tutorial.html#editing-the-ini-file

[alembic]
script_location = ${script_location}

# The folder from which Python imports the modules of the application.
prepend_sys_path = .
path_separator = os

# The URL of the database, if no environment variable has it.
# A % is written as %%.
# sqlalchemy.url = postgresql://user@localhost/database

# Names of new files.  Revisions of several phases stay together when sorted by date.
# file_template = %%(year)d%%(month).2d%%(day).2d_%%(hour).2d%%(minute).2d_%%(rev)s_%%(slug)s

[alembic_zdt]
# How long one attempt to lock a table may block application queries.
# lock_timeout = 200ms
# How long to try before a step that cannot get its lock fails.
# lock_deadline = 5min

[loggers]
keys = root,alembic,alembic_zdt

[handlers]
keys = console

[formatters]
keys = plain

[logger_root]
level = WARNING
handlers = console

[logger_alembic]
level = INFO
handlers =
qualname = alembic

[logger_alembic_zdt]
level = INFO
handlers =
qualname = alembic_zdt

[handler_console]
class = StreamHandler
args = (sys.stderr,)
formatter = plain

[formatter_plain]
format = %(asctime)s %(levelname)s %(name)s: %(message)s
datefmt = %H:%M:%S
