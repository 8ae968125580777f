"""Clients, well-behaved and not. A client that behaves must see an end of whatever it began, in time: `stuck` counts those that
did not."""

import asyncio
import contextlib
import random
import struct

import frames
from services import BEHAVIOURS, set_reset

PATIENCE = 20
BODY = bytes(70_000)


class Tally:
    def __init__(self):
        self.began = {}
        self.ended = {}
        self.stuck = []

    def begin(self, kind):
        self.began[kind] = self.began.get(kind, 0) + 1

    def end(self, kind, how):
        self.ended[kind, how] = self.ended.get((kind, how), 0) + 1


@contextlib.asynccontextmanager
async def connected(address):
    reader, writer = await asyncio.wait_for(asyncio.open_connection(*address, limit=1 << 20), PATIENCE)
    try:
        yield reader, writer
    finally:
        writer.close()


async def read_answer(reader, is_head=False):
    """The status; 0 when the connection ended before the answer did."""
    try:
        status = 100
        while 100 <= status < 200 and status != 101:
            head = await reader.readuntil(b"\r\n\r\n")
            status = int(head.split(b" ", 2)[1])
        fields = {}
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            fields[name.lower()] = value.strip()
        if status in (101, 204, 304) or is_head:
            return status
        if b"content-length" in fields:
            await reader.readexactly(int(fields[b"content-length"]))
        elif b"transfer-encoding" in fields:
            while size := int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16):
                await reader.readexactly(size + 2)
            while await reader.readuntil(b"\r\n") != b"\r\n":
                pass
        else:
            await reader.read()
        return status
    except (OSError, EOFError, ValueError):
        return 0


def request(path, method="GET", body=None, chunked=False, more=b""):
    head = f"{method} /{path} HTTP/1.1\r\nHost: soak\r\n".encode() + more
    if body is None:
        return head + b"\r\n"
    if not chunked:
        return head + b"content-length: %d\r\n\r\n" % len(body) + body
    pieces = b"".join(b"%x\r\n%s\r\n" % (len(body[at : at + 9000]), body[at : at + 9000]) for at in range(0, len(body), 9000))
    return head + b"transfer-encoding: chunked\r\n\r\n" + pieces + b"0\r\nx-sum: 1\r\n\r\n"


class Clients:
    """`targets`: name -> address and port of http1, http2, tcp; `corpus`: bytes of heads and bodies that are wrong; `answers`:
    names of answers that are wrong."""

    def __init__(self, targets, corpus, answers):
        self.targets, self.corpus, self.answers = targets, corpus, answers
        self.tally = Tally()
        self.kinds = ([self.http1_kept] * 4 + [self.http1_wrong, self.http1_leaves, self.http1_lies, self.http1_slow]
                      + [self.http2_streams] * 3 + [self.http2_rude, self.websocket, self.tcp, self.tcp, self.tcp_leaves])

    async def run(self, until, at_once):
        """`at_once` clients, each followed by another, until it is over."""

        self.until = until

        async def one_after_another():
            while not until.is_set():
                kind = random.choice(self.kinds)
                self.tally.begin(kind.__name__)
                try:
                    await asyncio.wait_for(kind(), 6 * PATIENCE)
                except asyncio.TimeoutError:
                    self.tally.stuck.append(kind.__name__)
                except (OSError, EOFError):
                    self.tally.end(kind.__name__, "cut")

        await asyncio.gather(*(one_after_another() for _ in range(at_once)))

    async def patiently(self, what, waiting):
        """What is awaited comes within its time, or somebody is stuck."""
        try:
            return await asyncio.wait_for(waiting, PATIENCE)
        except asyncio.TimeoutError:
            self.tally.stuck.append(what)
            return None

    async def http1_kept(self):
        async with connected(self.targets["http1"]) as (reader, writer):
            for _ in range(random.randrange(1, 10)):
                path = random.choice(BEHAVIOURS) if random.random() < 0.8 else "answer/" + random.choice(self.answers)
                method, body = "GET", None
                if path == "echo" or random.random() < 0.2:
                    method, body = "POST", BODY[: random.randrange(len(BODY))]
                writer.write(request(path, method, body, random.random() < 0.5))
                status = await self.patiently(f"{method} {path}", read_answer(reader))
                self.tally.end("http1", status)
                if not status or reader.at_eof() or self.until.is_set():
                    return

    async def http1_wrong(self):
        async with connected(self.targets["http1"]) as (reader, writer):
            writer.write(random.choice(self.corpus))
            writer.write_eof()
            await self.patiently("what is wrong", reader.read())

    async def http1_leaves(self):
        async with connected(self.targets["http1"]) as (reader, writer):
            writer.write(request(random.choice(("large", "stall", "echo", "drip")), "POST", BODY, random.random() < 0.5))
            await asyncio.sleep(random.random() * 0.02)
            if random.random() < 0.5:
                set_reset(writer)
            elif random.random() < 0.5:
                await self.patiently("some of an answer", reader.read(1000))

    async def http1_lies(self):
        async with connected(self.targets["http1"]) as (reader, writer):
            writer.write(b"POST /echo HTTP/1.1\r\nHost: soak\r\ncontent-length: 5000\r\n\r\nhello")
            if random.random() < 0.5:
                writer.write_eof()
            await self.patiently("a body that is too short", reader.read())

    async def http1_slow(self):
        async with connected(self.targets["http1"]) as (reader, writer):
            for byte in request("plain", "POST", b"hello"):
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0.003)
            self.tally.end("http1", await self.patiently("an answer to a slow request", read_answer(reader)))

    async def http2_streams(self):
        async with connected(self.targets["http2"]) as (reader, writer):
            session = frames.Session(reader, writer)
            session.start(client=True)
            open_streams = set(range(1, 2 * random.randrange(1, 20), 2))
            sending = [asyncio.create_task(self.http2_request(session, stream)) for stream in sorted(open_streams)]
            try:
                await self.patiently("streams", self.http2_ends(session, open_streams))
            finally:
                for task in sending:
                    task.cancel()

    async def http2_request(self, session, stream):
        with contextlib.suppress(OSError):
            if random.random() < 0.5:
                session.writer.write(frames.request(stream, "/x"))
                return
            grpc = [("content-type", "application/grpc"), ("te", "trailers"), ("grpc-timeout", "3S")]
            session.writer.write(frames.request(stream, "/a.B/C", "POST", end=False, more=grpc))
            await session.send(stream, BODY[: random.randrange(len(BODY))], True)

    async def http2_ends(self, session, open_streams):
        async for kind, flags, stream, _ in session.frames():
            if kind == frames.RST_STREAM or (kind in (frames.DATA, frames.HEADERS) and flags & frames.END_STREAM):
                self.tally.end("http2", "reset" if kind == frames.RST_STREAM else "answered")
                open_streams.discard(stream)
            if not open_streams:
                return
        for _ in open_streams:
            self.tally.end("http2", "cut")

    async def http2_rude(self):
        """Leaves, resets, reads nothing, breaks the rules."""
        how = random.choice(("leave", "reset", "deaf", "window", "idle", "garbage"))
        async with connected(self.targets["http2"]) as (reader, writer):
            session = frames.Session(reader, writer, generous=how != "deaf")
            session.start(client=True, initial_window=0 if how == "deaf" else 65535)
            for stream in range(1, 41, 2):
                writer.write(frames.request(stream, "/x"))
                if how == "reset":
                    writer.write(frames.reset(stream))
            if how == "window":
                writer.write(frames.window(0, 0x7FFFFFFF))
            if how == "idle":
                writer.write(frames.frame(frames.DATA, 0, 99, b"x"))
            if how == "garbage":
                writer.write(random.randbytes(500))
            if how == "leave":
                await asyncio.sleep(random.random() * 0.02)
                set_reset(writer)
                return
            with contextlib.suppress(asyncio.TimeoutError):
                async with asyncio.timeout(1):
                    async for _ in session.frames():
                        pass

    async def websocket(self):
        async with connected(self.targets["http1"]) as (reader, writer):
            path = random.choice(("ws", "ws", "ws", "ws/refuse"))
            writer.write(request(path, more=b"connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
                                 b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"))
            status = await self.patiently(path, read_answer(reader))
            self.tally.end("websocket", status)
            if status != 101:
                return
            for _ in range(random.randrange(1, 10)):
                content = b"\x82\xfe" + struct.pack(">HI", 1000, 0) + random.randbytes(1000)
                writer.write(content)
                try:
                    echo = await self.patiently("an echo", reader.readexactly(len(content)))
                except (OSError, EOFError):
                    return
                if echo is not None and echo != content:
                    self.tally.stuck.append("a message came back changed")
            if random.random() < 0.3:
                set_reset(writer)

    async def tcp(self):
        async with connected(self.targets["tcp"]) as (reader, writer):
            for _ in range(random.randrange(1, 5)):
                writer.write(BODY[: random.randrange(len(BODY))])
            writer.write_eof()
            with contextlib.suppress(OSError):
                await self.patiently("the end of a stream", reader.read())
            self.tally.end("tcp", "ended")

    async def tcp_leaves(self):
        async with connected(self.targets["tcp"]) as (reader, writer):
            writer.write(BODY)
            await asyncio.sleep(random.random() * 0.02)
            set_reset(writer)
