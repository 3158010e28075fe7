"""Single rows as they arrive: parsed and checked against the contract."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

import orjson
import pydantic_core
from pydantic import ValidationError

from api.http.exceptions import FieldFault, InvalidRow, Malformed, TooManyRows
from api.rows.faults import fault
from api.rows.near_values import NearValues
from api.rows.row_warnings import Row, RowWarnings
from weekwise.contract.model import Contract
from weekwise.contract.row import row_model

KEY_END = re.compile(rb'"\s*:')
"""The end of a key in JSON; inside text it may match, too."""

MAX_FAULTS = 100
MAX_UNKNOWN = 20
"""How many fields that the contract does not have are told one by one."""

_MORE_PARTS = 1_000
_TEXT_OR_PART = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\Z)|[\[{]', re.DOTALL)
_JSON_ERROR = "Invalid JSON: "


class RowReader:
    """Reads rows of one contract.

    Attributes:
        contract: What a row is.
        inputs: Names of the raw columns that the model takes: all that one may take, if left out.
        warnings: What finds the warnings of the rows it reads.

    Args:
        contract: As above.
        inputs: As above.
        derived: Names of the derived columns that the model takes.
    """

    def __init__(
        self,
        contract: Contract,
        inputs: Sequence[str] | None = None,
        derived: Sequence[str] = (),
    ) -> None:
        self.contract = contract
        self.inputs = list(contract.inputs if inputs is None else inputs)
        self.warnings = RowWarnings(contract, self.inputs, derived)
        self._known = frozenset((*contract.columns, *contract.derived))
        self._near = {
            name: NearValues(contract.columns[name])
            for name in self.inputs
            if contract.columns[name].values is not None
        }
        model = row_model(contract, self.inputs)
        self._validate = model.__pydantic_validator__.validate_json
        # Columns whose names cannot be attributes have other names in the Pydantic model.
        self._column_names = {
            attribute: field.alias
            for attribute, field in model.model_fields.items()
            if field.alias is not None
        }

    def read(self, body: bytes, *, hint: bool = True) -> Row:
        """One row from its JSON.

        Args:
            body: The JSON.
            hint: Whether to look for the listed value that was meant by one that is not.

        Returns:
            Every input of the model by name, None where there is no value.

        Raises:
            Malformed: If it is not JSON, or has a key twice.
            InvalidRow: If the contract refuses it.
        """
        # The count may exceed the number of keys, never fall below it: equal means no key twice.
        ends = len(KEY_END.findall(body))
        if ends > len(self._known) + MAX_FAULTS:
            self._refuse_unknown(body)
        try:
            validated = self._validate(body)
        except ValidationError as error:
            raise self._problem(error, body, hint=hint) from None
        if ends != len(validated.__pydantic_fields_set__):
            refuse_duplicate_keys(body)
        row: dict[str, Any] = validated.__dict__
        if self._column_names:
            row = {self._column_names.get(name) or name: value for name, value in row.items()}
        return row

    def read_value(self, value: object, *, hint: bool = True) -> Row | list[FieldFault]:
        """One row that has been parsed already, or what is wrong with it.

        Args:
            value: The row as parsed from JSON.
            hint: Whether to look for the listed value that was meant by one that is not.
        """
        try:
            return self.read(pydantic_core.to_json(value, inf_nan_mode="constants"), hint=hint)
        except InvalidRow as problem:
            return list(problem.errors or ())
        except (Malformed, ValueError, pydantic_core.PydanticSerializationError):
            return [FieldFault("", "The row cannot be read.", "an object of plain values", "")]

    def _refuse_unknown(self, body: bytes) -> None:
        """Refuse a row with very many unknown fields before anything is made of each of them."""
        row, _ = parse_json(body)
        if not isinstance(row, dict):
            return
        unknown = row.keys() - self._known
        if len(unknown) <= MAX_FAULTS:
            return
        shown = sorted(unknown)[:MAX_UNKNOWN]
        errors = [{"type": "extra_forbidden", "loc": (name,), "input": row[name]} for name in shown]
        raise InvalidRow(
            f"The row has {len(unknown):,} fields that the contract does not have; leave them out. "
            f"The first {len(shown)} are listed; GET /schema has the right ones.",
            errors=[fault(self.contract, self.inputs, item) for item in errors],
        )

    def _problem(
        self, error: ValidationError, body: bytes, *, hint: bool
    ) -> InvalidRow | Malformed:
        # Pydantic would put the whole row into the error of each field that is missing.
        errors = error.errors(include_url=False, include_context=False, include_input=False)
        if errors[0]["type"] == "json_invalid":
            reason = errors[0]["msg"].removeprefix(_JSON_ERROR)
            return Malformed(f"The body is not valid JSON: {reason}.")
        row = pydantic_core.from_json(body, allow_inf_nan=True)
        values = row if isinstance(row, dict) else {}
        unknown = [item for item in errors if item["type"] == "extra_forbidden"]
        known = [item for item in errors if item["type"] != "extra_forbidden"]
        told = (*known[: MAX_FAULTS - MAX_UNKNOWN], *unknown[:MAX_UNKNOWN])
        faults = [
            fault(
                self.contract,
                self.inputs,
                {**item, "input": values.get(item["loc"][0]) if item["loc"] else row},
                self._near if hint else None,
            )
            for item in told
        ]
        fields = "1 field needs" if len(errors) == 1 else f"{len(errors)} fields need"
        listed = "" if len(told) == len(errors) else f" {len(told)} of them are listed."
        return InvalidRow(f"{fields} fixing.{listed}", errors=faults)


def parse_json(body: bytes) -> tuple[Any, bool]:
    """A body parsed, and whether it is strictly JSON.

    NaN and infinity are not JSON. They are parsed all the same, so that they can be reported with
    their row and field.

    Args:
        body: The request's body.

    Raises:
        Malformed: If it cannot be parsed.
    """
    try:
        return orjson.loads(body), True
    except orjson.JSONDecodeError:
        try:
            return pydantic_core.from_json(body, allow_inf_nan=True), False
        except ValueError as error:
            raise Malformed(f"The body is not valid JSON: {error}.") from None


def refuse_many_parts(body: bytes, most: int) -> None:
    """Refuse JSON of very many lists and objects before it is parsed.

    One parse holds Python's lock, and with it every other request, until its end, and what takes
    the time is not the bytes but the parts.

    Args:
        body: The JSON.
        most: How many lists and objects its rows may have; some more may hold the rows.

    Raises:
        TooManyRows: If it has more.
    """
    most += _MORE_PARTS
    if body.count(b"[") + body.count(b"{") <= most:
        return
    # Text may have brackets, too.
    parts = (True for token in _TEXT_OR_PART.finditer(body) if token[0] in (b"[", b"{"))
    if sum(islice(parts, most + 1)) > most:
        raise TooManyRows(f"The body has more than {most:,} lists and objects; send fewer rows.")


def refuse_hidden_keys(body: bytes, keys: int) -> None:
    """Refuse JSON that has more keys than were parsed of it, as one that is there twice is lost.

    Args:
        body: Valid JSON.
        keys: How many keys were found in it.

    Raises:
        Malformed: If an object in it has a key twice.
    """
    if len(KEY_END.findall(body)) != keys:
        refuse_duplicate_keys(body)


def refuse_duplicate_keys(body: bytes) -> None:
    """Refuse JSON that has a key twice: whichever counts, somebody meant the other.

    Args:
        body: Valid JSON.

    Raises:
        Malformed: If an object in it has a key twice.
    """
    import json

    try:
        json.loads(body, object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"The body cannot be read: {error}") from None


def _without_duplicates(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    items = list(pairs)
    if len(dict(items)) != len(items):
        (name, _), *_ = Counter(name for name, _ in items).most_common(1)
        raise Malformed(f"The key {name[:80]!r} is there twice; send it once.")
    return dict(items)
