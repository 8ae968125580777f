"""One case of the WebSocket suite as PyPI's `websockets` does it: ws_client.py HOST PORT CASE."""
import asyncio
import os
import sys

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

LARGE = 16 * 1024 * 1024
HOST, PORT, CASE = sys.argv[1], sys.argv[2], sys.argv[3]


def dial(path="/", **options):
    options = {"compression": None, "max_size": 4 * LARGE, "ping_interval": None, "proxy": None, **options}
    return connect(f"ws://{HOST}:{PORT}{path}", **options)


def equal(got, wanted):
    if got != wanted:
        sys.exit(f"got {got!r:.200}, not {wanted!r:.200}")


async def echo(connection, message):
    await connection.send(message)
    equal(await connection.recv(), message)


async def echoes():
    async with dial() as connection:
        equal(connection.protocol.extensions, [])
        for message in ("", "a", "grüße ☺", b"", b"\x00\xff", "x" * 125, "x" * 126, b"y" * 65535, b"y" * 65536):
            await echo(connection, message)


async def fragments():
    async with dial() as connection:
        await connection.send(f"part {i};" for i in range(50))
        equal(await connection.recv(), "".join(f"part {i};" for i in range(50)))
        await connection.send("!pieces 40")
        equal(await connection.recv(), "".join(f"piece {i};" for i in range(40)))


async def large():
    async with dial() as connection:
        await echo(connection, os.urandom(LARGE))


async def pings():
    async with dial() as connection:
        await (await connection.ping(b"0123456789" * 12))
        await connection.send("!ping")
        equal(await connection.recv(), "ponged")


async def ended_by_server(order):
    async with dial() as connection:
        await connection.send(order)
        try:
            await connection.recv()
        except ConnectionClosed as closed:
            return closed.rcvd and (closed.rcvd.code, closed.rcvd.reason)
    return "a message"


async def close_codes():
    for code, reason in ((1000, "done"), (1001, "away"), (3000, "r"), (4999, "z" * 123)):
        equal(await ended_by_server(f"!close {code} {reason}"), (code, reason))
        async with dial() as connection:
            await connection.close(code, reason)
            equal((connection.close_code, connection.close_reason), (code, reason))


async def abort():
    equal(await ended_by_server("!abort"), None)


async def deflate():
    async with dial(compression="deflate") as connection:
        equal([extension.name for extension in connection.protocol.extensions], ["permessage-deflate"])
        await echo(connection, "compress me " * 100_000)
        await echo(connection, os.urandom(1024 * 1024))
        await echo(connection, "again")


async def handshake():
    async with dial("/a/b?c=d%20e", subprotocols=["chat.v2", "chat.v1"]) as connection:
        equal(connection.subprotocol, "chat.v1")
        await connection.send("!path")
        equal(await connection.recv(), "/a/b?c=d%20e")
    async with dial("/greet") as connection:
        equal(await connection.recv(), "welcome")


async def refused():
    try:
        async with dial("/refuse"):
            sys.exit("was let in")
    except InvalidStatus as refusal:
        equal(refusal.response.status_code, 403)


async def concurrent():
    async def one(number):
        async with dial() as connection:
            for i in range(20):
                await echo(connection, f"{number}/{i} " * 200)
    await asyncio.gather(*(one(number) for number in range(50)))


CASES = {"echoes": echoes, "fragments": fragments, "large": large, "pings": pings, "close_codes": close_codes, "abort": abort,
         "deflate": deflate, "handshake": handshake, "refused": refused, "concurrent": concurrent}
asyncio.run(CASES[CASE]())
