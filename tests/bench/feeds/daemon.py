# SPDX-License-Identifier: GPL-2.0-or-later
"""smtpfenced with one feed, and a client that never stops asking."""
import http.client
import json
import os
import socket
import subprocess
import sys
import time

from program import PATIENCE, Program

CONFIG = """\
interfaces: [{{match: "nothing*", role: guest}}]
limits: {{blocks: {room}, prefixes: 10000, sources: 65536}}
policy: {{guard: {{max_new_blocks: {room}, max_removed_share: 100%}}}}
api: {{socket: {folder}/socket, listen: ""}}
state: {folder}/state/store.db
bpffs: /sys/fs/bpf/smtpfence
feeds: [{{name: feed, {feed}}}]
"""


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=PATIENCE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(self.path)


class Daemon:
    """What it keeps is in @folder; @feed is what its configuration says of the feed."""

    def __init__(self, build, folder, feed, count):
        self.folder = folder
        self.slowest = 0.0
        with open(f"{folder}/yaml", "w", encoding="utf-8") as file:
            file.write(CONFIG.format(folder=folder, feed=feed, room=count + count // 5 + 1000))
        self.program = Program(f"{folder}/log", f"{build}/sbin/smtpfenced", "--config",
                               f"{folder}/yaml")
        self.connection = Connection(f"{folder}/socket")

    def __enter__(self):
        self.program.await_(lambda: os.path.exists(f"{self.folder}/socket"))
        return self

    def __exit__(self, *_):
        self.program.end()
        subprocess.run([self.program.name, "--unload"], check=True)

    def ask(self, method, target, body=None):
        begin = time.monotonic()
        headers = {} if body is None else {"Content-Type": "application/json"}
        self.connection.request(method, target, body, headers)
        answer = json.loads(self.connection.getresponse().read())
        self.slowest = max(self.slowest, time.monotonic() - begin)
        return answer

    def feed(self):
        return self.ask("GET", "/v1/feeds")[0]

    def blocks(self):
        """How many are in the kernel."""
        maps = self.ask("GET", "/v1/status")["maps"]
        return next(map_["entries"] for map_ in maps if map_["name"] == "blocks")

    def at_rest(self):
        return self.feed()["progress"] is None

    def settle(self):
        """Makes it ready for what is to be timed."""
        self.program.await_(self.at_rest)
        self.ask("PUT", "/v1/mode", '{"mode":"enforce"}')  # an event, before all others
        self.slowest = 0.0

    def last_event(self):
        return self.ask("GET", "/v1/events?limit=1")[0]["id"]

    def put(self, path):
        """The file takes the feed's place. Seconds until it is durable, and in force."""
        self.connection.close()  # the daemon ends one that is idle for long
        before = self.last_event()
        begin = time.monotonic()
        os.rename(path, f"{self.folder}/feed")
        self.program.await_(lambda: self.last_event() > before)
        durable = time.monotonic() - begin
        self.program.await_(self.at_rest)
        enforced = time.monotonic() - begin
        feed = self.feed()
        if feed["state"] != "ok":
            sys.exit(f"the feed is {feed['state']}: {feed['error']}")
        return durable, enforced

    def sync(self):
        """Reads what is in force once more. Seconds."""
        self.connection.close()
        begin = time.monotonic()
        self.ask("POST", "/v1/feeds/feed/sync", "{}")
        self.program.await_(self.at_rest)
        return time.monotonic() - begin
