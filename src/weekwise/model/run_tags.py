"""What a run leaves with the registered model before its report is done, as tags by its date."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST, ErrorCode
from pydantic import ValidationError

from weekwise.model.contenders import Candidate

_CANDIDATE = "candidate."
_NEXT_CHAMPION = "next_champion."
_NOBODY = "none"
_REASON_LIMIT = 1000
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Expected:
    """Where a run's verdict moves the champion.

    Attributes:
        version: The version; none if the alias is taken away.
    """

    version: str | None


@dataclass(frozen=True)
class RunTags:
    """The tags of one registered model.

    Attributes:
        client: The registry.
        name: The registered model.
    """

    client: MlflowClient
    name: str

    def record_candidate(self, as_of: date, candidate: Candidate) -> None:
        """Remember what a run brings to the promotion gate."""
        short = candidate.model_copy(update={"reason": candidate.reason[:_REASON_LIMIT]})
        self._set(f"{_CANDIDATE}{as_of}", short.model_dump_json())

    def candidate(self, as_of: date) -> Candidate | None:
        """What a run brought to the promotion gate, if it got so far."""
        written = self._get(f"{_CANDIDATE}{as_of}")
        try:
            return None if written is None else Candidate.model_validate_json(written)
        except ValidationError:
            # Changed in MLflow itself: the run of that date trains again.
            return None

    def judged_weeks(self) -> set[date]:
        """The runs that brought something to the promotion gate."""
        days = {key.removeprefix(_CANDIDATE) for key in self._tags() if key.startswith(_CANDIDATE)}
        return {date.fromisoformat(day) for day in days if _DATE.fullmatch(day)}

    def expect(self, as_of: date, version: str | None) -> None:
        """Remember where a run's verdict moves the champion: to a version, or away."""
        self._set(f"{_NEXT_CHAMPION}{as_of}", version or _NOBODY)

    def expected(self, as_of: date) -> Expected | None:
        """Where a run's verdict moves the champion; none once that is done."""
        version = self._get(f"{_NEXT_CHAMPION}{as_of}")
        return None if version is None else Expected(None if version == _NOBODY else version)

    def forget_expected(self, as_of: date) -> None:
        """The verdict of a run has been carried out, or moves nothing."""
        key = f"{_NEXT_CHAMPION}{as_of}"
        if self._get(key) is not None:
            self.client.delete_registered_model_tag(self.name, key)

    def _set(self, key: str, value: str) -> None:
        self.client.set_registered_model_tag(self.name, key, value)

    def _get(self, key: str) -> str | None:
        value = self._tags().get(key)
        return None if value is None else str(value)

    def _tags(self) -> dict[str, str]:
        try:
            return dict(self.client.get_registered_model(self.name).tags)
        except MlflowException as error:
            if error.error_code == ErrorCode.Name(RESOURCE_DOES_NOT_EXIST):
                return {}
            raise
