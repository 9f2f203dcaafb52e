"""Users are made and found; the lifespan brings the database to this code."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, HTTPException
from models import User
from sqlalchemy.ext.asyncio import (  # noqa: TID251  # an application
    async_sessionmaker,
    create_async_engine,
)

from alembic_zdt import aio

CONFIG = Path(__file__).with_name("alembic.ini")
engine = create_async_engine(os.environ["DATABASE_URL"])
session = async_sessionmaker(engine)


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Run the migrations, or wait for those who do."""
    if os.environ.get("MIGRATIONS", "wait") == "run":
        await aio.upgrade(engine, phase="before_deploy", config=CONFIG)
    else:
        await aio.wait(engine, compatible=True, config=CONFIG)
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.post("/users/{email}")
async def create(email: str) -> int:
    """Return the identifier of the new user."""
    async with session.begin() as work:
        user = User(email=email)
        work.add(user)
        await work.flush()
        return user.id


@app.get("/users/{number}")
async def find(number: int) -> str:
    """Return the address of a user."""
    async with session() as work:
        user = await work.get(User, number)
    if user is None:
        raise HTTPException(404)
    return user.email
