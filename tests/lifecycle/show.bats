#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `smtpfence show`: one screen that says why a guest's mail does not come through.

setup_file() {
  . tests/lib/host.bash
  make_hypervisor
  make_guest a 11 veth-a
  serve_tcp 25
}

teardown_file() {
  end_servers
}

setup() {
  . tests/lib/daemon.bash
  begin_test
  write_config "$(scores_feed)"
  write_scores "$folder/scores.ndjson" 1
  start_daemon
}

teardown() {
  end_test
}

# line TITLE: what the screen says behind it.
line() {
  sed -n "s/^$1  *//p" "$folder/screen"
}

show() {
  smtpfence show "$@" > "$folder/screen"
  cat "$folder/screen"
}

@test "what a feed has told, and what the kernel has seen, on one screen" {
  can_connect a "$MAIL4" 25
  write_scores "$folder/scores.ndjson" 2 "$(incident 192.0.2.11 300)"
  wait_for 10 state_of 192.0.2.11/32 blockedForSpam
  refute can_connect a "$MAIL4" 25
  show 192.0.2.11
  [ "$(wc -l < "$folder/screen")" -le 24 ]
  [ "$(line state)" = blockedForSpam ]
  [ "$(line mail)" = drop ]
  [ "$(line 'wanted by')" = scorer ]
  [ "$(line 'next block')" = 4h ]
  [ "$(line attempts)" -ge 1 ]
  grep -qE "^[0-9T:Z-]+ Destination IP: $MAIL4 - Message-ID: .* - Spam score: 300$" \
    "$folder/screen"
  # All attempts, those before the block included.
  [ "$(smtpfence show -j 192.0.2.11 | jq '[.counters[].attempts] | max')" -gt \
    "$(line attempts)" ]
}

@test "a source that has only sent mail, one inside a wider block, and one that nobody knows" {
  can_connect a "$MAIL4" 25
  show 192.0.2.11
  [ "$(line mail)" = pass ]
  [ "$(line 'covered by')" = - ]
  grep -q '^veth-a  *192.0.2.11 ' "$folder/screen"
  smtpfence block 192.0.2.0/28 --for 1h
  refute can_connect a "$MAIL4" 25
  show 192.0.2.11
  [ "$(line state)" = unblocked ]
  [ "$(line mail)" = drop ]
  [ "$(line 'covered by')" = '192.0.2.0/28: drop, wanted by manual' ]
  run smtpfence show 198.51.100.1
  [ "$status" -eq 1 ]
}
