#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Real guests behind real veths and taps, real TCP: who is blocked loses port 25 and nothing else.

setup_file() {
  . tests/lib/host.bash
  make_hypervisor
  make_guests
  serve_tcp 25
  serve_tcp 465
  serve_tcp 2525
}

teardown_file() {
  end_servers
}

setup() {
  . tests/lib/daemon.bash
  begin_test
}

teardown() {
  end_test
}

# What a blocked guest N in namespace NS must see, and what its neighbour b must not notice.
blocked_only_smtp() {
  local ns=$1
  refute can_connect "$ns" "$MAIL4" 25
  refute can_connect "$ns" "$MAIL6" 25
  can_connect "$ns" "$MAIL4" 465
  can_connect "$ns" "$MAIL6" 465
  can_connect "$ns" "$MAIL4" 2525
  can_connect b "$MAIL4" 25
  can_connect b "$MAIL6" 25
}

free_to_send() {
  can_connect "$1" "$MAIL4" 25
  can_connect "$1" "$MAIL6" 25
}

@test "a guest behind a veth loses port 25 and nothing else, and gets it back" {
  write_config
  start_daemon
  free_to_send a
  smtpfence block 192.0.2.11 --for 1h
  smtpfence block 2001:db8:0:11::1 --for 1h
  blocked_only_smtp a
  smtpfence unblock 192.0.2.11 --force
  smtpfence unblock 2001:db8:0:11::1 --force
  free_to_send a
}

@test "a guest behind a tap loses port 25 and nothing else, and gets it back" {
  write_config
  start_daemon
  free_to_send c
  smtpfence block 192.0.2.13 --for 1h
  smtpfence block 2001:db8:0:13::/64 --for 1h
  blocked_only_smtp c
  smtpfence unblock 192.0.2.13 --force
  smtpfence unblock 2001:db8:0:13::/64 --force
  free_to_send c
}

@test "every hook that can be forced on a veth blocks alike" {
  local hook
  for hook in xdp-native xdp-generic tc; do
    write_config
    sed -i "s/\"veth-\\*\", role: guest/&, hook: $hook/" "$folder/smtpfence.yaml"
    start_daemon
    smtpfence block 192.0.2.11 --for 1h
    smtpfence block 2001:db8:0:11::1 --for 1h
    blocked_only_smtp a
    smtpfence unload
    wait "$DAEMON_PID"
    rm -f "$folder"/smtpfence.db*
    free_to_send a
  done
}

@test "the uplink alone blocks what its guests send" {
  write_config
  sed -i '/role: guest/d' "$folder/smtpfence.yaml"
  start_daemon
  covered uplink tc-egress
  smtpfence block 192.0.2.11 --for 1h
  smtpfence block 2001:db8:0:11::1 --for 1h
  blocked_only_smtp a
}

@test "a connection that stands when the block begins dies" {
  write_config
  start_daemon
  coproc CLIENT { in_ns a socat -T 5 - "TCP:$MAIL4:25" 3>&-; }
  echo before >&"${CLIENT[1]}"
  read -r -t 5 line <&"${CLIENT[0]}"
  [ "$line" = before ]
  smtpfence block 192.0.2.11 --for 1h
  echo after >&"${CLIENT[1]}"
  refute read -r -t 1 line <&"${CLIENT[0]}"
  kill "$CLIENT_PID"
}

@test "monitor mode passes everything and counts what it would have dropped" {
  write_config 'mode: monitor'
  start_daemon
  smtpfence block 192.0.2.11 --for 1h
  can_connect a "$MAIL4" 25
  smtpfence list -j | jq -e '.[0].hit_packets > 0'
  run smtpfence check -j 192.0.2.11
  [ "$status" -eq 0 ]
  jq -e '.reason == "monitored"' <<< "$output"
  smtpfence mode enforce
  refute can_connect a "$MAIL4" 25
}

@test "an exempt destination stays reachable" {
  write_config "policy: {exempt_destinations: [\"$MAIL4/32\"]}"
  start_daemon
  smtpfence block 192.0.2.11 --for 1h
  smtpfence block 2001:db8:0:11::1 --for 1h
  can_connect a "$MAIL4" 25
  refute can_connect a "$MAIL6" 25
}

@test "an allow entry inside a blocked range lets its address through" {
  write_config
  start_daemon
  smtpfence block 192.0.2.0/28 --for 1h
  refute can_connect a "$MAIL4" 25
  refute can_connect b "$MAIL4" 25
  smtpfence allow add 192.0.2.12
  can_connect b "$MAIL4" 25
  refute can_connect a "$MAIL4" 25
  smtpfence allow remove 192.0.2.12
  refute can_connect b "$MAIL4" 25
}

@test "an interface that appears is covered; renamed away it is let go; renamed back, covered" {
  write_config
  start_daemon
  smtpfence block 192.0.2.14 --for 1h
  make_guest d 14 veth-d
  wait_for 5 covered veth-d tc-ingress
  refute can_connect d "$MAIL4" 25
  ip link set veth-d down
  ip link set veth-d name other
  ip link set other up
  sed -i '/uplink/d' "$folder/smtpfence.yaml"
  reload_daemon
  wait_for 5 can_connect d "$MAIL4" 25
  ip link set other down
  ip link set other name veth-d
  ip link set veth-d up
  wait_for 5 covered veth-d tc-ingress
  refute can_connect d "$MAIL4" 25
  ip link del veth-d
  wait_for 5 jq -e 'all(.[]; .name != "veth-d")' <(smtpfence interfaces -j)
  ip netns del d
}

@test "volume is counted per interface and source, destinations included" {
  write_config
  start_daemon
  can_connect b "$MAIL4" 25
  can_connect b "$MAIL6" 25
  smtpfence counters -j | tee "$folder/counters"
  jq -e 'any(.[]; .interface == "veth-b" and .source == "192.0.2.12" and .attempts == 1
    and .packets >= 3 and .destinations == 1 and .dropped_packets == 0)' "$folder/counters"
  jq -e 'any(.[]; .interface == "veth-b" and .source == "2001:db8:0:12::/64")' "$folder/counters"
}
