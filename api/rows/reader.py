"""Rows as they arrive: read, checked against the contract, and told what the model does without."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
import pydantic_core
from pydantic import ValidationError

from api.http.exceptions import FieldFault, InvalidRow, Malformed
from api.rows.faults import fault
from api.schemas import FieldWarning, WarningKind
from weekwise.contract.model import Contract, OnServing
from weekwise.contract.row import row_model

Row = Mapping[str, Any]
_KEY_ENDS = re.compile(rb'"\s*:')
_MOST_FAULTS = 100


class RowReader:
    """Reads rows of one contract.

    Attributes:
        contract: What a row is.
        model: The same as a Pydantic model.
        optional: The columns that may be missing, with the warning of each, as JSON.
        open: The columns whose unseen values are accepted, with the values that are known.
    """

    def __init__(self, contract: Contract) -> None:
        columns = {name: contract.columns[name] for name in contract.inputs}
        self.contract = contract
        self.model = row_model(contract)
        self.optional: Mapping[str, orjson.Fragment] = {
            name: _missing(name, column.title)
            for name, column in columns.items()
            if not column.refuses_missing
        }
        self.open: Mapping[str, frozenset[Any]] = {
            name: frozenset(column.values)
            for name, column in columns.items()
            if column.values is not None and column.serving.unseen is OnServing.ACCEPT
        }
        self._validate = self.model.__pydantic_validator__.validate_json
        fields = self.model.model_fields
        # Columns whose names cannot be attributes have others in the model.
        self._renamed = {
            attribute: info.alias for attribute, info in fields.items() if info.alias is not None
        }

    def read(self, body: bytes) -> Row:
        """One row from its JSON.

        Args:
            body: The JSON.

        Returns:
            Every input of the contract by name, None where there is no value.

        Raises:
            Malformed: If it is no JSON, or has a key twice.
            InvalidRow: If the contract refuses it.
        """
        try:
            found = self._validate(body)
        except ValidationError as error:
            raise self._problem(error) from None
        # Counts every key and perhaps more, so that a match means that none came twice.
        if len(_KEY_ENDS.findall(body)) != len(found.__pydantic_fields_set__):
            refuse_doubled_keys(body)
        row: dict[str, Any] = found.__dict__
        if self._renamed:
            row = {self._renamed.get(name) or name: value for name, value in row.items()}
        return row

    def read_value(self, value: object) -> Row | list[FieldFault]:
        """One row that has been parsed already, or what is wrong with it."""
        try:
            return self.read(pydantic_core.to_json(value, inf_nan_mode="constants"))
        except InvalidRow as problem:
            return list(problem.errors or ())
        except (Malformed, ValueError, pydantic_core.PydanticSerializationError):
            return [FieldFault("", "The row cannot be read.", "an object of plain values", "")]

    def warnings(self, row: Row) -> list[Any]:
        """What the model does without, or does not know, in a row: items for `orjson.dumps`."""
        found: list[Any] = [warning for name, warning in self.optional.items() if row[name] is None]
        found += (self.unseen_warning(name, row[name]) for name in self.unseen(row))
        return found

    def unseen(self, row: Row) -> list[str]:
        """The columns whose value the contract does not list."""
        return [
            name
            for name, known in self.open.items()
            if row[name] not in known and row[name] is not None
        ]

    def unseen_warning(self, name: str, value: object) -> orjson.Fragment:
        """The warning of a category the contract does not list, as JSON."""
        title = self.contract.columns[name].title
        message = f"{title} {str(value)[:80]!r} is not known; the model takes it for any other."
        warning = FieldWarning(field=name, kind=WarningKind.UNSEEN, message=message)
        return orjson.Fragment(warning.model_dump_json())

    def _problem(self, error: ValidationError) -> InvalidRow | Malformed:
        found = error.errors(include_url=False, include_context=False)
        if found[0]["type"] == "json_invalid":
            return Malformed(f"The body is no JSON: {_position(found[0]['msg'])}.")
        faults = [fault(self.contract, one) for one in found[:_MOST_FAULTS]]
        count = "One field is" if len(found) == 1 else f"{len(found)} fields are"
        return InvalidRow(f"{count} not what the contract asks for.", errors=faults)


def refuse_doubled_keys(body: bytes) -> None:
    """Refuse JSON that has a key twice: whichever counts, somebody meant the other.

    Args:
        body: Valid JSON.

    Raises:
        Malformed: If an object in it has a key twice.
    """
    import json

    try:
        json.loads(body, object_pairs_hook=_distinct)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"The body cannot be read: {error}") from None


def _distinct(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found = list(pairs)
    if len(dict(found)) != len(found):
        (name, _), *_ = Counter(name for name, _ in found).most_common(1)
        raise Malformed(f"The key {name[:80]!r} is there twice; leave it once.")
    return dict(found)


def _position(message: str) -> str:
    return message.removeprefix("Invalid JSON: ")


def _missing(name: str, title: str) -> orjson.Fragment:
    message = f"{title} is missing; the model does without it."
    warning = FieldWarning(field=name, kind=WarningKind.MISSING, message=message)
    return orjson.Fragment(warning.model_dump_json())
