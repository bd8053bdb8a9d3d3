"""Messages between two processes over a socket: four bytes of length, then JSON. What comes in is data and runs never.

An empty message from the other side says that it has imported what it needs and begins.
"""

import socket
from typing import Final

import msgspec

from cnninspect import json_text
from cnninspect.file_limits import MOST_BYTES

_HEAD: Final = 4  # bytes
_PIECE: Final = 2**20
_BEGUN: Final = b""


def packed(value: msgspec.Struct) -> bytes:
    """A value as JSON."""
    return json_text.compact(value).encode()


def send(channel: socket.socket, content: bytes = _BEGUN) -> None:
    """Send a message, whole.

    Args:
        channel: Blocks until it is taken.
        content: What is sent.

    Raises:
        OSError: Nobody is there any more.
    """
    channel.sendall(len(content).to_bytes(_HEAD, "big") + content)


class Inbox:
    """What has come in over a channel and is not yet a whole message."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._held = bytearray()
        self.is_closed = False

    def fileno(self) -> int:
        """To wait for what comes in."""
        return self._channel.fileno()

    def wait(self) -> bytes | None:
        """The next message; ``None`` if there will be none.

        Raises:
            TimeoutError: None comes within the time that the channel has.
        """
        while not self.is_closed:
            if (message := self.taken()) is not None:
                return message
            self._take(self._channel.recv(_PIECE))
        return None

    def look(self) -> None:
        """Take in what is there already, without waiting."""
        try:
            while not self.is_closed:
                self._take(self._channel.recv(_PIECE, socket.MSG_DONTWAIT))
        except BlockingIOError:
            pass
        except OSError:  # the other side is gone with something unread
            self.is_closed = True

    def taken(self) -> bytes | None:
        """A message that has come in whole, which is then gone; ``None`` if there is none."""
        if len(self._held) < _HEAD:
            return None
        length = int.from_bytes(self._held[:_HEAD], "big")
        if length > MOST_BYTES:  # no message of ours: nothing behind it can be told apart
            self.is_closed = True
            self._held.clear()
        if len(self._held) < _HEAD + length:
            return None
        message = bytes(self._held[_HEAD : _HEAD + length])
        del self._held[: _HEAD + length]
        return message

    def _take(self, piece: bytes) -> None:
        self.is_closed = not piece
        self._held += piece
