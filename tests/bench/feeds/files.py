# SPDX-License-Identifier: GPL-2.0-or-later
"""A file with a million addresses, or scores: until it is in force, and read again.

The same addresses, in the same random order, go from a file into the kernel by smtpfenced, by
`nft -f` (a set with timeouts) and by `ipset restore`, by turns. Then the list is read once more
without a change, and with a hundredth of it changed; then as many scores as NDJSON. Meanwhile a
client asks for the feeds, again and again: the longest it waited is the latency.
"""
import contextlib
import statistics
import subprocess
import tempfile
import time

from addresses import text_of
from daemon import Daemon

MIB = 1024 * 1024


@contextlib.contextmanager
def following(build, kind, type_, count, write):
    """A daemon that has read what @write has written into its feed's file."""
    with tempfile.TemporaryDirectory() as folder:
        path = write(f"{folder}/feed")
        feed = f'kind: {kind}, type: {type_}, url: "file://{path}", interval: 1d'
        with Daemon(build, folder, feed, count) as daemon:
            daemon.settle()
            yield daemon


def write_list(path, addresses):
    with open(path, "w", encoding="ascii") as file:
        file.writelines(f"{text_of(address)}\n" for address in addresses)
    return path


def write_scores(path, serial, addresses):
    detected = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    ends = f'"serial":{serial},"records":{len(addresses)}}}\n'
    with open(path, "w", encoding="ascii") as file:
        file.write('{"type":"snapshot","version":1,' + ends)
        file.writelines(f'{{"ip":"{text_of(address)}","score":300,"detected":"{detected}",'
                        f'"reason":"bench"}}\n' for address in addresses)
        file.write('{"type":"end",' + ends)
    return path


def write_nft(path, addresses):
    with open(path, "w", encoding="ascii") as file:
        file.write("table inet bench {\nset blocked {\ntype ipv4_addr; flags timeout;\nelements = {\n")
        file.writelines(f"{text_of(address)} timeout 1h,\n" for address in addresses)
        file.write("}\n}\n}\n")
    return path


def write_ipset(path, addresses):
    with open(path, "w", encoding="ascii") as file:
        file.write(f"create bench hash:ip timeout 3600 maxelem {2 * len(addresses)}\n")
        file.writelines(f"add bench {text_of(address)} timeout 3600\n" for address in addresses)
    return path


def run(*command):
    begin = time.monotonic()
    subprocess.run(command, check=True)
    return time.monotonic() - begin


def list_rounds(daemon, addresses, rounds):
    folder = daemon.folder
    nft = write_nft(f"{folder}/nft", addresses)
    ipset = write_ipset(f"{folder}/ipset", addresses)
    times = {"nft": [], "ipset": [], "durable": [], "enforced": []}
    for i in range(rounds):
        if i > 0:
            daemon.put(write_list(f"{folder}/new", []))
        durable, enforced = daemon.put(write_list(f"{folder}/new", addresses))
        times["durable"].append(durable)
        times["enforced"].append(enforced)
        times["nft"].append(run("nft", "-f", nft))
        run("nft", "delete", "table", "inet", "bench")
        times["ipset"].append(run("ipset", "restore", "-file", ipset))
        run("ipset", "destroy", "bench")
    return {name: statistics.median(values) for name, values in times.items()}


def change_some(addresses):
    """Each hundredth is another one."""
    known = set(addresses)
    fresh = (address for address in range(0x01000000, 0xdf000000, 7) if address not in known)
    return [next(fresh) if i % 100 == 0 else address for i, address in enumerate(addresses)]


def bench_list(build, table, addresses, rounds):
    with following(build, "list", "list", len(addresses),
                   lambda path: write_list(path, [])) as daemon:
        times = list_rounds(daemon, addresses, rounds)
        best = min(times["nft"], times["ipset"])
        table.row("nft -f, a set with timeouts", times["nft"], "s")
        table.row("ipset restore, hash:ip with timeouts", times["ipset"], "s")
        table.row("list, from file to durable", times["durable"], "s", best)
        table.row("list, from file to enforced and durable", times["enforced"], "s", 0.35 * best)
        table.row("list, enforced: share of the faster of the two", times["enforced"] / best, "",
                  0.35)
        unchanged = statistics.median(daemon.sync() for _ in range(rounds))
        table.row("list, read again without a change", unchanged, "s", 0.25)
        versions = [change_some(addresses), addresses] * rounds
        changed = statistics.median(daemon.put(write_list(f"{daemon.folder}/new", version))[1]
                                    for version in versions[:rounds])
        table.row("list, a hundredth of it changed", changed, "s", 0.5)
        table.row("list, memory of the agent at the most", daemon.program.memory() / MIB, "MiB", 256)
        table.row("list, longest wait for the API", 1000 * daemon.slowest, "ms", 100)


def bench_scores(build, table, addresses):
    with following(build, "scores", "ndjson", len(addresses),
                   lambda path: write_scores(path, 1, [])) as daemon:
        seconds = daemon.put(write_scores(f"{daemon.folder}/new", 2, addresses))[1]
        table.row("scores, from file to enforced and durable", seconds, "s")
        table.row("scores, read again without a change", daemon.sync(), "s")
        table.row("scores, memory of the agent at the most", daemon.program.memory() / MIB, "MiB", 256)
        table.row("scores, longest wait for the API", 1000 * daemon.slowest, "ms", 100)
