"""Diagrams of a workflow: guards, deadlines and counts beside the steps, in the languages of Mermaid and Graphviz."""

from __future__ import annotations

import re
from datetime import timedelta

import attrs
import pytest

from lamp import GOOD, made
from play import PLAN, incident_in
from respond.plan.obligations import Clock, Obligation, Recurrence
from respond.plan.spans import Span
from respond.projections.traffic import Moves, Traffic
from respond.workflow.definition import Guard, Transition
from respond.workflow.diagram import dot, mermaid
from respond.workflow.incident import INCIDENT
from respond.workflow.incident import commands as c

TRAFFIC = {("off", "on"): "12 times, median 0:20:00", ("off", "gone"): "once"}
HOSTILE = 'a "quoted" \\ name; with: #marks <b> %%{x}%%\nand a second line \u202e'
OWING = attrs.evolve(
    PLAN,
    obligations=(
        Obligation(id="judge", title="J", act="assess", due=(Clock(from_="told", within=Span(30, "minute")),)),
        Obligation(
            id="tell",
            title="T",
            act="note_progress",
            due=(Clock(from_="level_assigned", within=Span(1, "hour")),),
            recurs=Recurrence(every=Span(2, "hour")),
            before=("close_review",),
        ),
    ),
)


def test_mermaid_shows_guards_and_counts():
    """Each step names its guards, and how often a log holds it; a step that only the log has says so."""
    assert mermaid(made(), guards=True, traffic=TRAFFIC) == (
        "stateDiagram-v2\n"
        "    [*] --> off: install\n"
        "    off --> on: flip [power], 12 times, median 0#58;20#58;00\n"
        "    on --> off: flip\n"
        "    off --> broken: flip\n"
        "    off --> gone: once, not in the workflow\n"
        "    broken --> [*]\n"
    )


def test_a_step_that_enters_the_state_it_leaves_is_drawn():
    """A transition from a state to itself is a rule like others, with its guards and counts; one that stays is not."""
    steps = (Transition("flip", "on", "on", guards=("power",)), Transition("install", "broken", None))
    again = made(transitions=(*GOOD["transitions"][:2], *steps, *GOOD["transitions"][3:]))
    told = {("on", "on"): "5 times", ("broken", "broken"): "once"}
    assert [line for line in mermaid(again, guards=True, traffic=told).splitlines() if "on --> on" in line] == [
        "    on --> on: flip [power], 5 times"
    ]
    assert "broken --> broken" not in mermaid(again, guards=True, traffic=told)
    assert '"on" -> "on" [label="flip [power]\\n5 times"];' in dot(again, guards=True, traffic=told)


def test_traffic_counts_steps_that_enter_the_state_they_leave():
    """Such a step counts with the time since the aggregate entered that state, which it begins not anew."""
    (report, assess) = incident_in("assessed").history
    traffic = Traffic("incident").take([report])
    for minutes, dest in ((1, "reported"), (3, "reported"), (10, "assessed")):
        data = attrs.evolve(assess.data, from_="reported", to=dest)
        body = {**assess.body, "occurred_at": f"2026-03-01T08:{minutes:02}:00.000000Z"}
        traffic.apply(assess._replace(data=data, body=body))
    moves = traffic.moves()
    assert moves["reported", "reported"].count == 2
    assert moves["reported", "assessed"].median - moves["reported", "reported"].median == timedelta(minutes=9)


def test_graphviz_shows_the_same():
    """The same steps in the language of Graphviz: final states with two lines, steps of the log alone dashed."""
    assert dot(made(), guards=True, traffic=TRAFFIC) == (
        'digraph "lamp@1" {\n'
        "    node [shape=box, style=rounded];\n"
        '    "new" [shape=point];\n'
        '    "off";\n'
        '    "on";\n'
        '    "broken" [peripheries=2];\n'
        '    "gone";\n'
        '    "new" -> "off" [label="install"];\n'
        '    "off" -> "on" [label="flip [power]\\n12 times, median 0:20:00"];\n'
        '    "on" -> "off" [label="flip"];\n'
        '    "off" -> "broken" [label="flip"];\n'
        '    "off" -> "gone" [label="once\\nnot in the workflow", style=dashed];\n'
        "}\n"
    )


def test_deadlines_stand_beside_their_steps():
    """A step says by when it is owed and what it waits for; a command that moves nothing stands in a note."""
    drawn = mermaid(INCIDENT, plan=OWING)
    assert "    reported --> assessed: assess, within 30 min after told (judge)\n" in drawn
    assert "    resolved --> reviewed: close_review, not before tell\n" in drawn
    note = "note within 1 h after level_assigned, every 2 h (tell)"
    assert f"    note right of reported\n        {note}\n    end note\n" in drawn
    assert 'label="assess\\nwithin 30 min after told (judge)"' in dot(INCIDENT, plan=OWING)
    assert '"note reported" [shape=note, label="note within 1 h after\\nlevel_assigned, every 2 h (tell)"];' in dot(
        INCIDENT, plan=OWING
    )
    assert '"note reported" -> "reported" [style=dotted, arrowhead=none];' in dot(INCIDENT, plan=OWING)
    assert mermaid(made(), plan=OWING) == mermaid(made())


MERMAID_KEEPS = (
    "as choice class classDef click default direction end fork hide href join note scale state stateDiagram style"
)


@pytest.mark.parametrize(
    ("word", "node"),
    [*((word, f"{word}_") for word in MERMAID_KEEPS.split()), ("Class", "Class_"), ("坏", "state__4")],
)
def test_a_word_that_mermaid_keeps_is_renamed(word, node):
    """A state whose name would mean something else to Mermaid has another one there, and is shown by its own."""
    workflow = made(
        states=(*GOOD["states"], word), transitions=(*GOOD["transitions"], Transition("install", "on", word))
    )
    drawn = mermaid(workflow)
    assert f'    state "{word}" as {node}\n' in drawn
    assert f"    on --> {node}: install\n" in drawn
    assert f'    "on" -> "{word}" [label="install"];\n' in dot(workflow)


def hostile():
    """Return a lamp with a guard whose code holds every mark that means something to one of the languages."""
    power = Guard(HOSTILE, lambda _: None)
    steps = [attrs.evolve(one, guards=(HOSTILE,) if one.guards else ()) for one in GOOD["transitions"]]
    return made(guards=(power,), transitions=tuple(steps))


def test_no_mark_of_a_label_reaches_mermaid():
    """What would end the label, the line or the diagram is written as a number."""
    drawn = mermaid(hostile(), guards=True, traffic={("off", HOSTILE): HOSTILE})
    assert len(drawn.split("\n")) == len(mermaid(made()).split("\n")) + 2
    for line in drawn.splitlines()[1:]:
        shape = r"    (?:state \"(?P<name>.*)\" as \w+|\S+ --> \S+(?:: (?P<label>.*))?)"
        found = re.fullmatch(shape, line)
        assert found, line
        shown = re.sub(r"#\d+;", "", found["name"] or found["label"] or "")
        assert set(shown) & set('#:;"<>%{}\u202e') == set()


def test_every_other_mark_of_a_label_stands_as_it_is():
    """What means nothing to Mermaid is shown as it was written."""
    plain = "".join(chr(mark) for mark in range(ord("!"), ord("~") + 1) if chr(mark) not in '#:;"<>%{}')
    assert f"    off --> on: flip, {plain}\n" in mermaid(made(), traffic={("off", "on"): plain})


def test_no_mark_of_a_label_reaches_graphviz():
    """Quotes and backslashes are escaped, and a label stays on its line."""
    drawn = dot(hostile(), guards=True, traffic={("off", HOSTILE): HOSTILE})
    assert len(drawn.splitlines()) == len(dot(made()).splitlines()) + 2
    for line in drawn.splitlines():
        assert re.fullmatch(r'(?:[^"\\]|"(?:[^"\\]|\\["\\n])*")*', line), line


@pytest.mark.parametrize("word", ["x" * 50, "-".join(["step"] * 12)])
def test_graphviz_breaks_lines_between_words_only(word):
    """A code that is longer than a line stays whole."""
    assert f'[label="flip\\nonce by\\n{word}"];' in dot(made(), traffic={("off", "on"): f"once by {word}"})


def test_traffic_counts_moves_and_the_times_before_them():
    """A move counts with the time for which the aggregate stood where it left; what moves nothing does not."""
    play = incident_in("responding").do(c.Note(text="on our way"))
    moves = Traffic("incident").take(play.history).moves()
    assert moves["new", "reported"] == Moves(count=1, median=None)
    assert moves["reported", "assessed"] == Moves(count=1, median=timedelta(minutes=1))
    assert ("responding", "responding") not in moves
    assert Traffic("warning").take(play.history).moves() == {}


def test_the_median_is_the_middle():
    """Of several times the middle one is told, the lower of two."""
    (report, assess) = incident_in("assessed").history
    traffic = Traffic("incident")
    for number, minutes in enumerate((5, 1, 30, 2)):
        for event, late in ((report, 0), (assess, minutes)):
            body = {**event.body, "stream": f"incident-{number}", "occurred_at": f"2026-03-01T08:{late:02}:00.000000Z"}
            traffic.apply(event._replace(body=body))
    assert traffic.moves()["reported", "assessed"] == Moves(count=4, median=timedelta(minutes=2))


def test_drills_are_left_out():
    """What is tried in a drill is no traffic."""
    events = [event._replace(body={**event.body, "realm": "drill"}) for event in incident_in("assessed").history]
    assert Traffic("incident").take(events).moves() == {}
