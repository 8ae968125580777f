"""Services that misbehave, each as the path of the request, or chance, says. All of one process, on free ports."""

import asyncio
import random
import socket
import struct

import frames

MANY = 200_000
PAUSE = 0.2
# HTTP/1: what a path asks for. "answer/NAME" sends a file of the corpus.
BEHAVIOURS = ("plain", "chunked", "large", "echo", "close", "reset", "stall", "short", "long", "cut", "flood", "drip", "early", "hint")


def set_reset(writer):
    """The next close sends RST."""
    peer = writer.get_extra_info("socket")
    if peer is not None:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def read_head(reader):
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return b""


def field_of(head, name):
    for line in head.split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.strip().lower() == name:
            return value.strip()
    return None


async def read_body(reader, head):
    """The whole body, however it is framed; None: cut."""
    if (length := field_of(head, b"content-length")) is not None:
        return await reader.readexactly(int(length))
    if (field_of(head, b"transfer-encoding") or b"").lower() != b"chunked":
        return b""
    body = b""
    while True:
        size = int((await reader.readline()).partition(b";")[0], 16)
        if size == 0:
            while await reader.readline() not in (b"\r\n", b""):
                pass
            return body
        body += (await reader.readexactly(size + 2))[:-2]


class Services:
    """`answers`: names and bytes of the corpus's answers. `seen`: requests by kind."""

    def __init__(self, answers):
        self.answers = answers
        self.seen = {"http1": 0, "http2": 0, "tcp": 0, "websocket": 0}
        self.writers = set()
        self.ports = {}

    async def start(self):
        for name, serve in (("http1", self.serve_http1), ("http2", self.serve_http2), ("tcp", self.serve_tcp)):
            server = await asyncio.start_server(self.connection(serve), "127.0.0.1", 0, backlog=1000)
            self.ports[name] = server.sockets[0].getsockname()[1]

    def connection(self, serve):
        async def run(reader, writer):
            self.writers.add(writer)
            try:
                await serve(reader, writer)
            except (OSError, EOFError, ValueError):
                pass
            finally:
                self.writers.discard(writer)
                writer.close()

        return run

    def close_connections(self):
        for writer in list(self.writers):
            writer.close()

    async def serve_http1(self, reader, writer):
        while head := await read_head(reader):
            self.seen["http1"] += 1
            path = head.split(b" ", 2)[1].decode().lstrip("/")
            if b"/ws" in head.split(b"\r\n", 1)[0]:
                return await self.serve_websocket(reader, writer, head)
            if path.startswith("answer/"):
                writer.write(self.answers[path.removeprefix("answer/")])
                return await writer.drain()
            if not await getattr(self, "do_" + (path if path in BEHAVIOURS else "plain"))(reader, writer, head):
                return None
        return None

    # Each: True when the connection goes on.
    async def do_plain(self, reader, writer, head):
        await read_body(reader, head)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n" + (b"" if head.startswith(b"HEAD ") else b"hello"))
        return True

    async def do_chunked(self, reader, writer, head):
        await read_body(reader, head)
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        for _ in range(20):
            writer.write(b"5\r\nhello\r\n")
            await writer.drain()
        writer.write(b"0\r\nx-sum: 1\r\n\r\n")
        return True

    async def do_large(self, reader, writer, head):
        await read_body(reader, head)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % MANY + bytes(MANY))
        await writer.drain()
        return True

    async def do_echo(self, reader, writer, head):
        body = await read_body(reader, head)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
        return True

    async def do_close(self, reader, writer, head):
        return False

    async def do_reset(self, reader, writer, head):
        if random.random() < 0.5:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhello")
        set_reset(writer)
        return False

    async def do_stall(self, reader, writer, head):
        if random.random() < 0.5:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhello")
        await reader.read()  # until somebody gives up
        return False

    async def do_short(self, reader, writer, head):
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhello")
        return False

    async def do_long(self, reader, writer, head):
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhelloHTTP/1.1 200 OK\r\n\r\n")
        return True

    async def do_cut(self, reader, writer, head):
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n" + random.choice([b"", b"5\r\nhe", b"5\r\nhelloXX"]))
        return False

    async def do_flood(self, reader, writer, head):
        for _ in range(1000):
            writer.write(b"HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        await writer.drain()
        return False

    async def do_hint(self, reader, writer, head):
        await read_body(reader, head)
        writer.write(b"HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        return True

    async def do_drip(self, reader, writer, head):
        await read_body(reader, head)
        for byte in b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello":
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.002)
        return True

    async def do_early(self, reader, writer, head):
        writer.write(b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\n\r\n")
        await writer.drain()
        return False

    async def serve_websocket(self, reader, writer, head):
        self.seen["websocket"] += 1
        if b"refuse" in head.split(b"\r\n", 1)[0]:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            return
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n")
        await self.echo(reader, writer)

    async def echo(self, reader, writer):
        while content := await reader.read(65536):
            writer.write(content)
            await writer.drain()
            if random.random() < 0.01:
                set_reset(writer)
                return

    async def serve_tcp(self, reader, writer):
        self.seen["tcp"] += 1
        how = random.choice(("echo", "echo", "greet", "close", "reset", "half", "drip", "stall"))
        if how == "greet":
            writer.write(b"220 hello\r\n")
        elif how == "half":
            writer.write(bytes(MANY))
            writer.write_eof()
            await reader.read()
            return
        elif how == "stall":
            await asyncio.sleep(PAUSE)
        elif how == "drip":
            for _ in range(50):
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.002)
        if how in ("close", "reset", "stall"):
            if how == "reset":
                set_reset(writer)
            return
        await self.echo(reader, writer)

    async def serve_http2(self, reader, writer):
        await reader.readexactly(len(frames.PREFACE))
        session = frames.Session(reader, writer)
        session.start(client=False)
        answering = set()
        async for kind, _, stream, _ in session.frames():
            if kind != frames.HEADERS or session.rooms.get(stream) is not None:
                continue
            self.seen["http2"] += 1
            session.rooms.setdefault(stream, session.initial_room)
            answering.add(task := asyncio.create_task(self.answer_stream(session, stream)))
            task.add_done_callback(answering.discard)
        for task in list(answering):
            task.cancel()

    async def answer_stream(self, session, stream):
        how = random.choices(("plain", "trailers", "only", "large", "reset", "half", "stall", "goaway", "close", "nonsense"),
                             (40, 20, 5, 10, 5, 5, 3, 2, 1, 1))[0]
        writer = session.writer
        try:
            if how == "reset":
                writer.write(frames.reset(stream))
            elif how == "only":
                grpc = [("content-type", "application/grpc"), ("grpc-status", "5")]
                writer.write(frames.answer(stream, end=True, more=grpc))
            elif how == "stall":
                writer.write(frames.answer(stream))
            elif how == "nonsense":
                writer.write(frames.frame(frames.DATA, 0, stream, b"before the head"))
            elif how == "close":
                writer.close()
            elif how == "goaway":
                writer.write(frames.frame(frames.GOAWAY, 0, 0, struct.pack(">II", max(0, stream - 2), 0)))
                writer.close()
            else:
                writer.write(frames.answer(stream))
                more = await session.send(stream, bytes(MANY if how == "large" else 100), how in ("plain", "large"))
                if more and how == "half":
                    writer.write(frames.reset(stream))
                if more and how == "trailers":
                    writer.write(frames.headers(stream, [("grpc-status", "0")], end=True))
            await writer.drain()
        except OSError:
            pass
