"""What a run leaves with the registered model before its report is done, as tags by its date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST, ErrorCode

from weekwise.model.contenders import Candidate

_CANDIDATE = "candidate."
_NEXT_CHAMPION = "next_champion."
_REASON_LIMIT = 1000


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
        return None if written is None else Candidate.model_validate_json(written)

    def expect(self, as_of: date, version: str | None) -> None:
        """Remember the champion that a run's verdict asks for, or forget it."""
        key = f"{_NEXT_CHAMPION}{as_of}"
        if version is not None:
            self._set(key, version)
        elif self._get(key) is not None:
            self.client.delete_registered_model_tag(self.name, key)

    def expected(self, as_of: date) -> str | None:
        """The champion that a run's verdict asks for, until it is carried out."""
        return self._get(f"{_NEXT_CHAMPION}{as_of}")

    def _set(self, key: str, value: str) -> None:
        self.client.set_registered_model_tag(self.name, key, value)

    def _get(self, key: str) -> str | None:
        try:
            tags = self.client.get_registered_model(self.name).tags
        except MlflowException as error:
            if error.error_code == ErrorCode.Name(RESOURCE_DOES_NOT_EXIST):
                return None
            raise
        value = tags.get(key)
        return None if value is None else str(value)
