#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `events --follow`: every event once and in order, whatever becomes of the daemon meanwhile.

setup() {
  . tests/lib/daemon.bash
  ip link add veth-a type veth peer name peer
  ip link set veth-a up
  begin_test
  # shellcheck disable=SC2119 # no further lines
  write_config
  start_daemon
  FOLLOWER=
}

teardown() {
  [ -z "$FOLLOWER" ] || kill "$FOLLOWER" || true
  end_test
  ip link del veth-a
}

# follow [OPTION…]: in the background, once the first event has come.
follow() {
  smtpfence block 192.0.2.1 --for 1h
  "$build/bin/smtpfence" events --follow "$@" > "$folder/events" 2> "$folder/errors" 3>&- &
  FOLLOWER=$!
  wait_for 10 grep -q 192.0.2.1/32 "$folder/events"
}

# seen PREFIX: in the follower's JSON.
seen() {
  jq -e --arg prefix "$1" 'select(.prefix == $prefix)' "$folder/events"
}

block_each() {
  local i
  for ((i = $1; i <= $2; i++)); do smtpfence block "192.0.2.$i" --for 1h > /dev/null; done
}

# What the store has, each once, from the first to the last.
complete() {
  smtpfence events -j > "$folder/all"
  diff "$folder/all" "$folder/events"
}

@test "an event is told when it happens, as a line of JSON" {
  follow -j
  smtpfence block 192.0.2.2 --for 1h
  wait_for 5 seen 192.0.2.2/32
  smtpfence unblock 192.0.2.2 --force
  smtpfence mode monitor
  wait_for 5 complete
  [ "$(jq -r 'select(.prefix == "192.0.2.2/32") | .event' "$folder/events" | paste -sd ' ')" = \
    "blocked unblocking unblocked" ]
  jq -es 'map(.id) == (map(.id) | sort | unique)' "$folder/events"
  jq -es 'last | .event == "mode" and .reason == "monitor"' "$folder/events"
}

@test "a table goes on under the same heading" {
  follow
  smtpfence block 192.0.2.2 --for 1h
  wait_for 5 grep -q 192.0.2.2/32 "$folder/events"
  [ "$(grep -c WHAT "$folder/events")" -eq 1 ]
}

@test "a daemon that is killed in the middle costs no event, and the follower says what happens" {
  follow -j
  block_each 2 20
  kill_daemon
  wait_for 10 grep -q 'waiting, to go on after event' "$folder/errors"
  start_daemon
  block_each 21 40
  wait_for 10 complete
  [ "$(wc -l < "$folder/events")" -eq 40 ]
  grep -q 'the daemon is back' "$folder/errors"
  [ "$(wc -l < "$folder/errors")" -eq 2 ]
}

@test "a daemon that ends and starts in between costs no event" {
  follow -j
  stop_daemon
  start_daemon
  block_each 2 5
  wait_for 10 complete
}

@test "a store that is replaced is told, and followed from its first event" {
  follow -j
  block_each 2 5
  wait_for 10 complete
  stop_daemon
  rm "$folder/smtpfence.db"*
  start_daemon
  smtpfence block 192.0.2.9 --for 1h
  wait_for 10 seen 192.0.2.9/32
  grep -q 'there is no event 5' "$folder/errors"
}

@test "all events there are, in several answers, and those behind one" {
  block_each 1 200
  [ "$(smtpfence events -j | wc -l)" -eq 100 ]
  sqlite3 "$folder/smtpfence.db" "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n
    WHERE i < 900) INSERT INTO audit (ts, event, state, time, source, reason, interface)
    SELECT 1, 'reload', '', 0, 'config', '', '' FROM n"
  smtpfence events -j --after 0 | jq -es 'map(.id) == [range(1; 1101)]'
  smtpfence events -j --after 1098 | jq -es 'map(.id) == [1099, 1100]'
  [ "$(smtpfence events --after 0 | grep -c WHAT)" -eq 1 ]
  [ "$(smtpfence events --after 0 | wc -l)" -eq 1101 ]
  run smtpfence events --after x
  [ "$status" -eq 2 ]
  run smtpfence events --after 1101
  [ "$status" -eq 1 ]
  [[ $output == *"there is no event 1101"* ]]
}

@test "followers that do not read cost nobody anything" {
  mkfifo "$folder/fifo"
  sh -c 'exec sleep 60' < "$folder/fifo" 3>&- &
  local reader=$!
  "$build/bin/smtpfence" events --follow -j > "$folder/fifo" 2> /dev/null 3>&- &
  FOLLOWER=$!
  block_each 1 250
  kill "$reader"
  [ "$(timeout 5 "$build/bin/smtpfence" events -j | wc -l)" -eq 100 ]
}

@test "a user who may not ask is refused at once" {
  chmod 0755 "$folder"
  cp "$build/bin/smtpfence" "$folder/tool"
  run timeout 5 setpriv --reuid 65534 --regid 65534 --clear-groups "$folder/tool" events --follow
  [ "$status" -eq 4 ]
}

# A bridge receives nothing by native XDP, which is what the rule insists on.
@test "a port that is not covered is an event, and so is the end of that" {
  sed -i 's/^interfaces:/&\n  - {match: "br-*", role: guest, hook: xdp-native}/' \
    "$folder/smtpfence.yaml"
  reload_daemon
  ip link add br-one type bridge
  ip link add br-two type bridge
  wait_for 10 told uncovered br-one
  wait_for 10 told uncovered br-two
  ip link del br-one
  wait_for 10 told gone br-one
  sed -i 's/xdp-native/auto/' "$folder/smtpfence.yaml"
  reload_daemon
  wait_for 10 told covered br-two
  smtpfence events | grep -E 'uncovered +br-two '
  [ "$(smtpfence events -j | jq -r 'select(.interface) | .interface' | sort | uniq -c |
    awk '{print $1 $2}' | paste -sd ' ')" = "2br-one 2br-two" ]
  ip link del br-two
}

# told EVENT INTERFACE
told() {
  smtpfence events -j | jq -es --arg event "$1" --arg interface "$2" \
    'any(.[]; .event == $event and .interface == $interface and (.reason | length) > 0)'
}
