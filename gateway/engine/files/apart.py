"""A mapping's function in a thread of its own: it may take its time, and may not come to an end.

Files of a big centre take longer to make than the loop may stand still, so the guard of the other
functions (docs/decisions/0009-mappings-that-misbehave.md) does not fit. No pool: at the end of
the process nobody waits for a thread that hangs.
"""

from __future__ import annotations

import asyncio
import ctypes
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from gateway.model.errors import FaultyMappingError

if TYPE_CHECKING:
    from collections.abc import Callable


class _EndedError(BaseException):
    """Raised in a thread whose result nobody waits for any more."""


async def apart(function: Callable[..., Any], *arguments: Any, seconds: float) -> Any:
    """Return what *function* returns.

    Raises:
        FaultyMappingError: it took longer than that, or raised what is no `Exception`.
        Exception: whatever it raises.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Any] = loop.create_future()

    def tell(setter: Callable[[Any], None], value: Any) -> None:
        if not done.done():
            setter(value)

    def work() -> None:
        try:
            outcome: tuple[Callable[[Any], None], Any] = done.set_result, function(*arguments)
        except Exception as problem:  # noqa: BLE001 - it is raised where it is waited for
            outcome = done.set_exception, problem
        except BaseException as problem:  # noqa: BLE001 - likewise
            named = FaultyMappingError(f"it raised {type(problem).__name__}")
            outcome = done.set_exception, named
        with suppress(RuntimeError):  # the loop is gone
            loop.call_soon_threadsafe(tell, *outcome)

    thread = threading.Thread(target=work, name="files", daemon=True)
    thread.start()
    try:
        async with asyncio.timeout(seconds):
            return await done
    except TimeoutError:
        raise FaultyMappingError("it did not come to an end") from None
    finally:
        if done.cancelled() and thread.is_alive():
            _end(thread)


def _end(thread: threading.Thread) -> None:
    """Raise in the middle of what a thread does, as soon as it does something in Python."""
    if thread.ident is not None:
        ident, problem = ctypes.c_ulong(thread.ident), ctypes.py_object(_EndedError)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, problem)
