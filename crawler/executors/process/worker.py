"""What a worker process runs: it loads a plugin's code once, and calls it again and again.

Started as `python -m crawler.executors.process.worker SOCKET LIFELINE PARENT`.
"""

from __future__ import annotations

import faulthandler
import inspect
import os
import signal
import socket
import sys
from typing import Any

import msgspec

from crawler.errors import CrawlerError
from crawler.executors.process.frames import LIMIT, Frame, prefix, receive
from crawler.executors.process.loading import find_class, load, make_work
from crawler.executors.process.platform import die_with, lift_memory_limit, limit_memory
from crawler.executors.process.raising import in_words
from crawler.executors.process.reply import Said, Status
from crawler.executors.process.target import Setup
from crawler.executors.process.unsendable import Unsendable
from crawler.executors.process.wire import Part, Wire
from crawler.executors.work import Work
from crawler.stages import Drop, address_of, reason_of


class _Call(msgspec.Struct, array_like=True):
    name: str
    parts: list[Part]


def main() -> None:
    """Serve until the parent closes its end of the socket."""
    connection_number, lifeline, parent = map(int, sys.argv[1:])
    os.set_inheritable(connection_number, False)
    os.set_inheritable(lifeline, False)
    die_with(parent, lifeline)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.enable()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    with socket.socket(fileno=connection_number) as connection:
        frame = receive(connection)
        if frame is None:
            return
        setup = msgspec.msgpack.decode(frame[1], type=Setup)
        _restore(setup)
        server = _Server(connection, setup)
        try:
            if server.open(frame[0]):
                server.serve()
        except (BrokenPipeError, ConnectionResetError):  # nobody wants to know any more
            pass
        server.close()


def _restore(setup: Setup) -> None:
    sys.path[:] = setup.path
    sys.argv[:] = setup.arguments
    if setup.python_path is None:
        os.environ.pop("PYTHONPATH", None)
    else:
        os.environ["PYTHONPATH"] = setup.python_path


class _Server:
    """Runs the calls that come over a socket, one after the other."""

    def __init__(self, connection: socket.socket, setup: Setup) -> None:
        self._connection = connection
        self._setup = setup
        self._wire = Wire(_place, find_class)
        self._decoder = msgspec.msgpack.Decoder(_Call)
        self._file = setup.target.address.file
        self._spent = False
        self._work: Work | None = None

    def open(self, number: int) -> bool:
        """Load the code and set it up; say whether that went well, to the parent too."""
        try:
            work = make_work(self._setup.target)
            self._file = self._file or _file_of(load(self._setup.target.address))
            work.open()
            self._work = work
            missing = limit_memory(self._setup.memory)
        except CrawlerError as error:
            self._reply(number, Said(Status.RAISED, str(error)))
        except BaseException as error:  # SystemExit too: it is the plugin's
            self._reply(number, Said(Status.RAISED, *in_words(error, self._file)))
        else:
            self._reply(number, Said(Status.DONE, missing))
            return True
        return False

    def serve(self) -> None:
        """Answer calls until there are no more, or there is no memory left to do so."""
        while not self._spent:
            try:
                frame = receive(self._connection)
            except MemoryError as error:
                lift_memory_limit()
                self._reply(error.args[0], Said(Status.MEMORY, "there was no memory left to receive it"))
                return
            if frame is None:
                return
            self._answer(frame)

    def close(self) -> None:
        """Tear the code down."""
        try:
            if self._work is not None:
                self._work.close()
        except BaseException as error:
            print("close failed:", in_words(error, self._file)[1], file=sys.stderr)

    def _answer(self, frame: Frame) -> None:
        number, head, body = frame
        del frame
        values: list[Any] = []
        assert self._work is not None
        try:
            call = self._decoder.decode(head)
            (argument,) = self._wire.unpack(call.parts, body)
            values = self._work.call(call.name, argument)
            reply = self._wire.encode(Said(Status.DONE), values)
        except Drop as drop:
            reply = self._wire.encode(Said(Status.DROPPED, reason_of(drop)), [])
        except Unsendable as error:
            reply = self._wire.encode(Said(Status.RESULT, str(error)), [])
        except MemoryError as error:
            values.clear()
            self._spent = True
            lift_memory_limit()
            detail, trace = in_words(error, self._file)
            reply = self._wire.encode(Said(Status.MEMORY, detail, trace), [])
        except BaseException as error:  # SystemExit and KeyboardInterrupt too: they are the plugin's
            reply = self._wire.encode(Said(Status.RAISED, *in_words(error, self._file)), [])
        if len(reply) > LIMIT:
            words = f"what came of it takes {len(reply):,} bytes, and a reply may have {LIMIT:,}"
            reply = self._wire.encode(Said(Status.RESULT, words), [])
        self._send(number, reply)

    def _reply(self, number: int, said: Said) -> None:
        self._send(number, self._wire.encode(said, []))

    def _send(self, number: int, reply: bytes) -> None:
        self._connection.sendall(prefix(number, reply))
        self._connection.sendall(reply)


def _file_of(code: Any) -> str:
    try:
        return inspect.getfile(code)
    except TypeError:
        return ""


def _place(kind: type) -> Any:
    address = address_of(kind)
    return address.module, address.name


if __name__ == "__main__":
    main()
