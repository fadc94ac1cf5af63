"""The handle of one lesson: its commands, and its answers, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from respond.domain.events import Event
from respond.domain.ids import derived_id, uuid7
from respond.engine.handler import Outcome
from respond.errors import NotFound
from respond.workflow.approvals import Approve
from respond.workflow.lesson import LESSON_CATEGORY, Lesson, RecordLesson, ReviseLesson, WithdrawLesson

if TYPE_CHECKING:
    from respond.engine.desk import Desk


class LessonHandle:
    """One lesson of an engine.

    Every command takes, besides what it names, the circumstances of `Engine.execute`, returns an `Outcome`, and raises
    `CommandRefused` with every reason.
    """

    def __init__(self, engine: Desk, key: str, outcome: Outcome | None = None) -> None:
        self.engine = engine
        self.key = key
        self.outcome = outcome
        """What recording it led to, when this handle recorded it."""

    def __repr__(self) -> str:
        return f"<lesson {self.key}>"

    def execute(self, /, command: object, **circumstances: Any) -> Outcome:
        """Carry out any command of the workflow of lessons."""
        return self.engine.execute(LESSON_CATEGORY, self.key, command, **circumstances)

    def revise(
        self,
        /,
        text: str,
        *,
        reason: str,
        tags: tuple[str, ...] = (),
        category: str | None = None,
        level: int | None = None,
        site: str | None = None,
        **circumstances: Any,
    ) -> Outcome:
        """Write the lesson anew: all of it is replaced but where it comes from."""
        command = ReviseLesson(text=text, tags=tags, category=category, level=level, site=site, reason=reason)
        return self.execute(command, **circumstances)

    def withdraw(self, /, reason: str, **circumstances: Any) -> Outcome:
        """Say that the lesson holds no more; it is found no more, and stays in the log."""
        return self.execute(WithdrawLesson(reason=reason), **circumstances)

    def approve(self, /, command: str, *, about: str = "", note: str = "", **circumstances: Any) -> Outcome:
        """Agree that *command* be carried out, where a rule of the plan asks for several people."""
        return self.execute(Approve(command=command, about=about, note=note), **circumstances)

    def state(self, /, **when: Any) -> Lesson:
        """Return what it says, or said; *when* as for `Engine.state`.  Raises `NotFound`."""
        state: Lesson = self.engine.state(LESSON_CATEGORY, self.key, **when)
        return state

    def events(self) -> tuple[Event, ...]:
        """Return its events, oldest first."""
        return self.engine.events(LESSON_CATEGORY, self.key)


class Lessons:
    """Records lessons, and finds them by their keys."""

    def record_lesson(
        self,
        /,
        text: str,
        *,
        source: str,
        tags: tuple[str, ...] = (),
        category: str | None = None,
        level: int | None = None,
        site: str | None = None,
        lesson: str | None = None,
        **circumstances: Any,
    ) -> LessonHandle:
        """Write down what a case from outside teaches, told by *source*, and return the handle of the lesson.

        *lesson* is its key, made from the command id when it is None; *circumstances* as for `Engine.execute`.
        """
        command = RecordLesson(text=text, tags=tags, category=category, level=level, site=site, source=source)
        return self.taught(command, lesson=lesson, **circumstances)

    def taught(
        self,
        /,
        command: RecordLesson,
        *,
        lesson: str | None = None,
        command_id: str | None = None,
        **circumstances: Any,
    ) -> LessonHandle:
        """Carry out *command* on the lesson with this key, a new one when it is None, and return its handle."""
        engine = cast("Desk", self)
        command_id = command_id or str(uuid7(engine.clock(), engine.random(10)))
        key = lesson or str(derived_id(command_id, LESSON_CATEGORY))
        outcome = engine.execute(LESSON_CATEGORY, key, command, command_id=command_id, **circumstances)
        return LessonHandle(engine, key, outcome)

    def lesson(self, /, key: str) -> LessonHandle:
        """Return the handle of the lesson with this key; raises `NotFound` when nobody recorded it."""
        engine = cast("Desk", self)
        if key not in engine.states(LESSON_CATEGORY, [key]):
            raise NotFound(f"there is no lesson {key!r}; record it first, or search for it")
        return LessonHandle(engine, key)
