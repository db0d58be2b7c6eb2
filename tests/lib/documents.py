#!/usr/bin/env python3
"""documents.py DIRECTORY PORT - serves client metadata documents, well and badly

On 127.0.0.2:PORT a request for /NAME gets the file DIRECTORY/NAME; NAME.conf, if
there, is JSON that says how: status, headers, type, delay (seconds before the
answer), drip (bytes a second), endless, length (a Content-Length that is not
true), reset.  A request whose If-None-Match is the "etag" of NAME.conf gets 304.
Each request is a line in DIRECTORY/log.

With DIRECTORY/NAME.pem present (key and certificate), https is served on PORT + n,
n being the rank of NAME among them; tls1.pem speaks nothing newer than TLS 1.1.

On 127.0.0.1:PORT and [::1]:PORT nobody should ever connect: each connection is a
line in DIRECTORY/trap.
"""
import glob
import http.server
import json
import os
import socket
import ssl
import sys
import threading
import time

directory, port = sys.argv[1], int(sys.argv[2])


def append(name, line):
    with open(os.path.join(directory, name), "a") as f:
        f.write(line + "\n")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        name = self.path.lstrip("/").split("?")[0]
        append("log", "%s %s %s" % (self.path, self.headers.get("If-None-Match", "-"), self.headers.get("Accept-Encoding", "-")))
        path = os.path.join(directory, name)
        conf, body = {}, b""
        if os.path.exists(path):
            with open(path, "rb") as f:
                body = f.read()
        if os.path.exists(path + ".conf"):
            with open(path + ".conf") as f:
                conf = json.load(f)
        elif not os.path.exists(path):
            conf = {"status": 404}
        self.close_connection = True
        time.sleep(conf.get("delay", 0))
        if conf.get("reset"):
            return
        status = conf.get("status", 200)
        if "etag" in conf and self.headers.get("If-None-Match") == conf["etag"]:
            status, body = 304, b""
        self.send_response(status)
        if conf.get("type", "application/json"):
            self.send_header("Content-Type", conf.get("type", "application/json"))
        if "etag" in conf:
            self.send_header("ETag", conf["etag"])
        for key, value in conf.get("headers", {}).items():
            self.send_header(key, value)
        if conf.get("endless"):
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"400\r\n" + b" " * 1024 + b"\r\n")
            except OSError:
                return
        if status != 304:
            self.send_header("Content-Length", str(conf.get("length", len(body))))
        self.end_headers()
        try:
            if "drip" in conf:
                for i in range(len(body)):
                    self.wfile.write(body[i:i + 1])
                    self.wfile.flush()
                    time.sleep(1 / conf["drip"])
            else:
                self.wfile.write(body)
        except OSError:
            pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass


class TlsServer(Server):
    def get_request(self):
        connection, address = self.socket.accept()
        append("log", "connection to %d" % self.server_port)
        return connection, address

    def finish_request(self, request, client_address):
        request.settimeout(10)
        super().finish_request(self.context.wrap_socket(request, server_side=True), client_address)


def trap(family, address):
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
    except OSError:
        return
    listener.listen(16)
    while True:
        connection, peer = listener.accept()
        append("trap", "%s from %s" % (address, peer))
        connection.close()


def start(target, *args):
    threading.Thread(target=target, args=args, daemon=True).start()


start(trap, socket.AF_INET, "127.0.0.1")
start(trap, socket.AF_INET6, "::1")
for n, pem in enumerate(sorted(glob.glob(os.path.join(directory, "*.pem")))):
    server = TlsServer(("127.0.0.2", port + 1 + n), Handler)
    server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if os.path.basename(pem) == "tls1.pem":
        server.context.set_ciphers("ALL:@SECLEVEL=0")
        server.context.minimum_version = ssl.TLSVersion.TLSv1
        server.context.maximum_version = ssl.TLSVersion.TLSv1_1
    server.context.load_cert_chain(pem)
    start(server.serve_forever)
Server(("127.0.0.2", port), Handler).serve_forever()
