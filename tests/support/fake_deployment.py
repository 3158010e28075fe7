"""A deployment without an API, for tests of what looks after its runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID, uuid4

from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.states import Scheduled


def flow_run(state: State[None], starts: int = 1) -> FlowRun:
    """A run of the deployment."""
    return FlowRun(flow_id=uuid4(), name="brave-owl", state=state, run_count=starts).model_copy(
        update={"state_type": state.type}
    )


@dataclass
class FakeDeploymentRuns:
    """The runs of a deployment: each that is created ends as planned.

    Attributes:
        existing: Runs that are there.
        final_states: How each run ends, in the order of their starts.
        created: How many runs were created.
        states_set: The states that runs were set to.
    """

    existing: list[FlowRun] = field(default_factory=list)
    final_states: list[State[None]] = field(default_factory=list)
    created: int = 0
    states_set: list[State[None]] = field(default_factory=list)
    _polls: dict[UUID, int] = field(default_factory=dict)

    async def due(self, *states: StateType) -> list[FlowRun]:
        """Those in one of some states."""
        return [run for run in self.existing if run.state_type in states]

    async def create(self) -> FlowRun:
        """One more."""
        self.created += 1
        return flow_run(Scheduled())

    async def set_state(self, _run: FlowRun, state: State[None]) -> None:
        """Note it."""
        self.states_set.append(state)

    async def final_state(self, run: FlowRun) -> State[None] | None:
        """A run has ended when it is polled for the third time."""
        self._polls[run.id] = self._polls.get(run.id, 0) + 1
        if self._polls[run.id] < 3:
            return None
        self.existing = []
        return self.final_states.pop(0)
