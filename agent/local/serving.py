"""The service's door: its socket with all verbs, for as long as it runs; the service goes on without it as well."""

import contextlib
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path

import structlog

from agent.delivery import Delivery
from agent.house import House
from agent.local.server import Server
from agent.local.verbs import verbs
from agent.local.where import NAME, Taken, place
from agent.settings import SiteFile

log = structlog.get_logger(__name__)


@contextlib.asynccontextmanager
async def serving(
    house: House,
    *,
    state: Path,
    site: Callable[[], SiteFile],
    deliveries: Callable[[], tuple[Delivery, ...]],
    environment: Mapping[str, str] | None = None,
) -> AsyncIterator[None]:
    """Answer the command line while the block lasts.

    A socket in `$RUNTIME_DIRECTORY` is pointed to from the state directory, for those who do not have that variable.
    """
    path = place(state, os.environ if environment is None else environment)
    async with contextlib.AsyncExitStack() as stack:
        try:
            server = Server(path=path, verbs=verbs(house, site=site, deliveries=deliveries))
            await stack.enter_async_context(server)
            if path.parent != state:
                stack.enter_context(_signpost(state / NAME, path))
        except (OSError, Taken) as fault:
            log.error("local_socket_failed", path=str(path), reason=str(fault))  # noqa: TRY400  a trace tells nothing more
        yield


@contextlib.contextmanager
def _signpost(post: Path, path: Path) -> Iterator[None]:
    fresh = post.with_name(f".{NAME}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(path.absolute())
    fresh.replace(post)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            post.unlink()
