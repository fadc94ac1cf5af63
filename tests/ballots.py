"""A ballot of a board, for tests of the testing kit: voters are called, each votes once, and the votes are counted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import attrs
from attrs import validators as v
from hypothesis import strategies as st
from hypothesis.stateful import invariant

from planting import Defect, evolved, guarded, handled, telling
from respond.domain.events import Event, event_type
from respond.domain.values import replace
from respond.errors import CommandRefused, Refusal
from respond.workflow.definition import NEW, Handler, Situation, Transition, command_type, guard
from respond.workflow.workflow import Workflow

MEMBERS = ("an", "bo", "chi", "du", "en", "fei", "gao", "he", "jin")
"""Nine: at least two of them meet in a small set, which tells them in the order in which they came."""


@event_type()
@attrs.frozen(kw_only=True)
class BallotMoved:
    """It was opened, carried, rejected or announced."""

    from_: str
    to: str


@event_type()
@attrs.frozen(kw_only=True)
class VoterCalled:
    """A member may vote."""

    voter: str


@event_type()
@attrs.frozen(kw_only=True)
class VoteCast:
    """A member voted."""

    voter: str
    vote: str


@event_type()
@attrs.frozen(kw_only=True)
class VotesCounted:
    """How many voted, of those who were called."""

    cast: int


@command_type("open")
@attrs.frozen(kw_only=True)
class OpenBallot:
    """Begin."""


@command_type("call")
@attrs.frozen(kw_only=True)
class Call:
    """Call voters."""

    voters: frozenset[str] = attrs.field(validator=v.deep_iterable(v.in_(MEMBERS), v.min_len(1)))


@command_type("vote")
@attrs.frozen(kw_only=True)
class Vote:
    """Vote."""

    voter: str = attrs.field(validator=v.in_(MEMBERS))
    vote: Literal["yes", "no"]


@command_type("count")
@attrs.frozen(kw_only=True)
class Count:
    """Count the votes."""


@command_type("announce")
@attrs.frozen(kw_only=True)
class Announce:
    """Say what came of it."""


@attrs.frozen(kw_only=True, slots=False)
class Ballot:
    """A ballot."""

    status: str = NEW
    called: frozenset[str] = frozenset()
    votes: tuple[tuple[str, str], ...] = ()
    turnout: int = 0

    def of(self, vote: str) -> int:
        """Return how many voted like this."""
        return sum(1 for _, one in self.votes if one == vote)


def called(ballot: Ballot, event: Event) -> Ballot:
    """Add a voter."""
    return replace(ballot, called=ballot.called | {event.data.voter})


def cast(ballot: Ballot, event: Event) -> Ballot:
    """Add a vote."""
    return replace(ballot, votes=(*ballot.votes, (event.data.voter, event.data.vote)))


def counted(ballot: Ballot, event: Event) -> Ballot:
    """Take the turnout, in percent."""
    return replace(ballot, turnout=100 * event.data.cast // max(1, len(ballot.called)))


@guard("not-called")
def allowed(situation: Situation) -> str | None:
    """Require that the voter was called."""
    return None if situation.command.voter in situation.state.called else "who votes was not called"


@guard("voted-already")
def once(situation: Situation) -> str | None:
    """Require that the voter did not vote."""
    return "who votes has voted" if situation.command.voter in dict(situation.state.votes) else None


@guard("no-majority", reads="state")
def majority(situation: Situation) -> str | None:
    """Require more votes for it than against it."""
    return None if situation.state.of("yes") > situation.state.of("no") else "no majority is for it"


@guard("majority", reads="state")
def no_majority(situation: Situation) -> str | None:
    """Require no more votes for it than against it."""
    return None if situation.state.of("yes") <= situation.state.of("no") else "a majority is for it"


def call(situation: Situation) -> Iterator[Any]:
    """Call those who were not called yet, one after the other."""
    yield from (VoterCalled(voter=one) for one in sorted(situation.command.voters - situation.state.called))


def count(situation: Situation) -> Iterator[Any]:
    """Count first, then say what came of it."""
    yield VotesCounted(cast=len(situation.state.votes))
    yield BallotMoved(**situation.step)


def _vote(situation: Situation) -> Iterator[Any]:
    yield VoteCast(voter=situation.command.voter, vote=situation.command.vote)


BALLOTS = Workflow(
    name="ballots",
    version=1,
    category="ballot",
    states=("open", "carried", "rejected", "announced"),
    finals=("announced",),
    transitions=(
        Transition("open", NEW, "open"),
        Transition("call", "open", None),
        Transition("vote", "open", None, guards=("not-called", "voted-already")),
        Transition("count", "open", "carried", guards=("no-majority",)),
        Transition("count", "open", "rejected", guards=("majority",)),
        Transition("announce", ("carried", "rejected"), "announced"),
    ),
    guards=(allowed, once, majority, no_majority),
    initial=Ballot(),
    handlers=(
        *(Handler(command=one, decide=telling(BallotMoved), emits=(BallotMoved,)) for one in (OpenBallot, Announce)),
        Handler(command=Call, decide=call, emits=(VoterCalled,)),
        Handler(command=Vote, decide=_vote, emits=(VoteCast,)),
        Handler(command=Count, decide=count, emits=(VotesCounted, BallotMoved)),
    ),
    evolvers={
        BallotMoved: lambda ballot, event: replace(ballot, status=event.data.to),
        VoterCalled: called,
        VoteCast: cast,
        VotesCounted: counted,
    },
)


VOTERS = {"vote": {"voter": lambda trial: st.sampled_from([*sorted(trial.state.called), *MEMBERS])}}
"""Those who were called vote more often than others."""


class BallotRules:
    """What holds of every ballot."""

    @invariant()
    def everybody_votes_once(self) -> None:
        """No member has two votes."""
        voters = [one.data.voter for one in self.log if one.type == "VoteCast"]
        assert len(voters) == len(set(voters))

    @invariant()
    def only_who_was_called_votes(self) -> None:
        """Who votes was called before."""
        known: set[str] = set()
        for one in self.log:
            known |= {one.data.voter} if one.type == "VoterCalled" else set()
            assert one.type != "VoteCast" or one.data.voter in known

    @invariant()
    def what_is_carried_has_a_majority(self) -> None:
        """More are for what is carried than against it."""
        assert self.status != "carried" or self.state.of("yes") > self.state.of("no")

    @invariant()
    def votes_are_counted_before_it_is_said(self) -> None:
        """What came of it is told last."""
        if self.status in ("carried", "rejected"):
            assert self.log[-1].type == "BallotMoved"

    @invariant()
    def no_vote_is_lost(self) -> None:
        """The state knows as many votes as were cast."""
        assert len(self.state.votes) == sum(1 for one in self.log if one.type == "VoteCast")


# -- defects ----------------------------------------------------------------------------------------------------------


def unordered(situation: Any) -> Iterator[Any]:
    """Call voters as the set happens to hold them."""
    yield from (VoterCalled(voter=one) for one in situation.command.voters - situation.state.called)


def choosy(situation: Any) -> Iterator[Any]:
    """Refuse what no guard refuses."""
    if len(situation.state.votes) < 2:
        raise CommandRefused("count", "open", (Refusal("too-few", "two votes are needed"),))
    yield from count(situation)


def told_first(situation: Any) -> Iterator[Any]:
    """Say what came of it, then count."""
    yield from reversed(list(count(situation)))


def per_head(ballot: Any, event: Any) -> Any:
    """Divide by the number of those who were called, even if nobody was."""
    return replace(ballot, turnout=100 * event.data.cast // len(ballot.called))


DEFECTS = {
    "two guards overlap": Defect(
        finder="a search",
        told="may lead to 'carried' and 'rejected'",
        plant=guarded("no-majority", lambda now: None if now.state.of("yes") >= now.state.of("no") else "no majority"),
    ),
    "two guards leave a gap": Defect(
        finder="a search",
        told="leads nowhere",
        plant=guarded("majority", lambda now: None if now.state.of("yes") < now.state.of("no") else "a majority"),
    ),
    "a majority is half of the votes": Defect(
        finder="an invariant",
        told="what_is_carried_has_a_majority",
        plant=guarded("no-majority", lambda now: None if now.state.of("yes") >= now.state.of("no") else "no majority"),
    ),
    "events come in the order of a set": Defect(
        finder="a check",
        told="the same command id causes nothing more",
        plant=handled(Call, decide=unordered),
    ),
    "a handler refuses by itself": Defect(
        finder="a check", told="explain agrees with decide", plant=handled(Count, decide=choosy), options={"finals": ()}
    ),
    "two events are swapped": Defect(
        finder="an invariant",
        told="votes_are_counted_before_it_is_said",
        plant=handled(Count, decide=told_first),
    ),
    "an event is not declared": Defect(
        finder="a check",
        told="does not list in emits",
        plant=handled(Count, emits=(BallotMoved,)),
        options={"finals": ()},
    ),
    "a fold divides by nothing": Defect(
        finder="a check", told="ZeroDivisionError", plant=evolved(VotesCounted, per_head)
    ),
    "a vote is taken twice": Defect(
        finder="an invariant", told="everybody_votes_once", plant=guarded("voted-already", lambda _: None)
    ),
    "an event that nothing folds": Defect(
        finder="the definition",
        told="evolver-missing",
        plant=lambda one: attrs.evolve(
            one, evolvers={kind: evolve for kind, evolve in one.evolvers.items() if kind is not VotesCounted}
        ),
    ),
}
