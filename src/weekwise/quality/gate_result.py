"""What the data gate found, as plain data that JSON can hold."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from pydantic import Field, computed_field

from weekwise.contract.column import Severity
from weekwise.contract.frozen import Frozen, FrozenWithComputed
from weekwise.wording import counted, listed, share

MOST_EXAMPLES = 5


class GateStatus(StrEnum):
    """What follows for a table as a whole."""

    OK = "ok"
    WARN = "warn"
    QUARANTINE = "quarantine"
    STOP = "stop"


class Failure(Frozen):
    """A check that did not hold.

    Attributes:
        column: The column it is about; several are joined by commas, and a table has none.
        check: What was looked at: column, type, limits, key, …
        severity: What follows from it.
        expected: What must hold, in words.
        got: What was found, in words.
        count: How many rows offend, if single rows do.
        share: The same as a share of all rows, from 0 to 1.
        examples: Up to five of the offending rows or values.
        next_step: What to do about it.
    """

    column: str | None
    check: str
    severity: Severity
    expected: str
    got: str
    count: int | None = None
    share: float | None = None
    examples: tuple[str, ...] = Field(default=(), max_length=MOST_EXAMPLES)
    next_step: str

    @property
    def fact(self) -> str:
        """What was expected and what arrived."""
        where = f"{self.column}: " if self.column else ""
        return f"{where}expected {self.expected}, got {self.got}"

    @property
    def message(self) -> str:
        """The failure as one line."""
        shares = f" ({share(self.share)} of rows)" if self.share is not None else ""
        examples = f"; for example {'; '.join(self.examples)}" if self.examples else ""
        fact = f"{self.fact}{shares}{examples}"
        return f"{fact}{'' if fact.endswith('?') else '.'} {self.next_step}"


class GateResult(FrozenWithComputed):
    """What the data gate found of one table, and what follows.

    Attributes:
        table: Its name.
        status: What follows.
        rows: How many rows it has.
        checks: How many checks were made.
        skipped: How many were not, because a column is missing, of the wrong type, or empty.
        failures: Those that did not hold, the most severe first.
        looked_at: Of a large table: how many rows were new or changed, and so looked at one by one;
            none if all were.
        seconds: How long checking took.
        quarantined_rows: How many rows are taken out.
        quarantined: Positions, from 0, of the rows to take out, each with its reasons; empty
            unless the status is quarantine, and not saved with the result.
        evidence: Great Expectations' own result, for its store and Data Docs.
    """

    table: str
    status: GateStatus
    rows: int
    checks: int
    skipped: int = 0
    failures: tuple[Failure, ...] = ()
    looked_at: int | None = None
    seconds: float = 0.0
    quarantined_rows: int = 0
    quarantined: Mapping[int, tuple[str, ...]] = Field(default_factory=dict, exclude=True)
    evidence: Any = Field(default=None, exclude=True, repr=False)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def messages(self) -> tuple[str, ...]:
        """Each failure as one line."""
        return tuple(failure.message for failure in self.failures)

    @property
    def warnings(self) -> tuple[Failure, ...]:
        """The failures that only warn."""
        return self.of(Severity.WARN)

    def of(self, severity: Severity) -> tuple[Failure, ...]:
        """The failures of one severity."""
        return tuple(failure for failure in self.failures if failure.severity is severity)

    @property
    def summary(self) -> str:
        """The result as one line."""
        new = "" if self.looked_at is None else f", {self.looked_at:,} of them new or changed"
        parts = [f"{self.rows:,} rows{new}", f"{self.checks} checks"]
        parts += [
            self._in_words(severity, len(failures))
            for severity in _VERBS
            if (failures := self.of(severity))
        ]
        if self.quarantined_rows:
            parts.append(f"{counted(self.quarantined_rows, 'row', 'rows')} quarantined")
        return f"{self.table}: {self.status} ({listed(parts, len(parts))}; {self.seconds:.1f} s)"

    def _in_words(self, severity: Severity, number: int) -> str:
        """How many checks of a severity failed, in words that nobody takes for rows."""
        one, many = _VERBS[severity]
        if severity is Severity.QUARANTINE and self.status is not GateStatus.QUARANTINE:
            one = many = "would quarantine rows"
        return f"{counted(number, 'failed check', 'failed checks')} {one if number == 1 else many}"

    @property
    def report(self) -> str:
        """The result and every failure, one line each."""
        lines = [f"  {failure.severity}: {failure.message}" for failure in self.failures]
        return "\n".join([self.summary, *lines])


_VERBS = {
    Severity.STOP: ("stops the run", "stop the run"),
    Severity.QUARANTINE: ("quarantines rows", "quarantine rows"),
    Severity.WARN: ("warns", "warn"),
}
