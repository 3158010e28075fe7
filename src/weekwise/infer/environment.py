"""From a table to an environment: what is decided, and the files that say it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from weekwise.contract.column import Role
from weekwise.contract.model import Contract
from weekwise.contract.reserved import why_reserved
from weekwise.errors import FeedError
from weekwise.infer import aggregate_proposals, names, slack
from weekwise.infer.calendar_plan import FirstRun, is_long_enough, plan_first_run
from weekwise.infer.column_facts import ColumnFacts, Kind, read_column_facts, with_moments
from weekwise.infer.environment_files import (
    CONTRACT_FILE,
    contract_text,
    mapping_text,
)
from weekwise.infer.key_and_time import Key, choose_key, choose_time
from weekwise.infer.roles import ColumnDecision, decide_roles, type_of
from weekwise.infer.source import Source
from weekwise.infer.target_choice import Target, choose_target
from weekwise.infer.telling_columns import find_leakage
from weekwise.tasks import reserved_outputs, task_of
from weekwise.wording import counted, listed, percent

QUARANTINE_LIMIT = 0.01
"""The contract's usual share of rows that may go to quarantine."""


@dataclass(frozen=True)
class Wishes:
    """What a person asks for; nothing of it is needed.

    Attributes:
        target: The column to predict.
        time: The column that dates a row.
        key: The columns that tell rows apart.
        known_after_days: How many days after its time a row's target is known.
    """

    target: str | None = None
    time: str | None = None
    key: tuple[str, ...] = ()
    known_after_days: int = 0


@dataclass(frozen=True)
class InferredEnvironment:
    """What was decided, and the files that say it.

    Attributes:
        files: The text of each file by its name in the environment's folder.
        decisions: What was decided about each column.
        contract: The contract.
        remarks: What a person should know or check.
        rows: How many rows the table has.
    """

    files: Mapping[str, str]
    decisions: tuple[ColumnDecision, ...]
    contract: Contract
    remarks: tuple[str, ...]
    rows: int


def infer_environment(source: Source, environment: str, wishes: Wishes) -> InferredEnvironment:
    """Decide what a table's columns are and when its runs are.

    Args:
        source: The table.
        environment: The name of the environment.
        wishes: What is asked for.

    Raises:
        FeedError: If the table cannot be predicted from; the message says what to do.
        ContractError: If its target asks for a kind of prediction that there is none for.
    """
    columns = read_column_facts(source.rows)
    rows = with_moments(source.rows, columns)
    _refuse_names([column.name for column in columns])
    target = choose_target(columns, wishes.target)
    time, why_time = _choose_time(columns, target, wishes)
    key = choose_key(rows, columns, wishes.key, time=time, target=target.name)
    _refuse_reserved(key, time)
    decisions = decide_roles(columns, target, key, (time, why_time))
    decisions = _without_leaks(rows, decisions, target)
    if not any(decision.role is Role.FEATURE for decision in decisions):
        raise FeedError(
            "no column is left that a model could learn from: "
            + "; ".join(f"{d.name}: {d.reason}" for d in decisions if d.role is Role.CONTEXT)
        )
    plan = plan_first_run(
        rows,
        time=time,
        target=target.name,
        known_after_days=wishes.known_after_days,
    )
    head = _head(environment, decisions, key, wishes)
    if time is not None:
        head |= {"freshness": "warn", "volume": "warn"}
    described = [
        (decision.name, _column(decision, columns, target), _comment(decision))
        for decision in decisions
        if decision.type is not None
    ]
    contract = Contract.model_validate(
        {"table": "features", **head, "columns": {name: said for name, said, _ in described}}
    )
    task_of(contract)
    proposals = aggregate_proposals.propose_aggregates(decisions, target)
    files = {
        CONTRACT_FILE: contract_text(
            head,
            described,
            _contract_comments(columns[0].rows),
            [(each.name, each.column, each.reason) for each in proposals],
        ),
        "catalog.yml": mapping_text({"feed": dict(source.entry)}, ["The table, as it arrives."]),
        "globals.yml": _globals(environment, target, plan),
    }
    if plan.parameters:
        files["parameters.yml"] = mapping_text(plan.parameters, plan.reasons)
    return InferredEnvironment(
        files=files,
        decisions=tuple(decisions),
        contract=contract,
        remarks=(
            *source.remarks,
            *_remarks(decisions, key, plan, time),
            *aggregate_proposals.remarks(proposals),
        ),
        rows=columns[0].rows,
    )


def _choose_time(
    columns: Sequence[ColumnFacts], target: Target, wishes: Wishes
) -> tuple[str | None, str]:
    time, reason = choose_time([c for c in columns if c.name != target.name], wishes.time)
    if wishes.known_after_days and time is None:
        raise FeedError(
            f"--known-after counts from a row's time, and {reason}; name one with --time"
        )
    if time is not None and wishes.time is None:
        chosen = next(column for column in columns if column.name == time)
        if not is_long_enough(chosen.low, chosen.high):
            return None, f"{time} spans too few days for runs by date"
    return time, reason


def _refuse_names(all_names: Sequence[str]) -> None:
    """Refuse names that no file, store or page can have."""
    for name in all_names:
        if not name.strip() or name != name.strip() or not name.isprintable():
            raise FeedError(
                f"column {name!r} has spaces around it or letters that cannot be shown; "
                "rename it in the table"
            )
        if fault := why_reserved(name):
            raise FeedError(f"column {name}: {fault}; rename it in the table")


def _refuse_reserved(key: Key, time: str | None) -> None:
    """Refuse a key or a time that stored predictions would hold twice."""
    outputs = reserved_outputs()
    for name in (*key.columns, *([] if time is None else [time])):
        if name in outputs:
            raise FeedError(
                f"column {name} tells rows apart and its name is one of the columns that "
                "predictions are stored in; rename it in the table"
            )


def _without_leaks(
    rows: duckdb.DuckDBPyRelation, decisions: list[ColumnDecision], target: Target
) -> list[ColumnDecision]:
    """The same, with columns that give the target away as context, and a word on strong ones."""
    features = [d for d in decisions if d.role is Role.FEATURE]
    if not features:
        return decisions
    columns: dict[str, Any] = {
        d.name: {"type": d.type, "role": "feature", "title": d.name, "missing": 1.0}
        for d in features
    }
    columns[target.name] = _target(target)
    contract = Contract.model_validate(
        {"table": "features", "title": "Features", "columns": columns}
    )
    found = find_leakage(rows, contract)
    return [
        replace(
            d, role=Role.CONTEXT, reason=found.leaks[d.name], type=type_of(d.facts, feature=False)
        )
        if d.name in found.leaks
        else replace(d, reason=found.strong.get(d.name, d.reason))
        for d in decisions
    ]


def _head(
    environment: str, decisions: Sequence[ColumnDecision], key: Key, wishes: Wishes
) -> dict[str, Any]:
    head: dict[str, Any] = {"title": names.title(environment)}
    if key.columns:
        head["key"] = list(key.columns)
        head["duplicates"] = "quarantine"
    if key.duplicates * 2 > QUARANTINE_LIMIT:
        head["quarantine_limit"] = min(1.0, round(key.duplicates * 2 + 0.005, 2))
    if wishes.known_after_days:
        head["known_after_days"] = wishes.known_after_days
    if any(decision.facts.kind is Kind.TIME_WITH_OFFSET for decision in decisions):
        head["timezone"] = "UTC"
    if any(decision.type is None for decision in decisions):
        head["extra_columns"] = "warn"
    return head


def _target(target: Target) -> dict[str, Any]:
    said: dict[str, Any] = {
        "type": target.type.value,
        "role": "target",
        "title": names.title(target.name),
    }
    if target.values:
        said["values"] = target.values
    return {**said, "missing": 1.0}


def _column(
    decision: ColumnDecision, columns: Sequence[ColumnFacts], target: Target
) -> dict[str, Any]:
    """What the contract says of a column, without what goes without saying."""
    facts, kind = decision.facts, decision.type
    if decision.role is Role.TARGET:
        return _target(target)
    assert kind is not None  # noqa: S101 - columns without a type are not described
    said: dict[str, Any] = {"type": kind.value, "role": decision.role.value}
    unit = names.unit(decision.name, [column.name for column in columns])
    unit = unit if kind.facts.numeric else None
    said["title"] = names.title(decision.name, unit)
    if unit:
        said["unit"] = unit
    missing = slack.missing(facts)
    if decision.role in (Role.KEY, Role.TIME):
        return said
    if decision.role is Role.CONTEXT:
        return {**said, "missing": 1.0}
    if missing != "never":
        said["missing"] = missing
    if kind.facts.textual and (values := slack.values(facts)):
        said["values"] = values
    elif kind.facts.numeric:
        said |= slack.limits(facts)
    return {**said, "severity": "warn"}


def _comment(decision: ColumnDecision) -> str:
    facts = decision.facts
    if decision.role is not Role.FEATURE:
        return decision.reason
    missing = f"missing in {percent(facts.missing_share, 2)} of rows" if facts.missing_share else ""
    return "; ".join(filter(None, [missing, decision.reason]))


def _contract_comments(rows: int) -> list[str]:
    return [
        f"Inferred by kedro contract infer from {counted(rows, 'row', 'rows')}.",
        "Change what you know better. Features only warn (severity), since this is a guess: limits",
        "lie half the range beyond what was seen, lists are the values seen, and twice the share",
        "seen may be missing, at least 5 %. Set severity: stop where you know what must hold.",
        "Context is checked and kept, and the model never sees it.",
    ]


def _globals(environment: str, target: Target, plan: FirstRun) -> str:
    # Where its data goes is in conf/base, by the environment's name.
    content: dict[str, Any] = {"registered_model": f"{_slug(environment)}_{_slug(target.name)}"}
    if plan.calendar:
        content["calendar"] = dict(plan.calendar)
    return mapping_text(content, plan.reasons)


def _slug(text: str) -> str:
    return re.sub(r"\W+", "_", text.lower()).strip("_") or "target"


def _remarks(
    decisions: Sequence[ColumnDecision], key: Key, plan: FirstRun, time: str | None
) -> list[str]:
    remarks = [f"{reason[:1].upper()}{reason[1:]}." for reason in plan.reasons]
    if not key.columns:
        remarks.append(f"There is no key: {key.reason}.")
    elif key.duplicates:
        remarks.append(
            f"{percent(key.duplicates, 2)} of rows share their {listed(list(key.columns))} with "
            "another row; all but exact copies go to quarantine."
        )
    if time is None:
        remarks.append("There is no time column; name one with --time if there is one.")
    left_out = [decision.name for decision in decisions if decision.type is None]
    if left_out:
        remarks.append(f"Left out, since a contract has no type for them: {listed(left_out)}.")
    if any(decision.facts.kind is Kind.TIME_WITH_OFFSET for decision in decisions):
        remarks.append(
            "Times have an offset and are read on the clock of UTC; set timezone in "
            f"{CONTRACT_FILE} to the place the table is about."
        )
    return remarks


def default_environment(source: str) -> str:
    """The name of an environment for a source that none is named for: `orders` for orders.csv."""
    stem = re.split(r"[?#]", source)[0].rstrip("/").rsplit("/", maxsplit=1)[-1].split(".")[0]
    slug = re.sub(r"[^A-Za-z0-9_-]+", "_", stem).strip("_-").lower()
    return slug if re.match(r"[a-z]", slug) else f"table_{slug}".rstrip("_")


def known_after_days(text: str) -> int:
    """Days from `28d`, `4w` or `28`.

    Raises:
        FeedError: If it is none of these.
    """
    match = re.fullmatch(r"\s*(\d{1,5})\s*([dw]?)\s*", text.lower())
    if not match:
        raise FeedError(f"--known-after {text} is no number of days; write it as 28d or 4w")
    return int(match[1]) * (7 if match[2] == "w" else 1)
