#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `on_block: reset` with real guests: a blocked one's connect() is refused at once, on every hook.

setup_file() {
  . tests/lib/host.bash
  make_hypervisor
  make_guests
  serve_tcp 25
  serve_tcp 465
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

# connect_from NAMESPACE ADDRESS PORT: what connect() says, and how long it took.
connect_from() {
  in_ns "$1" "$build/tests/net/connect" "$2" "$3"
}

# refused NAMESPACE ADDRESS: the time is for whoever reads it.
refused() {
  local said
  said=$(connect_from "$1" "$2" 25)
  echo "# $BATS_TEST_DESCRIPTION: $2: $said" >&3
  [[ $said == "ECONNREFUSED "* ]]
}

silent() {
  [[ $(connect_from "$1" "$2" 25) == "EINPROGRESS "* ]]
}

# What the guest's TCP has thrown away because of its checksum.
checksum_errors() {
  # shellcheck disable=SC2016 # awk's fields
  in_ns "$1" awk '$1 == "Tcp:" && $2 ~ /^[0-9]/ {print $15}' /proc/net/snmp
}

# block_guest N
block_guest() {
  smtpfence block "192.0.2.$1" --for 1h
  smtpfence block "2001:db8:0:$1::1" --for 1h
}

# refused_only_smtp NAMESPACE: whoever is blocked; b, its neighbour, must not notice.
refused_only_smtp() {
  local ns=$1 errors
  errors=$(checksum_errors "$ns")
  refused "$ns" "$MAIL4"
  refused "$ns" "$MAIL6"
  [ "$(checksum_errors "$ns")" -eq "$errors" ]
  can_connect "$ns" "$MAIL4" 465
  can_connect "$ns" "$MAIL6" 465
  can_connect b "$MAIL4" 25
  can_connect b "$MAIL6" 25
}

# with_hook HOOK GLOB: that hook for the interfaces of that rule.
with_hook() {
  sed -i "s/\"$2\", role: guest/&, hook: $1/" "$folder/smtpfence.yaml"
}

# Once more with whole checksums, which a guest computes that has no offloads.
whole_checksums() {
  in_ns "$1" ethtool -K eth0 tx off > /dev/null
  refused_only_smtp "$1"
  in_ns "$1" ethtool -K eth0 tx on > /dev/null
}

@test "veth, auto" {
  write_config 'on_block: reset'
  start_daemon
  covered veth-a tc-ingress
  block_guest 11
  refused_only_smtp a
  whole_checksums a
  no_problem
}

@test "veth, generic XDP" {
  write_config 'on_block: reset'
  with_hook xdp-generic 'veth-\*'
  start_daemon
  covered veth-a xdp-generic
  block_guest 11
  refused_only_smtp a
  whole_checksums a
}

@test "veth, native XDP, a guest with GRO" {
  write_config 'on_block: reset'
  with_hook xdp-native 'veth-\*'
  start_daemon
  covered veth-a xdp-native
  smtpfence interfaces | grep 'veth-a.*resets reach the guest only if its end has GRO'
  block_guest 11
  silent a "$MAIL4"
  in_ns a ethtool -K eth0 gro on
  refused_only_smtp a
  whole_checksums a
  in_ns a ethtool -K eth0 gro off
}

@test "tap, auto" {
  write_config 'on_block: reset'
  start_daemon
  covered tap-c tc-ingress
  block_guest 13
  refused_only_smtp c
  whole_checksums c
}

@test "tap, XDP: silence, and interfaces says so" {
  write_config 'on_block: reset'
  with_hook xdp 'tap-\*'
  start_daemon
  covered tap-c xdp-native
  smtpfence interfaces | grep 'tap-c.*only drops here'
  block_guest 13
  silent c "$MAIL4"
  silent c "$MAIL6"
}

@test "the uplink alone" {
  write_config 'on_block: reset'
  sed -i '/role: guest/d' "$folder/smtpfence.yaml"
  start_daemon
  block_guest 11
  refused_only_smtp a
  whole_checksums a
  smtpfence block 192.0.2.13 --for 1h
  refused c "$MAIL4"
}

@test "a reload begins and ends it" {
  write_config
  start_daemon
  block_guest 11
  silent a "$MAIL4"
  write_config 'on_block: reset'
  reload_daemon
  wait_for 10 refused a "$MAIL4"
  write_config
  reload_daemon
  wait_for 10 silent a "$MAIL4"
}

@test "what is answered counts as dropped" {
  write_config 'on_block: reset'
  start_daemon
  block_guest 11
  refused a "$MAIL4"
  smtpfence counters -j | jq -e 'any(.[]; .source == "192.0.2.11" and .interface == "veth-a" and
    .attempts >= 1 and .dropped_packets == .packets)'
  smtpfence list -j | jq -e 'any(.[]; .prefix == "192.0.2.11/32" and .hit_packets >= 1)'
}

# relay_in NAMESPACE: OpenSMTPD as a customer runs it; what it takes goes to the mail server.
relay_in() {
  cat > "$folder/relay.conf" << CONF
listen on 127.0.0.1 port 2525 hostname guest.example.com
action "out" relay host smtp://$MAIL4
match from any for any action "out"
CONF
  chmod 0755 "$folder"
  in_ns "$1" smtpd -d -f "$folder/relay.conf" > "$folder/relay.log" 2>&1 3>&- &
  relay=$!
  wait_for 10 can_connect "$1" 127.0.0.1 2525
}

@test "a mail server in the guest says at once that it was refused" {
  write_config 'on_block: reset'
  start_daemon
  block_guest 11
  relay_in a
  in_ns a swaks --server 127.0.0.1:2525 --from guest@example.com --to someone@example.net \
    --timeout 3 --silent 2
  wait_for 10 grep -q 'Connection refused' "$folder/relay.log"
  grep 'Connection refused' "$folder/relay.log" | sed 's/^/# /' >&3
  kill "$relay"
  wait "$relay" || true
}
