#!/usr/bin/env python3
"""A service that predicts football matches: enough of one to be released, watched and taken back.

    app.py           serves: 8000 in the open, 8443 by TLS where there is a certificate, 8001 for Prometheus alone
    app.py migrate   brings the database to the form that this version needs
"""

import json
import logging
import os
import random
import signal
import ssl
import sys
import threading
import time
from collections import Counter, defaultdict, deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg2

VERSION = os.environ.get("VERSION", "unknown")
API_KEYS = set(filter(None, os.environ.get("API_KEYS", "").split(",")))
CERTIFICATE, KEY = Path("/etc/football/tls/cert.pem"), Path("/etc/football/tls/key.pem")
LOG = Path("/var/log/football/app.log")

# What is wrong with this version, to see what becomes of it: seconds that a prediction takes, the part of predictions
# that fail, and how often the model is right.
SLOW = float(os.environ.get("SLOW", "0"))
ERRORS = float(os.environ.get("ERRORS", "0"))
ACCURACY = float(os.environ.get("ACCURACY", "0.62"))

# Whoever shows no key may ask so often.
REQUESTS, WITHIN = 50, 10.0
CACHED_FOR = 5.0
BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0]
SECURITY_HEADERS = {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}

MIGRATION = """
create table if not exists predictions (match integer primary key, home real not null, draw real not null, away real not null);
create table if not exists results (match integer primary key, goals_home integer not null, goals_away integer not null);
insert into predictions select n, 0.45, 0.27, 0.28 from generate_series(1, 380) n on conflict do nothing;
"""


class Database:
    """One connection for all, made anew when it was lost."""

    def __init__(self):
        self.lock, self.connection = threading.Lock(), None

    def ask(self, statement, values=()):
        with self.lock:
            try:
                if self.connection is None:
                    self.connection = psycopg2.connect(os.environ["DATABASE_URL"], connect_timeout=2)
                    self.connection.autocommit = True
                with self.connection.cursor() as cursor:
                    cursor.execute(statement, values)
                    return cursor.fetchall() if cursor.description else []
            except psycopg2.Error:
                self.connection = None
                raise


class Cache:
    """Predictions that were asked for a moment ago."""

    def __init__(self):
        self.entries = {}

    def get(self, match, make):
        made, value = self.entries.get(match, (0.0, None))
        if time.monotonic() - made > CACHED_FOR:
            value = make()
            self.entries[match] = time.monotonic(), value
        return value


class Limiter:
    """How often each address has asked lately."""

    def __init__(self):
        self.lock, self.asked = threading.Lock(), defaultdict(deque)

    def refuses(self, address):
        now = time.monotonic()
        with self.lock:
            asked = self.asked[address]
            while asked and now - asked[0] > WITHIN:
                asked.popleft()
            if len(asked) >= REQUESTS:
                return True
            asked.append(now)
            return False


class Figures:
    """What Prometheus is told."""

    def __init__(self):
        self.lock, self.codes, self.buckets = threading.Lock(), Counter({200: 0, 500: 0}), [0] * (len(BUCKETS) + 1)
        self.seconds, self.seen = 0.0, {}

    def count(self, code, seconds, address):
        with self.lock:
            self.codes[code] += 1
            self.seconds += seconds
            self.seen[address] = time.monotonic()
            for at, bound in enumerate([*BUCKETS, float("inf")]):
                self.buckets[at] += seconds <= bound

    def page(self):
        with self.lock:
            lines = ["# TYPE http_requests_total counter"]
            lines += [f'http_requests_total{{code="{code}"}} {n}' for code, n in sorted(self.codes.items())]
            lines.append("# TYPE http_request_duration_seconds histogram")
            bounds = [*map(str, BUCKETS), "+Inf"]
            lines += [f'http_request_duration_seconds_bucket{{le="{le}"}} {n}' for le, n in zip(bounds, self.buckets)]
            lines.append(f"http_request_duration_seconds_sum {self.seconds}")
            lines.append(f"http_request_duration_seconds_count {self.buckets[-1]}")
            active = sum(time.monotonic() - at < 300 for at in self.seen.values())
        figures = {"prediction_accuracy": ACCURACY, "active_users": active, "data_sync_lag_seconds": 12}
        for name, value in figures.items():
            lines += [f"# TYPE {name} gauge", f"{name} {value}"]
        return "\n".join(lines) + "\n"


DATABASE, CACHE, LIMITER, FIGURES = Database(), Cache(), Limiter(), Figures()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # A connection that says nothing for so long is closed.
    timeout = 30
    # The head of an answer does not wait until somebody has confirmed the one before.
    disable_nagle_algorithm = True

    def do_GET(self):
        began = time.monotonic()
        if self.path == "/health/":
            return self.health()
        if not self.path.startswith("/api/v1/predictions/"):
            return self.answer(404, {"error": "there is no such page"})
        code, body = self.prediction()
        FIGURES.count(code, time.monotonic() - began, self.client_address[0])
        self.answer(code, body)

    def do_POST(self):
        self.rfile.read(min(int(self.headers.get("Content-Length") or 0), 65536))
        if self.headers.get("X-API-Key") not in API_KEYS:
            return self.answer(401, {"error": "this needs a key"})
        self.answer(202, {"accepted": True})

    def health(self):
        try:
            DATABASE.ask("select count(*) from predictions")
        except psycopg2.Error as error:
            logging.error("database: %s", str(error).strip())
            return self.answer(503, {"status": "failed", "database": "failed"})
        self.answer(200, {"status": "ok", "version": VERSION, "database": "ok", "cache": "ok"})

    def prediction(self):
        if self.headers.get("X-API-Key") not in API_KEYS and LIMITER.refuses(self.client_address[0]):
            return 429, {"error": "too many requests"}
        time.sleep(SLOW)
        if random.random() < ERRORS:
            logging.error("the model gave no prediction")
            return 500, {"error": "the model gave no prediction"}
        match = self.path.rsplit("/", 1)[1]
        if not match.isdecimal() or len(match) > 6:
            return 404, {"error": "there is no such match"}
        query = "select home, draw, away from predictions where match = %s"
        try:
            rows = CACHE.get(match, lambda: DATABASE.ask(query, (int(match),)))
        except psycopg2.Error as error:
            logging.error("database: %s", str(error).strip())
            return 500, {"error": "the database does not answer"}
        if not rows:
            return 404, {"error": "there is no such match"}
        return 200, {"match": int(match), **dict(zip(("home", "draw", "away"), rows[0]))}

    def answer(self, code, body):
        body = json.dumps(body).encode()
        self.send_response_only(code)
        for name, value in SECURITY_HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        logging.info("%s %s %s", self.command, self.path, code)


class Metrics(BaseHTTPRequestHandler):
    def do_GET(self):
        body = FIGURES.page().encode()
        self.send_response_only(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    # Whoever comes while many come at once waits for a moment, and is not refused.
    request_queue_size = 256


def serve():
    outputs = [logging.StreamHandler(sys.stdout)]
    try:
        outputs.append(logging.FileHandler(LOG))
    except OSError as error:
        # A drill's container may not write there; what is written to its output is kept all the same.
        print(f"no log file: {error}")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", handlers=outputs)
    servers = [Server(("", 8000), Handler), Server(("", 8001), Metrics)]
    if CERTIFICATE.exists():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE, KEY)
        secure = Server(("", 8443), Handler)
        # The handshake is the connection's own business: one that hangs keeps nobody else waiting.
        secure.socket = context.wrap_socket(secure.socket, server_side=True, do_handshake_on_connect=False)
        servers.append(secure)
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    logging.info("football %s serves", VERSION)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    # Before any thread is there, so that the one that waits for the end hears of it.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    if sys.argv[1:] == ["migrate"]:
        DATABASE.ask(MIGRATION)
    else:
        serve()
