"""Messages come out whole and in order, however they come in."""

import socket

from cnninspect.file_limits import MOST_BYTES
from cnninspect.sweep.messages import Inbox, send


def test_pieces_and_several_at_once() -> None:
    ours, theirs = socket.socketpair()
    inbox = Inbox(ours)
    inbox.look()
    assert inbox.taken() is None
    for byte in (3).to_bytes(4, "big") + b"ab":
        theirs.sendall(bytes([byte]))
        inbox.look()
        assert inbox.taken() is None
    theirs.sendall(b"c")
    send(theirs)
    send(theirs, b"next")
    theirs.close()
    inbox.look()
    assert [inbox.taken(), inbox.taken(), inbox.taken(), inbox.taken()] == [b"abc", b"", b"next", None]
    assert inbox.is_closed
    assert inbox.wait() is None
    ours.close()


def test_what_is_longer_than_any_message_ends_it() -> None:
    ours, theirs = socket.socketpair()
    inbox = Inbox(ours)
    theirs.sendall((MOST_BYTES + 1).to_bytes(4, "big") + b"rest")
    inbox.look()
    assert inbox.taken() is None
    assert inbox.is_closed
    ours.close()
    theirs.close()
