#!/usr/bin/env python3
"""embedding.py DIRECTORY - stands in for a service that makes embeddings

Written from the public description of OpenAI's /embeddings.  Listens on a free port of
127.0.0.1, which it writes to DIRECTORY/port; each request is a line of DIRECTORY/log:
how many texts, and how it was answered.  The key is embedding-key-0123456789, the
model "concepts".

A vector is the sum of a direction for each concept in the text; words that mean the
same are one concept, others are their own, so what is near is known beforehand.  What
DIRECTORY/mode says is done wrong: down (503), refused (401), slow, short (a vector is
missing), long (another length), garbage, long-text (a text with the word "endless" is
not taken).
"""
import hashlib
import json
import math
import os
import re
import socketserver
import sys
import time

directory = sys.argv[1]
DIMENSIONS = 64
CONCEPTS = [["remove", "erase", "delete", "purge", "forget", "forgets"], ["user", "account", "person", "member"],
            ["find", "finds", "lookup", "retrieve", "search"]]
MEANS = {word: words[0] for words in CONCEPTS for word in words}


def direction(concept):
    digest = hashlib.sha256(concept.encode()).digest() * 2
    return [(b - 127.5) / 127.5 for b in digest[:DIMENSIONS]]


def vector(text):
    words = re.sub(r"([a-z])([A-Z])", r"\1 \2", text).lower()
    sums = [0.0] * DIMENSIONS
    for word in set(re.findall(r"[a-z]+", words)):
        weight = 4.0 if word in MEANS else 0.2
        for i, x in enumerate(direction(MEANS.get(word, word))):
            sums[i] += weight * x
    length = math.sqrt(sum(x * x for x in sums)) or 1.0
    return [x / length for x in sums]


def mode():
    try:
        with open(directory + "/mode") as f:
            return f.read().strip()
    except FileNotFoundError:
        return ""


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        while True:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                line = self.rfile.readline(65537)
                if not line:
                    return
                head += line
            length = re.search(rb"\r\nContent-Length: (\d+)\r\n", head)
            body = self.rfile.read(int(length.group(1))) if length else b""
            with open(directory + "/request", "wb") as f:
                f.write(head + body)
            status, answer = self.route(head.decode(), body)
            data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            more = "Retry-After: 0\r\n" if status == 503 else ""
            self.wfile.write(("HTTP/1.1 %d Reason\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n"
                              % (status, more, len(data))).encode() + data)

    def route(self, head, body):
        fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        fields = {k.lower(): v for k, v in fields.items()}
        wrong = mode()
        texts = []
        status, answer = 400, {"error": {"message": "the request is wrong"}}
        asked = json.loads(body)
        if head.split("\r\n")[0] != "POST /v1/embeddings HTTP/1.1":
            status, answer = 404, {"error": {"message": "there is nothing"}}
        elif fields.get("authorization") != "Bearer embedding-key-0123456789" or wrong == "refused":
            status, answer = 401, {"error": {"message": "Incorrect API key"}}
        elif wrong == "down":
            status, answer = 503, {"error": {"message": "overloaded"}}
        elif (list(asked) == ["input", "model", "dimensions", "encoding_format"] and asked["model"] == "concepts" and
              asked["dimensions"] == DIMENSIONS and asked["encoding_format"] == "float" and 0 < len(asked["input"]) <= 4 and
              all(isinstance(t, str) and t for t in asked["input"])):
            texts = asked["input"]
            if wrong == "slow":
                time.sleep(30)
            if wrong == "long-text" and any("endless" in t for t in texts):
                status, answer = 400, {"error": {"message": "maximum context length"}}
            else:
                data = [{"object": "embedding", "index": i, "embedding": vector(t)} for i, t in enumerate(texts)]
                if wrong == "short":
                    data = data[1:]
                if wrong == "long":
                    data[0]["embedding"].append(0.5)
                # in no order: the index says what is whose
                status, answer = 200, {"object": "list", "data": data[::-1], "model": "concepts", "usage": {"total_tokens": 1}}
            if wrong == "garbage":
                answer = b'{"data": [{"index": 0, "embedding": [1, "x"'
        with open(directory + "/log", "a") as f:
            f.write("%d %d\n" % (len(texts), status))
        return status, answer


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
with open(directory + "/port.new", "w") as f:
    f.write("%d\n" % server.server_address[1])
os.rename(directory + "/port.new", directory + "/port")
server.serve_forever()
