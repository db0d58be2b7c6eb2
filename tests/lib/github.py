#!/usr/bin/env python3
"""github.py DIRECTORY PORT - stands in for GitHub's API and for the host of its archives

Written from the public description of "Download a repository archive (tar)" of
GitHub's REST API.  On 127.0.0.1:PORT, GET /repos/OWNER/NAME/tarball[/REF] is
answered with 302 to 127.0.0.2:PORT/OWNER/NAME/legacy.tar.gz/REF, where the
archive is: the file DIRECTORY/OWNER/NAME/REF.tar.gz, or DIRECTORY/OWNER/NAME/HEAD.tar.gz.

Every request head is checked byte by byte against what it must be; one that
differs is answered with 400 and both heads.  DIRECTORY/OWNER/NAME/answer.json,
when it is there, says what else to answer: status, headers, body, location,
drip (bytes a second), cut (bytes after which the connection ends).
DIRECTORY/OWNER/NAME/token has the token that a private repository needs.
DIRECTORY/log gets a line for each request.
"""
import json
import os
import re
import socketserver
import sys
import threading
import time

directory, port = sys.argv[1], int(sys.argv[2])
version = sys.argv[3]


class Handler(socketserver.StreamRequestHandler):
    def answer(self, status, headers, body):
        head = "HTTP/1.1 %d Some reason\r\n" % status
        headers = {"Content-Length": str(len(body)), "Connection": "close", **headers}
        head += "".join("%s: %s\r\n" % item for item in headers.items())
        try:
            self.wfile.write(head.encode() + b"\r\n")
            drip, cut = self.more.get("drip"), self.more.get("cut", len(body))
            for at in range(0, cut, drip or max(len(body), 1)):
                self.wfile.write(body[at:min(at + (drip or len(body)), cut)])
                self.wfile.flush()
                if drip:
                    time.sleep(1)
        except OSError:
            pass

    def handle(self):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self.rfile.readline(65537)
            if not line:
                return
            head += line
        head = head.decode("latin-1")
        path = head.split(" ")[1]
        api = self.server.server_address[0] == "127.0.0.1"
        self.more = {}
        token = re.search(r"^Authorization: Bearer (.*)\r$", head, re.M)
        with open(os.path.join(directory, "log"), "a") as f:
            f.write("%s %s %s\n" % ("api" if api else "archive", path, "with a token" if token else "without"))
        expected = "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUser-Agent: sallyport-index/%s\r\n" % (
            path, "127.0.0.1" if api else "127.0.0.2", port, version)
        expected += "Accept: application/vnd.github+json\r\nX-GitHub-Api-Version: 2022-11-28\r\n"
        if api and token:
            expected += "Authorization: Bearer %s\r\n" % token.group(1)
        if head != expected + "\r\n":
            return self.answer(400, {}, ("expected:\n%sgot:\n%s" % (expected, head)).encode())
        if api:
            m = re.fullmatch(r"/repos/([A-Za-z0-9._-]+)/([A-Za-z0-9._-]+)/tarball(?:/([A-Za-z0-9._/-]+))?", path)
        else:
            m = re.fullmatch(r"/([A-Za-z0-9._-]+)/([A-Za-z0-9._-]+)/legacy\.tar\.gz/([A-Za-z0-9._/-]+)", path)
        here = os.path.join(directory, m.group(1), m.group(2)) if m else directory + "/nowhere"
        not_found = json.dumps({"message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404"}).encode()
        if os.path.exists(here + "/answer.json"):
            with open(here + "/answer.json") as f:
                more = json.load(f)
            if more.get("where", "api") == ("api" if api else "archive"):
                self.more = more
        if not os.path.isdir(here):
            return self.answer(404, {"Content-Type": "application/json; charset=utf-8"}, not_found)
        if api and os.path.exists(here + "/token"):
            with open(here + "/token") as f:
                if not token or token.group(1) != f.read().strip():
                    return self.answer(404, {"Content-Type": "application/json; charset=utf-8"}, not_found)
        if "status" in self.more:
            return self.answer(self.more["status"], self.more.get("headers", {}), self.more.get("body", "").encode())
        ref = m.group(3) or "HEAD"
        file = "%s/%s.tar.gz" % (here, ref.replace("/", "_"))
        if not os.path.exists(file):
            return self.answer(404, {"Content-Type": "application/json; charset=utf-8"}, not_found)
        if api:
            location = self.more.get("location", "http://127.0.0.2:%d/%s/%s/legacy.tar.gz/%s" % (port, m.group(1), m.group(2), ref))
            return self.answer(302, {"Location": location}, b"")
        with open(file, "rb") as f:
            self.answer(200, {"Content-Type": "application/x-gzip"}, f.read())


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


servers = [Server((address, port), Handler) for address in ("127.0.0.1", "127.0.0.2")]
for server in servers[1:]:
    threading.Thread(target=server.serve_forever, daemon=True).start()
print("ready", flush=True)
servers[0].serve_forever()
