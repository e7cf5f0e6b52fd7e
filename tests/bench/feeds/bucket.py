# SPDX-License-Identifier: GPL-2.0-or-later
"""A bucket of NATS with a score for each address: from the start of smtpfenced until all are in force.

The bucket has them in no order, put there by scorer-publish.
"""
import subprocess
import tempfile

from daemon import Daemon
from files import MIB, write_scores
from program import Program

URL = "nats://127.0.0.1:4222"

SERVER = """\
listen: 127.0.0.1:4222
jetstream: {{store_dir: {folder}/store}}
"""


def contains(path, text):
    with open(path, encoding="utf-8") as file:
        return text in file.read()


class Server:
    def __init__(self, folder):
        with open(f"{folder}/server", "w", encoding="ascii") as file:
            file.write(SERVER.format(folder=folder))
        self.program = Program(f"{folder}/server.log", "nats-server", "-c", f"{folder}/server")

    def __enter__(self):
        self.program.await_(lambda: contains(self.program.log, "Server is ready"))
        return self

    def __exit__(self, *_):
        self.program.end()


def publish(build, path):
    subprocess.run([f"{build}/bin/scorer-publish", "--server", URL, "--create", path],
                   stdout=subprocess.DEVNULL, check=True)


def bench_bucket(build, table, addresses):
    with tempfile.TemporaryDirectory() as folder, Server(folder):
        publish(build, write_scores(f"{folder}/scores", 1, addresses))
        feed = f'kind: scores, type: nats, url: "{URL}"'
        with Daemon(build, folder, feed, len(addresses)) as daemon:
            daemon.program.await_(lambda: daemon.feed()["records"] == len(addresses))
            table.row("a NATS bucket, from the start to enforced", daemon.program.age(), "s")
            table.row("bucket, memory of the agent at the most",
                      daemon.program.memory() / MIB, "MiB", 256)
            table.row("bucket, longest wait for the API", 1000 * daemon.slowest, "ms", 100)
