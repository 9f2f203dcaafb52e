"""Run the migrations with the models and the database of the Flask application."""

from __future__ import annotations

from flask import current_app

from alembic_zdt import env

db = current_app.extensions["migrate"].db
env.run(db.metadata, url=db.engine.url)
