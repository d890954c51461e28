"""Makes each sink that the configuration names."""

from agent.secrets import Secrets
from agent.settings import SinkSettings
from agent.sinks.sink import Sink
from probes.probe import Secret


def make(settings: SinkSettings, secrets: Secrets) -> Sink | None:
    """Return the sink that `settings` describe; None for a kind that this version does not speak yet.

    Raises:
        agent.sinks.proof.Unfit: its address or a secret is of no use.
    """
    if settings.kind != "https":
        return None
    from agent.sinks.https import HttpsSink  # noqa: PLC0415  httpx is heavy, and only the service delivers

    def secret(name: str | None) -> Secret | None:
        return None if name is None else secrets.get(name)

    return HttpsSink(
        name=settings.name,
        url=settings.url,
        token=secret(settings.token),
        hmac=secret(settings.hmac),
        client_certificate=secret(settings.client_certificate),
        compression=settings.compression,
    )
