"""The WebSocket server of the suite on PyPI's `websockets`. Echoes; texts that begin with "!" are orders (see README.md)."""
import asyncio
import http
import sys

from websockets.asyncio.server import serve

LARGEST = 64 * 1024 * 1024


async def obey(connection, order, *words):
    if order == "!close":
        await connection.close(int(words[0]), words[1])
    elif order == "!abort":
        connection.transport.abort()
    elif order == "!ping":
        await (await connection.ping(b"from the server"))
        await connection.send("ponged")
    elif order == "!path":
        await connection.send(connection.request.path)
    elif order == "!pieces":
        await connection.send(f"piece {i};" for i in range(int(words[0])))


async def converse(connection):
    if connection.request.path == "/greet":
        await connection.send("welcome")
    async for message in connection:
        if isinstance(message, str) and message.startswith("!"):
            await obey(connection, *message.split())
        else:
            await connection.send(message)


def refuse(connection, request):
    return connection.respond(http.HTTPStatus.FORBIDDEN, "not here") if request.path == "/refuse" else None


async def main(port):
    async with serve(converse, "127.0.0.1", port, max_size=LARGEST, process_request=refuse, ping_interval=None,
                     select_subprotocol=lambda connection, offered: "chat.v1" if "chat.v1" in offered else None):
        await asyncio.get_running_loop().create_future()


asyncio.run(main(int(sys.argv[1])))
