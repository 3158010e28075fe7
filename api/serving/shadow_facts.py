"""What `GET /shadow` says: which version is the shadow, and how it differs."""

from __future__ import annotations

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from api import schemas
from api.serving.model_in_service import ModelInService
from api.serving.shadow import ShadowModel
from weekwise.errors import StoreError
from weekwise.model.shadow_scores import ShadowComparison, compared, shadow_days

log = logging.getLogger(__name__)


@dataclass
class ShadowFactsReader:
    """Reads what all workers have kept of the shadow.

    Attributes:
        shadow: The shadow; none if none is asked for.
        champion: The model in service.
        folder: Where its predictions are kept.
        thread: Where files are read.
        fresh_seconds: How long what was read may be reused.
    """

    shadow: ShadowModel | None
    champion: ModelInService
    folder: Path
    thread: ThreadPoolExecutor
    fresh_seconds: float
    _compared: tuple[ShadowComparison, ...] = ()
    _read_at: float | None = None

    async def read(self) -> schemas.ShadowFacts:
        """The shadow, and the comparisons of the last days, today's among them.

        Raises:
            NoModel: If no model is in service.
        """
        task = self.champion.required().predictor.task
        if self.shadow is None:
            return schemas.ShadowFacts(wanted=None, version=None, problem=None, compared=[])
        pairs = await asyncio.get_running_loop().run_in_executor(self.thread, self._pairs)
        current = self.shadow.current
        return schemas.ShadowFacts(
            wanted=self.shadow.wanted,
            version=None if current is None else current.version,
            problem=self.shadow.problem,
            compared=[
                schemas.ShadowPair(**pair.model_dump(), summary=pair.words(task)) for pair in pairs
            ],
        )

    def _pairs(self) -> tuple[ShadowComparison, ...]:
        now = time.monotonic()
        if self._read_at is None or now - self._read_at > self.fresh_seconds:
            tomorrow = datetime.now(UTC).date() + timedelta(days=1)
            try:
                self._compared = compared(shadow_days(self.folder), tomorrow)
            except StoreError as error:
                log.error("%s", error)  # noqa: TRY400 - its sentence says all
                self._compared = ()
            self._read_at = now
        return self._compared
