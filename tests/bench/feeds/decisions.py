# SPDX-License-Identifier: GPL-2.0-or-later
"""Decisions of a real CrowdSec: until all are in the kernel, beside CrowdSec's own bouncer.

smtpfenced and crowdsec-firewall-bouncer take turns; each starts with nothing in the kernel, and asks
the same local API for the same decisions. The bouncer is in the mode that Debian chooses, nftables,
without IPv6, and as eager as smtpfenced.
"""
import collections
import os
import statistics
import subprocess
import tempfile

from addresses import text_of
from daemon import Daemon
from program import Program

COUNT = 20000
KEY = "f3a1c0ffee5eed"
URL = "http://127.0.0.1:8080/"
TESTS = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TABLE, SET = "crowdsec", "crowdsec-blacklists"
MIB = 1024 * 1024

BOUNCER = f"""\
mode: nftables
pid_dir: {{folder}}
update_frequency: 1s
daemonize: false
log_mode: stdout
log_level: info
api_url: {URL}
api_key: {KEY}
disable_ipv6: true
deny_action: DROP
supported_decisions_types: [ban]
blacklists_ipv4: {SET}
nftables:
  ipv4: {{{{enabled: true, set-only: false, table: {TABLE}, chain: crowdsec-chain}}}}
  ipv6: {{{{enabled: false}}}}
prometheus: {{{{enabled: false}}}}
"""


def succeeds(*command):
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          check=False).returncode == 0


class Lapi:
    """A local API with the decisions; how it is set up is the tests' knowledge."""

    def __init__(self, build, folder):
        self.folder = folder
        self.environment = {**os.environ, "SMTPFENCE_BUILD": build, "folder": folder}
        with open(os.open(f"{folder}/key", os.O_WRONLY | os.O_CREAT, 0o600), "w",
                  encoding="ascii") as file:
            print(KEY, file=file)
        self.call("make_lapi")
        self.program = Program(f"{folder}/lapi.log", "crowdsec", "-c", f"{folder}/lapi/config.yaml",
                               "-no-cs")

    def call(self, *command):
        """A function of tests/lib/crowdsec.bash."""
        subprocess.run(["bash", "-c", '. "$0"; "$@"', f"{TESTS}/lib/crowdsec.bash", *command],
                       env=self.environment, stderr=subprocess.DEVNULL, check=True)

    def __enter__(self):
        self.program.await_(lambda: succeeds("curl", "-s", URL))
        return self

    def __exit__(self, *_):
        self.program.end()

    def decide(self, addresses):
        path = f"{self.folder}/decisions.csv"
        with open(path, "w", encoding="ascii") as file:
            file.write("duration,scope,value,type,reason\n")
            file.writelines(f"24h,Ip,{text_of(address)},ban,bench\n" for address in addresses)
        self.call("cs", "decisions", "import", "-i", path)


class Bouncer:
    def __init__(self, folder):
        with open(f"{folder}/bouncer.yaml", "w", encoding="utf-8") as file:
            file.write(BOUNCER.format(folder=folder))
        self.program = Program(f"{folder}/bouncer.log", "crowdsec-firewall-bouncer", "-c",
                               f"{folder}/bouncer.yaml")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.program.end()
        succeeds("nft", "delete", "table", "ip", TABLE)

    def has_all(self, addresses):
        """Counts only when it has the last one: a listing of the set takes long."""
        last = text_of(addresses[-1])
        if not succeeds("nft", "get", "element", "ip", TABLE, SET, f"{{ {last} }}"):
            return False
        listing = subprocess.run(["nft", "list", "set", "ip", TABLE, SET], check=True,
                                 capture_output=True, text=True).stdout
        return listing.count(" expires ") == len(addresses)


def note(samples, who, program):
    samples[who].append(program.age())
    samples[f"{who}'s memory"].append(program.memory() / MIB)


def time_bouncer(addresses, samples):
    with tempfile.TemporaryDirectory() as folder, Bouncer(folder) as bouncer:
        bouncer.program.await_(lambda: bouncer.has_all(addresses))
        note(samples, "bouncer", bouncer.program)


def time_agent(build, lapi, addresses, samples):
    feed = (f'kind: list, type: crowdsec, url: "{URL}", api_key_file: {lapi.folder}/key, '
            "interval: 1s")
    with tempfile.TemporaryDirectory() as folder, \
            Daemon(build, folder, feed, len(addresses)) as daemon:
        daemon.program.await_(lambda: daemon.blocks() == len(addresses))
        note(samples, "agent", daemon.program)


def bench_decisions(build, table, addresses, rounds):
    addresses = addresses[:COUNT]
    samples = collections.defaultdict(list)
    with tempfile.TemporaryDirectory() as folder, Lapi(build, folder) as lapi:
        lapi.decide(addresses)
        for _ in range(rounds):
            time_bouncer(addresses, samples)
            time_agent(build, lapi, addresses, samples)
    medians = {name: statistics.median(values) for name, values in samples.items()}
    table.row(f"CrowdSec's bouncer, {len(addresses)} decisions, from its start", medians["bouncer"],
              "s")
    table.row("crowdsec, from the start to enforced", medians["agent"], "s")
    table.row("crowdsec, enforced: share of the bouncer's time",
              medians["agent"] / medians["bouncer"], "")
    table.row("CrowdSec's bouncer, memory at the most", medians["bouncer's memory"], "MiB")
    table.row("crowdsec, memory of the agent at the most", medians["agent's memory"], "MiB")
