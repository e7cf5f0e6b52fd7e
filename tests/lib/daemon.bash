# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A daemon for a test, in tests/lib/sandbox: its own state, the sandbox's bpffs and socket.
# $folder holds its files; $build is where the programs are.

# shellcheck source=tests/lib/host.bash
. "$(dirname "${BASH_SOURCE[0]}")/host.bash"

build=$SMTPFENCE_BUILD
DAEMON_PID=

smtpfence() {
  "$build/bin/smtpfence" "$@"
}

# write_config [LINE…]: interfaces, state, and the lines given, at the top level.
write_config() {
  {
    echo 'interfaces:'
    echo '  - {match: "veth-*", role: guest}'
    echo '  - {match: "tap-*", role: guest}'
    echo '  - {match: "uplink", role: uplink}'
    echo "state: $folder/smtpfence.db"
    echo 'api: {listen: "127.0.0.1:9925"}'
    [ $# -eq 0 ] || printf '%s\n' "$@"
  } > "$folder/smtpfence.yaml"
}

# A scores feed at $folder/scores.ndjson, read every second.
scores_feed() {
  echo "feeds: [{name: scorer, kind: scores, type: ndjson," \
    "url: \"file://$folder/scores.ndjson\", interval: 1s}]"
}

list_feed() {
  echo "feeds: [{name: drop, kind: list, type: list," \
    "url: \"file://$folder/drop.txt\", interval: 1s}]"
}

start_daemon() {
  "$build/sbin/smtpfenced" --config "$folder/smtpfence.yaml" \
    >> "$folder/smtpfenced.log" 2>&1 3>&- &
  DAEMON_PID=$!
  wait_for 60 smtpfence version
}

stop_daemon() {
  [ -n "$DAEMON_PID" ] || return 0
  kill "$DAEMON_PID" 2> /dev/null || true
  wait "$DAEMON_PID" || true
  DAEMON_PID=
}

kill_daemon() {
  kill -9 "$DAEMON_PID"
  wait "$DAEMON_PID" 2> /dev/null || true
  DAEMON_PID=
}

reload_daemon() {
  kill -HUP "$DAEMON_PID"
}

state_of() {
  smtpfence list -j --state "$2" | jq -e --arg prefix "$1" 'any(.[]; .prefix == $prefix)'
}

# problem TEXT: status names a problem that holds the text.
problem() {
  smtpfence status -j | jq -e --arg text "$1" 'any(.problems[]; contains($text))'
}

no_problem() {
  smtpfence status -j | jq -e '.problems == []'
}

covered() {
  smtpfence interfaces -j |
    jq -e --arg name "$1" --arg hook "$2" 'any(.[]; .name == $name and .covered and .hook == $hook)'
}

kernel_blocks() {
  bpftool -j map dump pinned /sys/fs/bpf/smtpfence/blocks | jq length
}

# TCP segments that have reached the internet, its mail server included.
segments_in() {
  # shellcheck disable=SC2016 # awk's fields
  in_ns internet awk '$1 == "Tcp:" && $2 ~ /^[0-9]/ {print $11}' /proc/net/snmp
}

# For setup() and teardown() of a bats file whose topology is in place.
begin_test() {
  folder=$(mktemp -d)
}

end_test() {
  if [ "${BATS_TEST_COMPLETED:-}" != 1 ] && [ -e "$folder/smtpfenced.log" ]; then
    sed 's/^/# /' "$folder/smtpfenced.log" | tail -n 30
  fi
  stop_daemon
  "$build/sbin/smtpfenced" --unload
  rm -rf "$folder"
}
