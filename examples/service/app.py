"""The incident desk over HTTP: `DATABASE_URL=... uvicorn --factory --app-dir examples/service app:create_app`.

Every request that writes names itself by the header `Idempotency-Key`: sent again, it is carried out once.  Who acts is
the header `X-Actor`; a real service takes that from its login.
"""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from commands import COMMANDS, Command
from desk import Desk
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Request, Response, status
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import exc

from respond import RespondError

LOGGER = logging.getLogger("desk")
RETRY_AFTER = {"Retry-After": "1"}
"""Seconds after which it is worth to try again."""
STATUSES = {
    "refused": status.HTTP_409_CONFLICT,
    "version-conflict": status.HTTP_409_CONFLICT,
    "not-found": status.HTTP_404_NOT_FOUND,
    "incident-not-found": status.HTTP_404_NOT_FOUND,
    "idempotency-conflict": status.HTTP_422_UNPROCESSABLE_CONTENT,
    "invalid-input": status.HTTP_422_UNPROCESSABLE_CONTENT,
    "invalid-record": status.HTTP_422_UNPROCESSABLE_CONTENT,
    "invalid-moment": status.HTTP_422_UNPROCESSABLE_CONTENT,
}
"""What an error is over HTTP, by its code; what else may be tried again is 503, and anything else 500."""

router = APIRouter()


class Call(BaseModel):
    """What a caller tells the desk."""

    model_config = ConfigDict(extra="forbid")

    category: str = Field(max_length=100)
    title: str = Field(min_length=1, max_length=300)
    narrative: str = Field(default="", max_length=10_000)
    caller: str = Field(min_length=1, max_length=100)
    callback: str = Field(min_length=1, max_length=40)


def desk_of(request: Request) -> Desk:
    """Return the desk that the service holds open."""
    desk: Desk = request.app.state.desk
    return desk


def asked(command: str, fields: dict[str, Any]) -> Command:
    """Return the *command* that the URL names, with its *fields*."""
    if command not in COMMANDS:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"there is no command {command!r}; use {', '.join(COMMANDS)}")
    try:
        return COMMANDS[command].model_validate(fields)
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from error


InDesk = Annotated[Desk, Depends(desk_of)]
Asked = Annotated[Command, Depends(asked)]
Key = Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=200)]
Actor = Annotated[str, Header(alias="X-Actor", min_length=1, max_length=100)]


@router.post("/incidents", status_code=status.HTTP_201_CREATED)
async def report(call: Call, response: Response, desk: InDesk, key: Key, actor: Actor) -> dict[str, Any]:
    """Open a ticket and report its incident, in one transaction."""
    opened = await desk.open_ticket(key=key, actor=actor, **call.model_dump())
    if opened.replayed:
        response.status_code = status.HTTP_200_OK
    return {"id": opened.incident_id, "number": opened.number}


@router.post("/incidents/{name}/{command}")
async def execute(name: str, command: str, fields: Asked, desk: InDesk, key: Key, actor: Actor) -> dict[str, Any]:
    """Carry out a command on the incident with this id or number."""
    incident = await desk.engine.incident(name)
    outcome = await getattr(incident, command)(**fields.model_dump(), actor=actor, command_id=key)
    return {"id": incident.id, "position": outcome.position, "events": outcome.events, "replayed": outcome.replayed}


@router.get("/incidents")
async def incidents(
    desk: InDesk,
    state: str | None = None,
    level: int | None = None,
    text: str | None = None,
    after: str | None = None,
    limit: Annotated[int, Field(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """Return a page of incidents, newest first."""
    page = await desk.engine.incidents(after=after, limit=limit, state=state, level=level, text=text)
    return page.to_json()


@router.get("/incidents/{name}")
async def incident_now(name: str, desk: InDesk) -> dict[str, Any]:
    """Return where an incident stands, and who called."""
    incident = await desk.engine.incident(name)
    now, ticket = await incident.state(), await desk.ticket(incident.id)
    shown = ("id", "status", "category", "title", "level", "worst_level", "commander", "team", "notes", "merged_into")
    return {
        **{field: getattr(now, field) for field in shown},
        "number": await incident.number(),
        "ticket": None if ticket is None else {"caller": ticket.caller, "callback": ticket.callback},
    }


@router.get("/incidents/{name}/timeline")
async def timeline(name: str, desk: InDesk) -> dict[str, Any]:
    """Return what happened, entry by entry."""
    return (await (await desk.engine.incident(name)).timeline()).to_json()


async def refuse(_: Request, error: RespondError) -> JSONResponse:
    """Return an error of the engine with all that it says: a refusal lists every reason."""
    fallback = status.HTTP_503_SERVICE_UNAVAILABLE if error.retryable else status.HTTP_500_INTERNAL_SERVER_ERROR
    headers = RETRY_AFTER if error.retryable else None
    return JSONResponse(error.as_dict(), STATUSES.get(error.code, fallback), headers)


async def unavailable(_: Request, error: exc.SQLAlchemyError) -> JSONResponse:
    """Return that the desk's own table cannot be reached now."""
    LOGGER.warning("the table of tickets cannot be reached", exc_info=error)
    body = {"code": "store-unavailable", "message": "the database does not answer; try again"}
    return JSONResponse(body, status.HTTP_503_SERVICE_UNAVAILABLE, RETRY_AFTER)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Hold the desk open as long as the service runs."""
    lock_timeout = float(os.environ.get("LOCK_TIMEOUT", "5"))
    async with Desk.open(os.environ["DATABASE_URL"], lock_timeout=lock_timeout) as desk:
        app.state.desk = desk
        yield


def create_app() -> FastAPI:
    """Return the service."""
    app = FastAPI(title="Incident desk", lifespan=lifespan)
    app.include_router(router)
    app.add_exception_handler(RespondError, refuse)
    for kind in (exc.OperationalError, exc.TimeoutError):
        app.add_exception_handler(kind, unavailable)
    return app
