"""A body as it comes in, unpacked where the device packed it unasked, and never beyond its cap."""

import zlib

from probes.errors import Malformed

_PACKED = ("gzip", "x-gzip", "deflate")


class Unpacking:
    """Takes a body piece by piece; `cap` is in bytes and holds before and after unpacking."""

    def __init__(self, *, coding: str, cap: int) -> None:
        """Begin a body of the given Content-Encoding (empty: plain).

        Raises:
            Malformed: a coding that we do not know.
        """
        named = coding.strip().lower()
        if named not in ("", "identity", *_PACKED):
            raise Malformed("answer.encoded")
        self._unpack = zlib.decompressobj(zlib.MAX_WBITS | 32) if named in _PACKED else None
        self._cap = cap
        self._taken = 0
        self._read = bytearray()

    def feed(self, chunk: bytes) -> None:
        """Take one piece.

        Raises:
            Malformed: too large by now, or not packed as promised.
        """
        self._taken += len(chunk)
        if self._unpack is not None:
            try:
                chunk = self._unpack.decompress(chunk, self._cap + 1)
            except zlib.error:
                raise Malformed("answer.encoded") from None
        self._read += chunk
        if max(len(self._read), self._taken) > self._cap:
            raise Malformed("answer.too_large", limit=self._cap >> 20)

    def whole(self) -> bytes:
        """Return the body.

        Raises:
            Malformed: what was packed ends before its end.
        """
        if self._unpack is not None and self._taken and not self._unpack.eof:
            raise Malformed("answer.truncated")
        return bytes(self._read)
