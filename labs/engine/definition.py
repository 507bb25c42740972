"""What a lab declares: parameters, scenarios, actions, panels and words, all as data, all checked when it is made.

The browser gets `Lab.info()` and knows nothing else of a lab.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from labs.engine.checkers import Invariant
from labs.engine.errors import DefinitionError, ParameterError
from labs.engine.goals import Challenge, Switch
from labs.engine.histories.consistency import CHECKERS, LINEARIZABLE
from labs.engine.histories.keys import MODELS
from labs.engine.histories.rows import TYPES
from labs.engine.measures import Given, Measure
from labs.engine.network import LinkSpec
from labs.engine.node import Node
from labs.engine.simulation import Simulation

ENGINE_VERSION = 2
SEQ_MAX = 2**53 - 1  # what a browser holds exactly
TIMER_NAME_MAX = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A bounded value. `unit` is shown after it; `choices` is for type choice."""

    name: str
    type: Literal["int", "bool", "choice"]
    label: str
    default: Any
    unit: str = ""
    min: int | None = None
    max: int | None = None
    choices: tuple[Any, ...] = ()
    help: str = ""

    def __post_init__(self) -> None:
        if self.type == "int" and (self.min is None or self.max is None):
            raise DefinitionError(f"Parameter {self.name} is an int without min and max.")
        self.check(self.default)

    def check(self, value: Any) -> Any:
        """The value, or a ParameterError that says what was expected."""
        if self.type == "bool" and isinstance(value, bool):
            return value
        if self.type == "choice" and value in self.choices and not isinstance(value, bool):
            return value
        if self.type == "int" and isinstance(value, int) and not isinstance(value, bool):
            assert self.min is not None
            assert self.max is not None
            if self.min <= value <= self.max:
                return value
        raise ParameterError(f"{self.label} must be {self.expected()}; got {str(value)[:60]!r}.")

    def expected(self) -> str:
        if self.type == "bool":
            return "true or false"
        if self.type == "choice":
            return "one of " + ", ".join(map(str, self.choices))
        return f"a whole number from {self.min} to {self.max} {self.unit}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Arg:
    """An argument of an action. Nodes may be named by id or by one of the lab's selectors (`leader`); `node` means a server,
    `process` any node, clients too. A `message` is the seq of its event, a `timer` a name in its node.
    """

    name: str
    type: Literal["node", "nodes", "process", "message", "timer", "text", "int", "choice"]
    label: str
    default: Any = None
    unit: str = ""
    choices: tuple[str, ...] = ()
    min: int = 0
    max: int = 0
    max_length: int = 12

    def check(self, value: Any, known: tuple[str, ...], processes: tuple[str, ...] = ()) -> Any:
        """The value, or a ParameterError. `known` are the servers' ids and the selectors of this run, `processes` all its node ids."""
        if value is None:
            value = self.default
        ok = False
        if self.type == "node":
            ok = isinstance(value, str) and value in known
        elif self.type == "nodes":
            ok = isinstance(value, list) and 0 < len(value) <= len(known) and all(isinstance(v, str) and v in known for v in value)
        elif self.type == "process":
            known = tuple(dict.fromkeys((*processes, *known)))
            ok = isinstance(value, str) and value in known
        elif self.type == "message":
            ok = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= SEQ_MAX
        elif self.type == "timer":
            ok = isinstance(value, str) and 0 < len(value) <= TIMER_NAME_MAX and value.isascii() and value.isprintable()
        elif self.type == "choice":
            ok = value in self.choices
        elif self.type == "int":
            ok = isinstance(value, int) and not isinstance(value, bool) and self.min <= value <= self.max
        elif self.type == "text":
            ok = isinstance(value, str) and 0 < len(value) <= self.max_length and value.isascii() and value.isalnum()
        if not ok:
            raise ParameterError(f"{self.label} must be {self.expected(known)}; got {str(value)[:60]!r}.")
        return value

    def expected(self, known: tuple[str, ...]) -> str:
        if self.type == "int":
            return f"a whole number from {self.min} to {self.max} {self.unit}".strip()
        if self.type == "choice":
            return "one of " + ", ".join(self.choices)
        if self.type == "text":
            return f"1 to {self.max_length} letters or digits"
        if self.type == "message":
            return "the number of a message, as its event has it"
        if self.type == "timer":
            return f"the name of a timer, 1 to {TIMER_NAME_MAX} characters"
        return ("a list of " if self.type == "nodes" else "one of ") + ", ".join(known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something a student can do to a run. `apply(simulation, args)` gets checked args with selectors resolved, and
    says in words what it did.
    """

    name: str
    title: str
    apply: Callable[[Simulation, dict[str, Any]], str]
    args: tuple[Arg, ...] = ()
    help: str = ""
    target: Literal["node", "nodes", "link", "message", "timer", "none"] = "none"
    when: tuple[str, ...] = ()  # statuses of the node (up, down, paused) or link (open, changed, cut) it makes sense for
    one_way: bool = False  # a link's action that means the way from its first node to its second alone
    fault: bool = True
    key: str = ""  # keyboard

    def check(self, args: Mapping[str, Any], known: tuple[str, ...], processes: tuple[str, ...] = ()) -> dict[str, Any]:
        strange = set(args) - {arg.name for arg in self.args}
        if strange:
            raise ParameterError(
                f"{self.title} takes {', '.join(a.name for a in self.args) or 'no arguments'}; got {', '.join(sorted(strange))[:60]!r}."
            )
        return {arg.name: arg.check(args.get(arg.name), known, processes) for arg in self.args}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A named act that prose can link to."""

    name: str
    title: str
    action: str
    args: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A named start. `why` says why this seed was chosen; `script` is a list of `(at_us, action, args)`."""

    name: str
    title: str
    why: str
    seed: int
    parameters: dict[str, Any] = field(default_factory=dict)
    script: tuple[tuple[int, str, dict[str, Any]], ...] = ()
    speed: float = 1.0  # how fast it is played at first
    opens_at_us: int = 0  # where the first look begins: shortly before something happens


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """The cluster that parameters ask for. `zones` says which servers stand and fall together."""

    nodes: dict[str, Node]
    link: LinkSpec | Callable[[str, str], LinkSpec]
    sync_us: int = 0
    zones: dict[str, tuple[str, ...]] = field(default_factory=dict)
    metrics_us: int = 0  # length of a metrics window; 0: none
    sample_every: int = 1  # a busy lab shows one request in so many, the rest as flows


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """One lab. `version` rises whenever the same log would give other events."""

    slug: str
    title: str
    version: int
    summary: str
    lessons: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    scenarios: tuple[Scenario, ...]
    actions: tuple[Action, ...]
    steps: tuple[Step, ...]
    invariants: tuple[type[Invariant], ...]
    messages: dict[type, dict[str, Any]]  # message type -> how it is drawn and said
    notes: dict[str, dict[str, str]]
    topology: dict[str, Any]
    panels: tuple[dict[str, Any], ...]
    setup: Callable[[Mapping[str, Any]], Setup]
    selectors: dict[str, Callable[[Simulation], list[str]]] = field(default_factory=dict)
    switches: tuple[Switch, ...] = ()
    challenges: tuple[Challenge, ...] = ()
    history: str = ""  # the model its operations are checked against, where they are: register or kv
    brief: str = ""  # half a page in Markdown, from the folder's brief.md: what this is, what to try, what it leaves out
    consistency: tuple[str, ...] = ()  # history checkers whose guarantee it claims; with a model and none named: linearizable
    effects: dict[str, str] = field(default_factory=dict)  # note -> type of row (effect, acquire), for the checkers of effects
    measures: tuple[Measure, ...] = ()  # what a question can ask of a run
    givens: tuple[Given, ...] = ()  # what it can show, so that the answer can be reasoned out

    def __post_init__(self) -> None:
        for scenario in self.scenarios:
            parameters = self.check_parameters(scenario.parameters)
            for _, action, args in scenario.script:
                self.check_action(action, args, parameters)
        for step in self.steps:
            self.check_action(step.action, step.args, self.check_parameters({}))
        for switch in self.switches:
            if not any(p.name == switch.name and p.type == "bool" and p.default is True for p in self.parameters):
                raise DefinitionError(f"Switch {switch.name} needs a bool parameter of that name, true by default.")
            parameters = self.check_parameters({**switch.parameters, switch.name: False})
            for _, action, args in switch.script:
                self.check_action(action, args, parameters)
        self._check_histories()
        for what, of in (("measures", self.measures), ("givens", self.givens)):
            if len({one.name for one in of}) < len(of):
                raise DefinitionError(f"Two {what} have the same name: {', '.join(sorted(one.name for one in of))}.")
        for panel in self.panels:
            _check_states(panel)
        for challenge in self.challenges:
            parameters = self.check_parameters(self.scenario(challenge.scenario).parameters | challenge.parameters)
            for _, action, args in challenge.solution:
                self.check_action(action, args, parameters)

    def _check_histories(self) -> None:
        if self.history not in ("", *MODELS):
            raise DefinitionError(f"A history's model is one of {', '.join(MODELS)}; got {self.history!r}.")
        for note, kind in self.effects.items():
            if note not in self.notes or kind not in TYPES:
                raise DefinitionError(f"effects maps notes of the lab to one of {', '.join(TYPES)}; got {note!r}: {kind!r}.")
        for name in self.consistency:
            checker = CHECKERS.get(name)
            if checker is None:
                raise DefinitionError(f"There is no history checker {name!r}; expected one of {', '.join(CHECKERS)}.")
            if checker.wants is None and not self.history:
                raise DefinitionError(f"History checker {name} needs the model of the operations: history is register or kv.")
            if checker.wants is not None and "effect" not in self.effects.values():
                raise DefinitionError(f"History checker {name} needs a note that says what took effect: effects names none.")

    def history_checkers(self) -> tuple[str, ...]:
        """The names of the checkers that a run's whole history is given to."""
        return self.consistency or ((LINEARIZABLE,) if self.history else ())

    def check_parameters(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """All parameters, defaults filled in. Raises ParameterError for an unknown or unbounded one."""
        by_name = {p.name: p for p in self.parameters}
        strange = sorted(set(given) - set(by_name))
        if strange:
            raise ParameterError(f"{self.title} has no parameter {strange[0][:60]!r}; it has {', '.join(by_name)}.")
        return {name: p.check(given.get(name, p.default)) for name, p in by_name.items()}

    def check_action(self, name: str, args: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The checked arguments of an action (selectors not yet resolved)."""
        action = next((a for a in self.actions if a.name == name), None)
        if action is None:
            raise ParameterError(f"There is no action {name[:60]!r}; expected one of {', '.join(a.name for a in self.actions)}.")
        nodes = self.setup(parameters).nodes
        servers = tuple(id for id, node in nodes.items() if node.kind == "server")
        return action.check(args, servers + tuple(self.selectors), tuple(nodes))

    def action(self, name: str) -> Action:
        return next(a for a in self.actions if a.name == name)

    def scenario(self, name: str | None) -> Scenario:
        """The named scenario; the first one for None."""
        if name is None:
            return self.scenarios[0]
        found = next((s for s in self.scenarios if s.name == name), None)
        if found is None:
            raise ParameterError(f"{self.title} has no scenario {name[:60]!r}; it has {', '.join(s.name for s in self.scenarios)}.")
        return found

    def info(self) -> dict[str, Any]:
        """All that the browser knows of this lab, as JSON-able data (see docs/stream.md)."""
        return {
            "slug": self.slug,
            "title": self.title,
            "version": self.version,
            "summary": self.summary,
            "brief": self.brief,
            "lessons": list(self.lessons),
            "parameters": [_plain(p) for p in self.parameters],
            "scenarios": [
                {
                    "name": s.name,
                    "title": s.title,
                    "why": s.why,
                    "seed": s.seed,
                    "parameters": s.parameters,
                    "speed": s.speed,
                    "opens_at_us": s.opens_at_us,
                }
                | {"script": [{"at_us": at, "action": action, "args": args} for at, action, args in s.script]}
                for s in self.scenarios
            ],
            "actions": [
                {k: v for k, v in _plain(a).items() if k != "apply"} | {"args": [_plain(arg) for arg in a.args]} for a in self.actions
            ],
            "steps": [_plain(s) for s in self.steps],
            "selectors": list(self.selectors),
            "switches": [{"name": s.name, "title": s.title, "text": s.text, "exposed_by": s.exposed_by} for s in self.switches],
            "challenges": [
                {"name": c.name, "title": c.title, "brief": c.brief, "hints": list(c.hints), "start": c.goal.start}
                | {"scenario": c.scenario, "parameters": c.parameters}
                for c in self.challenges
            ],
            "measures": [{"name": m.name, "title": m.title, "kind": m.kind, "unit": m.unit, "at": m.at} for m in self.measures],
            "givens": [{"name": g.name, "title": g.title, "at": g.at} for g in self.givens],
            "checkers": [{"name": i.name, "title": i.title, "text": i.text} for i in self.invariants],
            "histories": [{"name": name, "title": CHECKERS[name].title} for name in self.history_checkers()],
            "messages": {t.__name__: {"fields": list(t.__struct_fields__), **marks} for t, marks in self.messages.items()},  # type: ignore[attr-defined]
            "notes": self.notes,
            "topology": self.topology,
            "panels": list(self.panels),
        }


def _check_states(panel: dict[str, Any]) -> None:
    """A state machine's transitions go between states it has; None is where a node starts."""
    states = {state["name"] for state in panel.get("states", ())}
    for transition in panel.get("transitions", ()):
        if not {transition["from"] or transition["to"], transition["to"]} <= states:
            raise DefinitionError(f"Panel {panel.get('title')!r} has no such states: {transition['from']!r} to {transition['to']!r}.")


def _plain(item: Any) -> dict[str, Any]:
    return {name: list(v) if isinstance(v := getattr(item, name), tuple) else v for name in item.__dataclass_fields__}
