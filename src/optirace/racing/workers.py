"""Shares work among processes that end when this one does."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from optirace.errors import OptiraceError
from optirace.system import unix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_Task = TypeVar("_Task")
_Done = TypeVar("_Done")


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def shared(
    do: Callable[[_Task], _Done], tasks: Sequence[_Task], jobs: int
) -> Iterator[tuple[_Task, _Done]]:
    """Yield every task and what `do` made of it: in their order in this process, or as they come
    from `jobs` others.

    Processes and not threads: numpy's calls on arrays that fit the cache are too short between two
    turns of the lock. What `do` raises is raised here. Whatever ends the iteration ends the
    processes at once; if this one is killed, they end at the broken pipe after their present task.
    Raises OptiraceError when one of them dies.

    A copy of this process (fork) starts at once, and can do what no pickle can carry; where another
    thread might be copied in the middle of something, and where the system is not Linux, a fresh
    interpreter (spawn) takes 0.3 s, and what cannot be pickled is done here. So is all in a process
    that may have no children: another's worker that is a daemon.
    """
    method = "fork" if unix.is_linux() and threading.active_count() == 1 else "spawn"
    if jobs == 1 or _is_childless() or (method == "spawn" and not _can_be_sent(do)):
        yield from ((task, do(task)) for task in tasks)
        return
    import multiprocessing  # one process needs no others

    context: Any = multiprocessing.get_context(method)
    workers: dict[Any, Any] = {}
    try:
        with unix.deaf():  # it is for us to end them
            for index in range(jobs):
                ours, theirs = context.Pipe(duplex=False)
                # A copy holds the reading ends that there are: unless it closes them, its siblings'
                # pipes never break.
                inherited = [*workers, ours] if method == "fork" else []
                workers[ours] = context.Process(
                    target=_work, args=(theirs, inherited, do, tasks[index::jobs]), daemon=True
                )
                workers[ours].start()
                theirs.close()
        for _ in tasks:
            yield _next(workers)
    finally:
        for pipe, worker in workers.items():
            if worker.pid is not None:
                worker.kill()
                worker.join()
            pipe.close()


def _is_childless() -> bool:
    process = sys.modules.get(
        "multiprocessing.process"
    )  # which every process that multiprocessing starts has loaded
    return process is not None and process.current_process().daemon


def _can_be_sent(value: object) -> bool:
    import pickle  # one process sends nothing to others

    try:
        pickle.dumps(value)
    except (pickle.PicklingError, AttributeError, TypeError):
        return False
    return True


def _next(workers: dict[Any, Any]) -> Any:
    from multiprocessing import connection  # one process waits for no others

    while True:
        pipe: Any = connection.wait(list(workers))[0]
        try:
            result = pipe.recv()
        except EOFError:
            worker = workers.pop(pipe)
            worker.join()
            if worker.exitcode:
                raise OptiraceError(
                    "a process", f"ended with status {worker.exitcode} before its work was done"
                ) from None
        else:
            if isinstance(result, Exception):
                raise result
            return result


def _work(
    pipe: Any, inherited: Sequence[Any], do: Callable[[Any], Any], tasks: Sequence[Any]
) -> None:
    for each in inherited:
        each.close()
    try:
        for task in tasks:
            pipe.send((task, do(task)))
    except OSError:
        return  # nobody listens any more
    except Exception as problem:  # noqa: BLE001 - it is raised on the other side
        pipe.send(problem)
