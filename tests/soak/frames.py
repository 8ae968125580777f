"""HTTP/2 as bytes: frames written and read by hand, header blocks of literals alone, so that neither end keeps a table."""

import asyncio
import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM = ACK = 0x1
END_HEADERS = 0x4
CANCEL = 0x8
LONGEST = 16384


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def field(name, value):
    name, value = name.encode(), value.encode()
    assert len(name) < 127 and len(value) < 127
    return b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value


def headers(stream, fields, end=False):
    return frame(HEADERS, END_HEADERS | (END_STREAM if end else 0), stream, b"".join(field(*one) for one in fields))


def request(stream, path, method="GET", end=True, more=()):
    pseudo = [(":method", method), (":scheme", "http"), (":path", path), (":authority", "soak")]
    return headers(stream, pseudo + list(more), end)


def answer(stream, end=False, more=()):
    return headers(stream, [(":status", "200"), *more], end)


def reset(stream, code=CANCEL):
    return frame(RST_STREAM, 0, stream, struct.pack(">I", code))


def window(stream, size):
    return frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", size))


class Session:
    """One end of a connection. Answers SETTINGS and PING, gives back window, keeps what it may send; the rest is its owner's."""

    def __init__(self, reader, writer, generous=True):
        self.reader, self.writer, self.generous = reader, writer, generous
        self.room, self.initial_room, self.rooms = 65535, 65535, {}
        self.changed = asyncio.Event()
        self.closed = False

    def start(self, client, initial_window=65535):
        settings = struct.pack(">HI", 0x4, initial_window) + struct.pack(">HI", 0x1, 0)
        self.writer.write((PREFACE if client else b"") + frame(SETTINGS, 0, 0, settings))

    async def frames(self):
        """What concerns streams: (kind, flags, stream, payload), until the connection ends."""
        try:
            while True:
                head = await self.reader.readexactly(9)
                kind, flags, stream = head[3], head[4], struct.unpack(">I", head[5:])[0] & 0x7FFFFFFF
                payload = await self.reader.readexactly(int.from_bytes(head[:3], "big"))
                self._answer(kind, flags, stream, payload)
                if stream or kind == GOAWAY:
                    yield kind, flags, stream, payload
        except (OSError, EOFError):
            pass
        finally:
            self.closed = True
            self.changed.set()

    def _answer(self, kind, flags, stream, payload):
        if kind == SETTINGS and not flags & ACK:
            for at in range(0, len(payload), 6):
                name, value = struct.unpack(">HI", payload[at : at + 6])
                if name == 0x4:
                    self.rooms = {id_: room + value - self.initial_room for id_, room in self.rooms.items()}
                    self.initial_room = value
            self.writer.write(frame(SETTINGS, ACK, 0))
        elif kind == PING and not flags & ACK:
            self.writer.write(frame(PING, ACK, 0, payload))
        elif kind == DATA and payload:
            self.writer.write(window(0, len(payload)))
            if self.generous and not flags & END_STREAM:
                self.writer.write(window(stream, len(payload)))
        elif kind == WINDOW_UPDATE:
            size = struct.unpack(">I", payload)[0]
            if stream == 0:
                self.room += size
            else:
                self.rooms[stream] = self.rooms.get(stream, self.initial_room) + size
        elif kind == RST_STREAM:
            self.rooms[stream] = -1
        self.changed.set()

    async def send(self, stream, content, end):
        """DATA as the other end's windows allow; False when it does not want it any more."""
        at = 0
        while True:
            left = len(content) - at
            room = self.rooms.setdefault(stream, self.initial_room)
            if self.closed or room == -1:
                return False
            size = max(0, min(left, self.room, room, LONGEST))
            if left and not size:
                self.changed.clear()
                await self.changed.wait()
                continue
            self.room -= size
            self.rooms[stream] -= size
            at += size
            last = at == len(content)
            self.writer.write(frame(DATA, END_STREAM if last and end else 0, stream, content[at - size : at]))
            await self.writer.drain()
            if last:
                return True
