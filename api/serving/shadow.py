"""The shadow: another version that predicts live rows beside the champion, for nobody to see.

It works off the path of answers. Whatever fails with it changes no answer.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from api.rows.arrow_types import arrow_array
from api.rows.batch_reader import BatchReader
from api.serving import heap
from api.serving.answered_rows import AnsweredGroup, AnsweredRows
from api.serving.loaded_model import LoadedModel
from api.serving.model_in_service import ModelInService
from api.serving.registry_reader import NothingInServiceError, RegistryReader, UnreachableError
from api.serving.request_log import stamps
from api.serving.retry_pause import RetryPause
from api.serving.row_recorder import RowRecorder
from api.shadow_metrics import ShadowMetrics

if TYPE_CHECKING:
    import pyarrow as pa

log = logging.getLogger(__name__)


@dataclass
class ShadowModel:
    """Follows the alias or the version that is the shadow.

    Attributes:
        registry: The registry.
        wanted: The alias or version.
        champion: The model in service.
        metrics: Where it is shown which version is the shadow.
        poll_seconds: How often to check.
        clock: A clock in seconds that never goes back.
        current: The shadow; none if there is none, or it is the champion itself.
        problem: Why there is none; none if all is well.
    """

    registry: RegistryReader
    wanted: str
    champion: ModelInService
    metrics: ShadowMetrics
    poll_seconds: float
    clock: Callable[[], float] = time.monotonic
    current: LoadedModel | None = None
    problem: str | None = None
    _failures: RetryPause = field(init=False)
    _thread: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="shadow")
    )

    def __post_init__(self) -> None:
        self._failures = RetryPause(self.poll_seconds, self.clock)

    async def run(self) -> None:
        """Follow until canceled."""
        try:
            while True:
                await self.check()
                await asyncio.sleep(self.poll_seconds)
        finally:
            self._thread.shutdown(wait=False, cancel_futures=True)

    async def check(self) -> None:
        """Check once which version is the shadow, and load it."""
        champion = self.champion.current
        if champion is None:
            return
        try:
            await self._follow(champion)
        except UnreachableError:
            # The shadow stays what it was, as the champion does; the watcher has said why.
            return
        except NothingInServiceError as error:
            self._set(None, str(error))
        except Exception:
            log.exception("the shadow could not be checked")

    async def _follow(self, champion: LoadedModel) -> None:
        loop = asyncio.get_running_loop()
        release = await loop.run_in_executor(self._thread, self.registry.shadow, self.wanted)
        key = (release.version, release.source)
        if key == (champion.version, champion.release.source):
            self._set(None, f"Version {release.version} is in service itself.")
            return
        current = self.current
        if current is not None and key == (current.version, current.release.source):
            if fault := _incomparable(champion, current):
                self._set(None, fault)
            return
        if not self._failures.allow(key):
            return
        self._set(None, f"Version {release.version} is being loaded.")
        try:
            shadow = await loop.run_in_executor(self._thread, self.registry.fetch_apart, release)
        except Exception:
            self._failures.note(key)
            log.exception("version %s cannot be the shadow", release.version)
            self._set(None, f"Version {release.version} does not work; the log says why.")
            return
        fault = _incomparable(champion, shadow)
        if fault:
            self._failures.note(key)
            self._set(None, fault)
            return
        self._failures.clear()
        self._set(shadow, None)
        await loop.run_in_executor(self._thread, heap.tidy)

    def _set(self, shadow: LoadedModel | None, problem: str | None) -> None:
        if shadow is not self.current:
            self.metrics.loaded(None if shadow is None else shadow.version)
        if shadow is not None:
            log.info("version %s is the shadow", shadow.version)
        elif problem != self.problem:
            log.info("there is no shadow: %s", problem)
        self.current, self.problem = shadow, problem


@dataclass
class Shadow:
    """Predicts live rows once more, and tells how the two predictions differ.

    Attributes:
        model: Which version predicts.
        metrics: Where differences are counted.
    """

    model: ShadowModel
    metrics: ShadowMetrics

    def scored(self, group: AnsweredGroup) -> pa.Table | None:
        """Predict the rows, and compare; in a thread.

        Args:
            group: The rows.

        Returns:
            When and to which request they were answered, both versions, both predictions as one
            number a row, how far they are apart, and whether they decide otherwise.
        """
        import pyarrow as pa

        shadow, champion = self.model.current, group.model
        if shadow is None or shadow.version == champion.version:
            return None
        read = BatchReader(shadow.reader, len(group)).read_rows(_rows(group, shadow))
        self.metrics.refused(champion.version, shadow.version, len(read.faults))
        if not read.valid:
            return None
        predicted = shadow.predict_columns(shadow.completed_batch(read).columns)[0]
        task, others = champion.predictor.task, shadow.predictor.task
        places = read.valid
        ours = np.array([group.predictions[place] for place in places])
        theirs = task.aligned(np.array(predicted), others)
        differences = task.differences(ours, theirs)
        decided = task.decisions(ours, champion.predictor.settings)
        otherwise = task.decisions(theirs, shadow.predictor.settings)
        differs = None if decided is None or otherwise is None else decided != otherwise
        self.metrics.compared(
            champion.version,
            shadow.version,
            differences.tolist(),
            None if differs is None else int(differs.sum()),
        )
        rows = len(places)
        return pa.table(
            {
                **{name: column.take(pa.array(places)) for name, column in stamps(group).items()},
                "model_version": pa.array([champion.version] * rows),
                "shadow_version": pa.array([shadow.version] * rows),
                "predicted": pa.array(task.level(ours)),
                "shadow_predicted": pa.array(task.level(theirs)),
                "difference": pa.array(differences),
                "differs": pa.array([None] * rows if differs is None else differs, pa.bool_()),
            }
        )


@dataclass(frozen=True)
class ShadowFollower:
    """Gives a share of the rows to the shadow while there is one.

    Attributes:
        model: The shadow.
        recorder: What takes the rows.
        share: The share, from 0 to 1; each row is chosen by itself.
    """

    model: ShadowModel
    recorder: RowRecorder
    share: float
    _random: np.random.Generator = field(default_factory=np.random.default_rng)

    def take(self, answered: AnsweredRows) -> None:
        """Note some rows if there is a shadow; called in the event loop's thread.

        Args:
            answered: The rows.
        """
        if self.model.current is None:
            return
        rows = len(answered)
        if rows == 1:
            if self._random.random() < self.share:
                self.recorder.take(answered)
            return
        chosen = np.flatnonzero(self._random.random(rows) < self.share)
        if chosen.size:
            self.recorder.take(replace(answered, chosen=chosen))


def _incomparable(champion: LoadedModel, shadow: LoadedModel) -> str | None:
    """Why the predictions of two models cannot be compared, if they cannot."""
    ours, theirs = champion.predictor, shadow.predictor
    same_target = ours.contract.target == theirs.contract.target
    if same_target and ours.task.name == theirs.task.name:
        return None
    return f"Version {shadow.version} predicts something else than version {champion.version}."


def _rows(group: AnsweredGroup, shadow: LoadedModel) -> list[Any]:
    """The rows as the shadow's reader takes them."""
    import pyarrow as pa

    columns = group.model.predictor.contract.columns
    table = pa.table(
        {
            name: arrow_array(columns[name], group.columns[name])
            for name in shadow.reader.inputs
            if name in group.columns
        }
    )
    return list(table.to_pylist())
