#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A feed is taken whole or refused whole; what was in force stays in force, and status says why.

setup() {
  . tests/lib/daemon.bash
  begin_test
  scores=$folder/scores.ndjson
  list=$folder/drop.txt
}

teardown() {
  end_test
}

feed_is() {
  smtpfence status -j | jq -e --arg state "$1" --arg text "${2:-}" \
    '.feeds[0] | .state == $state and ((.error // "") | contains($text))'
}

blocked() {
  refute smtpfence check "$1"
}

start_with_one_block() {
  write_config "$(scores_feed)"
  write_scores "$scores" 7 "$(incident 192.0.2.11 300)"
  start_daemon
  wait_for 5 blocked 192.0.2.11
}

@test "a score at the limit condemns, one below does not" {
  write_config "$(scores_feed)"
  write_scores "$scores" 1 "$(incident 192.0.2.11 300)" "$(incident 192.0.2.12 299)"
  start_daemon
  wait_for 5 blocked 192.0.2.11
  smtpfence check 192.0.2.12
  smtpfence show -j 192.0.2.11 | jq -e '.evidence[0].message_id | endswith("@guest.example.com")'
}

@test "an IPv6 score condemns the /64" {
  write_config "$(scores_feed)"
  write_scores "$scores" 1 "$(incident 2001:db8:0:11::1 300)"
  start_daemon
  wait_for 5 blocked 2001:db8:0:11::1
  blocked 2001:db8:0:11:ffff::2
  smtpfence check 2001:db8:0:12::1
  smtpfence list -j | jq -e '.[0].prefix == "2001:db8:0:11::/64"'
}

@test "a score of 0 lifts the sentence" {
  start_with_one_block
  write_scores "$scores" 8 '{"ip":"192.0.2.11","score":0}'
  wait_for 5 smtpfence check 192.0.2.11
}

@test "an address that a new snapshot no longer names keeps its sentence" {
  start_with_one_block
  write_scores "$scores" 8 "$(incident 192.0.2.12 300)"
  wait_for 5 blocked 192.0.2.12
  blocked 192.0.2.11
}

@test "a repeated score blocks nobody twice" {
  write_config "$(scores_feed)" 'policy: {duration: 2s}'
  local record
  record=$(incident 192.0.2.11 300)
  write_scores "$scores" 1 "$record"
  start_daemon
  wait_for 5 state_of 192.0.2.11/32 unblocked
  write_scores "$scores" 2 "$record"
  wait_for 5 jq -e '.feeds[0].serial == 2' <(smtpfence status -j) ||
    wait_for 5 feed_serial 2
  smtpfence check 192.0.2.11
  smtpfence show -j 192.0.2.11 | jq -e '.offences == 1'
}

feed_serial() {
  smtpfence status -j | jq -e --argjson serial "$1" '.feeds[0].serial == $serial'
}

@test "a malformed feed is refused whole, by line" {
  start_with_one_block
  {
    echo '{"type":"snapshot","version":1,"serial":8,"records":2,"generated":"2026-11-21T21:00:00Z"}'
    incident 192.0.2.12 300
    echo
    echo '{"ip":"192.0.2.999","score":300,"detected":"2026-11-21T20:58:31Z"}'
    echo '{"type":"end","serial":8,"records":2}'
  } > "$scores"
  wait_for 5 feed_is error ':3: '
  smtpfence check 192.0.2.12
  blocked 192.0.2.11
  run smtpfence status
  [ "$status" -eq 3 ]
}

@test "a truncated feed is refused whole" {
  start_with_one_block
  write_scores "$folder/new" 8 "$(incident 192.0.2.12 300)" "$(incident 192.0.2.13 300)"
  head -n -1 "$folder/new" > "$scores"
  wait_for 5 feed_is error
  smtpfence check 192.0.2.12
  blocked 192.0.2.11
  mv "$folder/new" "$scores"
  wait_for 5 feed_is ok
  blocked 192.0.2.12
}

@test "an older feed is refused whole" {
  start_with_one_block
  write_scores "$scores" 6 "$(incident 192.0.2.12 300)"
  wait_for 5 feed_is error 'older'
  smtpfence check 192.0.2.12
  blocked 192.0.2.11
}

@test "a feed that vanishes is named, and what it blocked stays" {
  start_with_one_block
  rm "$scores"
  wait_for 5 feed_is error 'scores.ndjson'
  blocked 192.0.2.11
}

@test "the last serial is remembered over a restart" {
  start_with_one_block
  stop_daemon
  write_scores "$scores" 6 "$(incident 192.0.2.12 300)"
  start_daemon
  wait_for 5 feed_is error 'older'
  blocked 192.0.2.11
}

@test "a list blocks what it names while it names it" {
  write_config "$(list_feed)"
  printf '# example\n192.0.2.11\n198.51.100.0/25 ; a range\n2001:db8:5::/56\n' > "$list"
  start_daemon
  wait_for 5 blocked 192.0.2.11
  blocked 198.51.100.77
  smtpfence check 198.51.100.200
  blocked 2001:db8:5:ff::1
  run smtpfence unblock 192.0.2.11
  [ "$status" -eq 1 ]
  printf '192.0.2.12\n198.51.100.0/25\n2001:db8:5::/56\n' > "$list"
  wait_for 5 smtpfence check 192.0.2.11
  wait_for 5 blocked 192.0.2.12
  blocked 198.51.100.77
}

@test "a list with a bad line is refused, named by line" {
  write_config "$(list_feed)"
  echo 192.0.2.11 > "$list"
  start_daemon
  wait_for 5 blocked 192.0.2.11
  printf '192.0.2.12\n192.0.2.1/24\n' > "$list"
  wait_for 5 feed_is error ':2: '
  blocked 192.0.2.11
  smtpfence check 192.0.2.12
}

@test "the guard holds a list that blocks the world, and one that lifts most of it" {
  write_config "$(list_feed)"
  seq -f '192.0.2.%g' 1 100 > "$list"
  start_daemon
  wait_for 5 blocked 192.0.2.100
  echo 0.0.0.0/0 >> "$list"
  wait_for 5 feed_is held
  smtpfence check 198.51.100.1
  seq -f '192.0.2.%g' 1 10 > "$list"
  wait_for 5 feed_is held
  blocked 192.0.2.100
  seq -f '192.0.2.%g' 1 60 > "$list"
  wait_for 5 feed_is ok
  wait_for 5 smtpfence check 192.0.2.100
}

@test "an allowlisted source is never blocked, by whatever" {
  write_config "$(scores_feed)" 'policy: {allow: ["192.0.2.11/32"]}'
  write_scores "$scores" 1 "$(incident 192.0.2.11 300)" "$(incident 192.0.2.12 300)"
  start_daemon
  wait_for 5 blocked 192.0.2.12
  smtpfence check 192.0.2.11
  run smtpfence block 192.0.2.11
  [ "$status" -eq 1 ]
}
