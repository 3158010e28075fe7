"""Single rows as they arrive: parsed and checked against the contract."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import orjson
import pydantic_core
from pydantic import ValidationError

from api.http.exceptions import FieldFault, InvalidRow, Malformed
from api.rows.faults import fault
from api.rows.row_warnings import Row, RowWarnings
from weekwise.contract.model import Contract
from weekwise.contract.row import row_model

KEY_END = re.compile(rb'"\s*:')
"""The end of a key in JSON; inside text it may match, too."""

_MAX_FAULTS = 100
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
        model = row_model(contract, self.inputs)
        self._validate = model.__pydantic_validator__.validate_json
        # Columns whose names cannot be attributes have other names in the Pydantic model.
        self._column_names = {
            attribute: field.alias
            for attribute, field in model.model_fields.items()
            if field.alias is not None
        }

    def read(self, body: bytes) -> Row:
        """One row from its JSON.

        Args:
            body: The JSON.

        Returns:
            Every input of the model by name, None where there is no value.

        Raises:
            Malformed: If it is not JSON, or has a key twice.
            InvalidRow: If the contract refuses it.
        """
        try:
            validated = self._validate(body)
        except ValidationError as error:
            raise self._problem(error) from None
        # The count may exceed the number of keys, never fall below it: equal means no key twice.
        if len(KEY_END.findall(body)) != len(validated.__pydantic_fields_set__):
            refuse_duplicate_keys(body)
        row: dict[str, Any] = validated.__dict__
        if self._column_names:
            row = {self._column_names.get(name) or name: value for name, value in row.items()}
        return row

    def read_value(self, value: object) -> Row | list[FieldFault]:
        """One row that has been parsed already, or what is wrong with it.

        Args:
            value: The row as parsed from JSON.
        """
        try:
            return self.read(pydantic_core.to_json(value, inf_nan_mode="constants"))
        except InvalidRow as problem:
            return list(problem.errors or ())
        except (Malformed, ValueError, pydantic_core.PydanticSerializationError):
            return [FieldFault("", "The row cannot be read.", "an object of plain values", "")]

    def _problem(self, error: ValidationError) -> InvalidRow | Malformed:
        errors = error.errors(include_url=False, include_context=False)
        if errors[0]["type"] == "json_invalid":
            reason = errors[0]["msg"].removeprefix(_JSON_ERROR)
            return Malformed(f"The body is not valid JSON: {reason}.")
        faults = [fault(self.contract, self.inputs, item) for item in errors[:_MAX_FAULTS]]
        count = "One field does" if len(errors) == 1 else f"{len(errors)} fields do"
        return InvalidRow(f"{count} not match the contract.", errors=faults)


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
