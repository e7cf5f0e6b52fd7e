#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What an operator decides over a feed: applied past the guard, paused, read anew from the start.

setup() {
  . tests/lib/daemon.bash
  begin_test
  scores=$folder/scores.ndjson
  list=$folder/drop.txt
}

teardown() {
  end_test
}

feed() {
  smtpfence feeds -j | jq -e ".[0] | $1"
}

blocked() {
  refute smtpfence check "$1"
}

hold_a_list() {
  write_config "$(list_feed)" "policy: {guard: {max_new_blocks: 10}}"
  seq -f '192.0.2.%g' 1 11 > "$list"
  start_daemon
  wait_for 5 feed '.state == "held"'
}

@test "what the guard holds is applied once, as it was reported" {
  hold_a_list
  smtpfence check 192.0.2.11
  run smtpfence feeds apply drop
  [ "$status" -eq 2 ]
  smtpfence feeds apply drop --held
  blocked 192.0.2.11
  feed '.state == "ok" and .records == 11 and .held == null'
  smtpfence events -j | jq -e 'select(.event == "applied") | .source == "manual uid=0"'
  run smtpfence feeds apply drop --held
  [ "$status" -eq 1 ]
  [[ $output == *"nothing of it is held"* ]]
}

@test "a reading that took the place of the one reported is not applied" {
  hold_a_list
  number=$(feed .held)
  seq -f '198.51.100.%g' 1 20 > "$list"
  wait_for 5 feed ".held > $number"
  run -22 curl -sf --unix-socket /run/smtpfence/smtpfence.sock -H 'Content-Type: application/json' \
    -d "{\"held\":$number}" http://localhost/v1/feeds/drop/apply
  smtpfence check 192.0.2.1
  smtpfence check 198.51.100.1
}

@test "a paused feed is not read, also after a restart, and what it said stays" {
  write_config "$(list_feed)"
  echo 192.0.2.1 > "$list"
  start_daemon
  wait_for 5 blocked 192.0.2.1
  smtpfence feeds pause drop
  echo 192.0.2.2 > "$list"
  run smtpfence feeds sync drop
  [ "$status" -eq 1 ]
  [[ $output == *"is paused"* ]]
  stop_daemon
  start_daemon
  feed '.state == "paused"'
  smtpfence status -j | jq -e '.feeds[0].state == "paused"'
  curl -sf http://127.0.0.1:9925/metrics | grep -qx 'smtpfence_feed_paused{feed="drop"} 1'
  blocked 192.0.2.1
  smtpfence check 192.0.2.2
  smtpfence feeds resume drop
  blocked 192.0.2.2
  smtpfence check 192.0.2.1
}

@test "a scorer that begins anew is heard after a reset" {
  write_config "$(scores_feed)"
  write_scores "$scores" 900 "$(incident 192.0.2.11 300)"
  start_daemon
  wait_for 5 blocked 192.0.2.11
  write_scores "$scores" 1 "$(incident 192.0.2.12 300)"
  run smtpfence feeds sync scorer
  [ "$status" -eq 1 ]
  [[ $output == *"serial 1 is older than 900"* ]]
  smtpfence feeds sync scorer --reset
  blocked 192.0.2.12
  blocked 192.0.2.11
  feed '.serial == 1'
  run smtpfence feeds sync --reset
  [ "$status" -eq 2 ]
}

@test "a feed that falls silent is stale, and what it blocked stays until its own end" {
  write_config "feeds: [{name: drop, kind: list, type: list, url: \"file://$list\"," \
    "  interval: 1s, stale_after: 2s, ttl: 8s}]"
  echo 192.0.2.1 > "$list"
  start_daemon
  wait_for 5 blocked 192.0.2.1
  rm "$list"
  wait_for 8 feed '.state == "stale"'
  curl -sf http://127.0.0.1:9925/metrics | grep -qx 'smtpfence_feed_stale{feed="drop"} 1'
  smtpfence status -j | jq -e 'any(.problems[]; contains("feed drop is stale"))'
  blocked 192.0.2.1
  wait_for 15 smtpfence check 192.0.2.1
}
