# SPDX-License-Identifier: GPL-2.0-or-later
"""How fast a large feed is in force, beside what else could hold the addresses.

usage: python3 feeds BUILD [COUNT [ROUNDS]]      COUNT addresses (1000000), medians of ROUNDS (3)

Exit status 1 if a limit is missed. To be run in tests/lib/sandbox, as root: see `make bench-feeds`.
"""
import sys

from addresses import make_addresses
from bucket import bench_bucket
from decisions import bench_decisions
from files import bench_list, bench_scores
from table import Table


def main():
    build = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1000000
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    addresses = make_addresses(count)
    table = Table()
    print(f"# {count} addresses, medians of {rounds}", flush=True)
    bench_list(build, table, addresses, rounds)
    bench_scores(build, table, addresses)
    bench_bucket(build, table, addresses)
    bench_decisions(build, table, addresses, rounds)
    sys.exit(0 if table.end() else 1)


main()
