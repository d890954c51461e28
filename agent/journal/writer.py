"""The one thread on which SQLite works: what arrives together is committed together."""

import queue
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import structlog

from agent.journal import place
from agent.journal.errors import Closed, Damaged, JournalError, Unwritable
from agent.journal.store import Store, Terms

_T = TypeVar("_T")
Act = Callable[[Store], _T]

_TOGETHER_MAX: Final = 1_000  # jobs in one commit


class _Job(Generic[_T]):
    def __init__(self, act: Act[_T], *, writes: bool) -> None:
        self.act = act
        self.writes = writes
        self.future: Future[_T] = Future()


class Writer:
    """Runs jobs on a store that it alone opens, reopens and closes."""

    def __init__(self, terms: Terms, *, linger_s: float) -> None:
        """Commit `linger_s` seconds after the first of those that wait; see `start`."""
        self._terms = terms
        self._linger = linger_s
        self._inbox: queue.SimpleQueue[_Job[Any] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
        self._store: Store | None = None
        self._guard = threading.Lock()  # between `submit` and `stop`: nothing may be queued behind the end
        self._stopped = False
        self._sinks: tuple[str, ...] | None = None
        self.ended: Future[None] = Future()
        self.aside: Path | None = None
        self.agent = ""
        self.epoch = ""
        self.commits = 0

    def start(self) -> "Future[None]":
        """Start the thread and open the store; the future tells how that went."""
        self._thread.start()
        return self.submit(lambda _: None, writes=False)

    def submit(self, act: Act[_T], *, writes: bool) -> "Future[_T]":
        """Queue `act`. A reading runs as soon as the thread is free; a writing is done when it is committed.

        Raises:
            Closed: after `stop`.
        """
        job = _Job(act, writes=writes)
        with self._guard:
            if self._stopped:
                raise Closed(path=str(self._terms.folder))
            self._inbox.put(job)
        return job.future

    def stop(self) -> None:
        """Let the thread do what is queued, close the store in order, and end; `ended` tells when."""
        with self._guard:
            if not self._stopped:
                self._stopped = True
                self._inbox.put(None)

    def remember_sinks(self, names: Iterable[str]) -> None:
        """Register these again should the journal have to begin anew."""
        self._sinks = tuple(names)

    def _work(self) -> None:
        going = True
        while going:
            job = self._inbox.get()
            if job is None:
                break
            if job.writes:
                batch = [job]
                going = self._gather(batch)
                self._commit(batch)
            else:
                self._answer(job)
        self._end()

    def _gather(self, batch: "list[_Job[Any]]") -> bool:
        """Wait for company; readings meanwhile are answered. Return whether to go on after this batch."""
        until = time.monotonic() + self._linger
        while len(batch) < _TOGETHER_MAX:
            try:
                left = until - time.monotonic()
                job = self._inbox.get(timeout=left) if left > 0 else self._inbox.get_nowait()
            except queue.Empty:
                return True
            if job is None:
                return False
            if job.writes:
                batch.append(job)
            else:
                self._answer(job)
        return True

    def _answer(self, job: "_Job[Any]") -> None:
        if not job.future.set_running_or_notify_cancel():
            return
        try:
            outcome = self._settled(job.act)
        except BaseException as fault:  # noqa: BLE001  it belongs to the one who asked
            job.future.set_exception(fault)
        else:
            job.future.set_result(outcome)

    def _commit(self, batch: "list[_Job[Any]]") -> None:
        jobs = [job for job in batch if job.future.set_running_or_notify_cancel()]
        if not jobs:
            return
        try:
            outcomes = self._settled(lambda store: self._together(store, jobs))
        except JournalError as fault:
            for job in jobs:
                job.future.set_exception(fault.again())
        except BaseException as fault:  # noqa: BLE001  it belongs to those who asked
            for job in jobs:
                job.future.set_exception(fault)
        else:
            self.commits += 1
            for job, (outcome, wrong) in zip(jobs, outcomes, strict=True):
                if wrong is None:
                    job.future.set_result(outcome)
                else:
                    job.future.set_exception(wrong)

    def _together(self, store: Store, jobs: "list[_Job[Any]]") -> "list[tuple[Any, Exception | None]]":
        """Run all in one transaction; one that raises for a reason of its own is undone alone."""
        outcomes: list[tuple[Any, Exception | None]] = []
        try:
            with store.db.transaction():
                for job in jobs:
                    try:
                        with store.db.savepoint():
                            outcomes.append((job.act(store), None))
                    except JournalError:
                        raise
                    except Exception as fault:  # noqa: BLE001  it belongs to the one who asked
                        store.folds.forget()
                        outcomes.append((None, fault))
                store.bound()
        except BaseException:
            store.folds.forget()
            raise
        return outcomes

    def _settled(self, act: Act[_T]) -> _T:
        """Run `act`; a damaged journal is set aside first and begun anew, a failing disk is opened anew next time."""
        try:
            return act(self._ready())
        except Damaged as fault:
            self._begin_anew(fault)
            return act(self._ready())
        except Unwritable as fault:
            if fault.phrase.key != "journal.full":  # the connection may not see that the disk has come back
                self._drop()
            raise

    def _ready(self) -> Store:
        if self._store is None:
            store = Store(self._terms)
            if self.epoch not in ("", store.epoch) and self._sinks is not None:
                names = self._sinks
                with store.db.transaction():
                    store.cursors.register(names)
            self._store, self.agent, self.epoch = store, store.agent, store.epoch
        return self._store

    def _begin_anew(self, fault: Damaged) -> None:
        self._drop()
        self.aside = place.set_aside(self._terms.folder, self._terms.moment().wall)
        structlog.get_logger().error("journal_set_aside", path=str(self.aside), fault=str(fault), epoch=self.epoch)

    def _drop(self) -> None:
        if self._store is not None:
            self._store.close(clean=False)
            self._store = None

    def _end(self) -> None:
        try:
            if self._store is not None:
                self._store.close(clean=True)
        except JournalError as fault:
            self._drop()
            structlog.get_logger().error("journal_closing_failed", fault=str(fault))
        finally:
            self.ended.set_result(None)
