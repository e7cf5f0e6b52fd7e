#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The allowlist at run time: what an entry covers passes at once, in kernel and store, and what is
# blocked around it stays so.

setup_file() {
  . tests/lib/host.bash
  make_hypervisor
  make_guest a 11 veth-a
  make_guest b 12 veth-b
  in_ns a ip addr add 2001:db8:0:11::25/64 dev eth0 nodad
  serve_tcp 25
}

teardown_file() {
  end_servers
}

setup() {
  . tests/lib/daemon.bash
  begin_test
  write_config 'feeds:' \
    "  - {name: scorer, kind: scores, type: ndjson, url: \"file://$folder/scores\", interval: 1s}" \
    "  - {name: drop, kind: list, type: list, url: \"file://$folder/list\", interval: 1s}"
  write_scores "$folder/scores" 1
  echo "# nobody yet" > "$folder/list"
  start_daemon
}

teardown() {
  end_test
}

# sends_from NAMESPACE ADDRESS: a handshake with the mail server from one of the guest's addresses.
sends_from() {
  in_ns "$1" timeout 2 socat -u OPEN:/dev/null "TCP6:[$MAIL6]:25,bind=[$2]" 2> /dev/null
}

sends() {
  can_connect "$1" "$MAIL4" 25
}

restart_daemon() {
  stop_daemon
  start_daemon
}

applied() {
  smtpfence feeds -j | jq -e --argjson serial "$1" 'any(.[]; .serial == $serial)'
}

# What is detected in the second in which a sentence ended belongs to that sentence.
later_than() {
  [ "$(date +%s)" -gt "$1" ]
}

only_a_sends() {
  sends a
  refute sends b
}

@test "an address is let out of a wider block, and its neighbour is not" {
  sends a
  sends b
  smtpfence block 192.0.2.0/28 --for 1h
  refute sends a
  refute sends b
  smtpfence allow add 192.0.2.11
  only_a_sends
  [ "$(smtpfence show -j 192.0.2.12 | jq -r .covered_by.prefix)" = 192.0.2.0/28 ]
  [ "$(smtpfence show -j 192.0.2.11 | jq -r .verdict)" = pass ]
  restart_daemon
  only_a_sends
  kill_daemon
  only_a_sends
  start_daemon
  only_a_sends
  smtpfence allow remove 192.0.2.11
  refute sends a
  refute sends b
}

@test "what is lifted stays so when the entry goes; what a list wants is blocked again" {
  local record
  record=$(incident 192.0.2.11 300)
  write_scores "$folder/scores" 2 "$record"
  echo 192.0.2.12 > "$folder/list"
  wait_for 10 state_of 192.0.2.11/32 blockedForSpam
  wait_for 10 state_of 192.0.2.12/32 blockedForSpam
  refute sends a
  refute sends b
  smtpfence allow add 192.0.2.0/28 --reason "the mail relays"
  sends a
  sends b
  state_of 192.0.2.11/32 unblocked
  [ "$(kernel_blocks)" -eq 0 ]
  restart_daemon
  sends a
  sends b
  smtpfence allow remove 192.0.2.0/28
  only_a_sends
  # The scorer repeats what it said before.
  write_scores "$folder/scores" 3 "$record"
  wait_for 10 applied 3
  only_a_sends
  restart_daemon
  only_a_sends
  [ "$(smtpfence show -j 192.0.2.11 | jq .offences)" -eq 1 ]
}

@test "a new offence after the entry is gone blocks, and one before it does not" {
  smtpfence allow add 192.0.2.11
  write_scores "$folder/scores" 2 "$(incident 192.0.2.11 300)"
  wait_for 10 applied 2
  sends a
  smtpfence allow remove 192.0.2.11
  sends a
  write_scores "$folder/scores" 3 "$(incident 192.0.2.11 300)"
  wait_for 10 state_of 192.0.2.11/32 blockedForSpam
  refute sends a
}

@test "one address of a blocked IPv6 /64 is allowed, and what it does is not charged to the others" {
  sends_from a 2001:db8:0:11::25
  write_scores "$folder/scores" 2 "$(incident 2001:db8:0:11::1 300)"
  wait_for 10 state_of 2001:db8:0:11::/64 blockedForSpam
  refute sends_from a 2001:db8:0:11::25
  smtpfence allow add 2001:db8:0:11::25
  sends_from a 2001:db8:0:11::25
  refute sends_from a 2001:db8:0:11::1
  state_of 2001:db8:0:11::/64 blockedForSpam
  restart_daemon
  sends_from a 2001:db8:0:11::25
  refute sends_from a 2001:db8:0:11::1

  smtpfence unblock 2001:db8:0:11::1 --force
  sends_from a 2001:db8:0:11::1
  [ "$(kernel_blocks)" -eq 0 ]
  write_scores "$folder/scores" 3 "$(incident 2001:db8:0:11::25 300)"
  wait_for 10 applied 3
  sends_from a 2001:db8:0:11::1

  wait_for 3 later_than "$(date +%s)"
  write_scores "$folder/scores" 4 "$(incident 2001:db8:0:11::1 300)"
  wait_for 10 state_of 2001:db8:0:11::/64 blockedForSpam
  sends_from a 2001:db8:0:11::25
  refute sends_from a 2001:db8:0:11::1
  smtpfence allow remove 2001:db8:0:11::25
  refute sends_from a 2001:db8:0:11::25
}

@test "an allowed range inside of a block, with a block by hand refused inside of it" {
  smtpfence block 192.0.2.0/24 --for 1h
  smtpfence allow add 192.0.2.8/30
  only_a_sends
  run smtpfence block 192.0.2.11
  [ "$status" -eq 1 ]
  [[ $output == *"on the allowlist"* ]]
  only_a_sends
  smtpfence allow add 192.0.2.11
  smtpfence allow remove 192.0.2.8/30
  only_a_sends
  smtpfence unblock 192.0.2.0/24 --force
  sends a
  sends b
  [ "$(kernel_blocks)" -eq 0 ]
}
