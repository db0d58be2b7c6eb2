#!/usr/bin/env python3
"""A server whose answers never end, in every shape that HTTP and MCP have.

    flood_server.py http PORT       GET /SHAPE, and MCP (2026-07-28) at /mcp
    flood_server.py stdio           MCP on a pipe

The one tool of MCP, "flood", has the argument "shape".  A flood goes on as fast as it is taken, until nobody does.
"""
import json
import socket
import sys
import threading
import time
import zlib

BLOCK = b"x" * 65536
JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
NOTE = json.dumps({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "x" * 200}}).encode()
STRAY = json.dumps({"jsonrpc": "2.0", "id": "nobody's", "result": {"content": []}}).encode()


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def events(data):
    return JSON.replace(b"application/json", b"text/event-stream") + CHUNKED, chunk(data) if data else b""


def bomb():
    """Gzip of zeros without end: the first piece of 64 MiB, and each that follows; 64 KiB both."""
    z = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = b"0" * (64 << 20)
    return [chunk(z.compress(zeros) + z.flush(zlib.Z_FULL_FLUSH)) for _ in range(2)]


# what comes first, and what comes then for ever; b"": nothing more
SHAPES = {
    "length": (JSON + b"Content-Length: %d\r\n\r\n\"" % (10 << 30), BLOCK),
    "close": (JSON + b"\r\n\"", BLOCK),
    "chunked": (JSON + CHUNKED + chunk(b'"'), chunk(BLOCK)),
    "crumbs": (JSON + CHUNKED + chunk(b'"'), chunk(b"x") * 10000),
    "extension": (JSON + b"Transfer-Encoding: chunked\r\n\r\n5;", BLOCK),
    "trailers": (JSON + CHUNKED + chunk(b"{}") + b"0\r\n", b"X: y\r\n" * 10000),
    "fields": (JSON, b"X-Field: value\r\n" * 4096),
    "field": (JSON + b"X-Field: ", BLOCK),
    "status": (b"HTTP/1.1 200 ", BLOCK),
    "interim": (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1000),
    "silence": (b"", b""),
    "events": events(b"data: " + NOTE + b"\n\n"),
    "comments": events(b": nothing\n\n" * 1000),
    "event": events(BLOCK),
    "stray": events(b"data: " + STRAY + b"\n\n"),
}


def flood(send, shape):
    if shape == "drip":
        send(JSON + b"Content-Length: 1000000\r\n\r\n\"")
        while True:
            time.sleep(0.05)
            send(b"x")
    if shape == "gzip":
        send(JSON + b"Content-Encoding: gzip\r\n" + CHUNKED)
        first, more = bomb()
        send(first)
    else:
        first, more = SHAPES[shape]
        send(first)
    while more:
        send(more)


def answer(request):
    """To what is not a call of the tool.  None: it is one, or needs none."""
    results = {
        "server/discover": {"resultType": "complete", "supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}},
        "tools/list": {"tools": [{"name": "flood", "description": "Floods", "inputSchema": {
            "type": "object", "properties": {"shape": {"type": "string"}}}}]},
    }
    if request.get("method") not in results:
        return None
    return json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": results[request["method"]]}).encode()


def serve(client):
    with client, client.makefile("rb") as reader:
        try:
            while True:
                target, length = reader.readline().split(b" ")[1].decode(), 0
                while (line := reader.readline().strip()) != b"":
                    name, _, value = line.partition(b":")
                    if name.lower() == b"content-length":
                        length = int(value)
                body = reader.read(length)
                shape = target[1:]
                if shape == "mcp":
                    request = json.loads(body)
                    said = answer(request)
                    if said is not None:
                        client.sendall(JSON + b"Content-Length: %d\r\n\r\n%s" % (len(said), said))
                        continue
                    shape = request["params"]["arguments"]["shape"]
                flood(client.sendall, shape)
                client.settimeout(60)
                client.recv(1)
                return
        except (OSError, IndexError):
            return


def http(port):
    listener = socket.create_server(("127.0.0.1", port), backlog=64)
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()


def stdio():
    out = sys.stdout.buffer
    more = {"line": BLOCK, "lines": b"\n" * 65536, "notes": (NOTE + b"\n") * 100, "stray": (STRAY + b"\n") * 100,
            "ask": json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"}).encode() + b"\n", "words": b"a word\n" * 1000}
    for line in sys.stdin:
        request = json.loads(line)
        said = answer(request)
        if said is not None:
            out.write(said + b"\n")
            out.flush()
        elif request.get("method") == "tools/call":
            shape = request["params"]["arguments"]["shape"]
            while shape == "errors":
                sys.stderr.buffer.write(BLOCK)
            while shape == "silence":
                time.sleep(60)
            while True:
                out.write(more[shape])


if sys.argv[1] == "http":
    http(int(sys.argv[2]))
else:
    stdio()
