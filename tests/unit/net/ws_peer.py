"""The other side of ws_python_interop_test.cpp: `ws_peer.py server` or `ws_peer.py client PORT`."""
import asyncio
import sys

import websockets

SIZES = [0, 1, 125, 126, 127, 65535, 65536, 300000]


async def echo(ws, *_):
    async for message in ws:
        if message == "fragments":
            await ws.send(["one ", "two ", "three"])
        elif message == "close":
            await ws.close(4001, "as you wish")
            return
        else:
            await ws.send(message)


async def server():
    async with websockets.serve(echo, "127.0.0.1", 0, ping_interval=None) as running:
        print(running.sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


async def client(port):
    async with websockets.connect(f"ws://127.0.0.1:{port}/x", max_size=None, ping_interval=None) as ws:
        for size in SIZES:
            text = chr(97 + size % 26) * size
            await ws.send(text)
            assert await ws.recv() == text, size
        await ws.send(["a", "bc", "", "d"])
        assert await ws.recv() == "abcd"
        await asyncio.wait_for(await ws.ping(b"payload"), 5)
    print(ws.close_code, flush=True)


asyncio.run(server() if sys.argv[1] == "server" else client(int(sys.argv[2])))
