#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What the abuse desk sees: one source, ranges in danger, volume as it grows; and the way out.

setup_file() {
  . tests/lib/host.bash
  make_hypervisor
  make_guests
  make_ns d
  make_neighbours
}

# Guests d and e share a /64 of the second one's network.
make_neighbours() {
  ip link add veth-d type veth peer name eth0 netns d
  ip link set veth-d master br0 up
  in_ns d ip link set eth0 up
  in_ns d ip addr add 2001:db8:0:12::d/64 dev eth0 nodad
  in_ns d ip -6 route add default via 2001:db8:0:12::ffff
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

# attempt NAMESPACE ADDRESS: one connection to port 25 that nobody accepts.
attempt() {
  in_ns "$1" timeout 0.3 bash -c "exec 3<>/dev/tcp/$2/25" 2> /dev/null || true
}

counted() {
  smtpfence counters -j | jq -e --arg source "$1" --arg interface "$2" \
    'any(.[]; .source == $source and .interface == $interface)'
}

# row_of COMMAND FIELD VALUE: the row of `smtpfence COMMAND -j` in which the field has the value.
row_of() {
  smtpfence "$1" -j | jq -e --arg field "$2" --arg value "$3" '.[] | select(.[$field] == $value)'
}

@test "risk: a /64 in which one guest costs its neighbours their reputation comes first" {
  write_config 'policy: {ipv6_unit: 128}'
  start_daemon
  smtpfence block 2001:db8:0:11::1 --for 1h
  smtpfence block 198.51.100.7 --for 1h
  attempt b "$MAIL6"
  attempt d "$MAIL6"
  wait_for 10 counted 2001:db8:0:12::1 veth-b
  wait_for 10 counted 2001:db8:0:12::d veth-d
  smtpfence block 2001:db8:0:12::1 --for 1h
  smtpfence risk -j | jq -e '.[0] | .range == "2001:db8:0:12::/64" and .shared and
    .blocked_now == 1 and .blocked_30d == 1 and .sources == 2 and .ports == 2 and .attempts >= 2'
  row_of risk range 198.51.100.0/24 | jq -e '.shared == false and .sources == 0 and .ports == 0'
  run smtpfence risk --top 1
  [ "$status" -eq 0 ]
  [ "${#lines[@]}" -eq 2 ]
  [[ ${lines[1]} == 2001:db8:0:12::/64*yes* ]]
}

@test "risk: customers behind several ports share a /64 that is one unit; who was let go counts" {
  write_config
  start_daemon
  smtpfence block 2001:db8:0:12::1 --for 1h
  smtpfence block 192.0.2.77 --for 1h
  smtpfence block 192.0.2.78 --for 1h
  smtpfence unblock 192.0.2.78 --force
  attempt b "$MAIL6"
  attempt d "$MAIL6"
  wait_for 10 counted 2001:db8:0:12::/64 veth-b
  wait_for 10 counted 2001:db8:0:12::/64 veth-d
  row_of risk range 2001:db8:0:12::/64 | jq -e '.shared and .sources == 1 and .ports == 2'
  row_of risk range 192.0.2.0/24 | jq -e '.shared and .blocked_now == 1 and .blocked_30d == 2'
  run smtpfence risk --top many
  [ "$status" -eq 2 ]
}

# keep_trying NAMESPACE ADDRESS: until the file is gone.
keep_trying() {
  while [ -e "$folder/sending" ]; do
    attempt "$1" "$2"
  done
}

@test "top: rates of what comes between two looks, once for a program, again with -n" {
  write_config
  start_daemon
  touch "$folder/sending"
  keep_trying a "$MAIL4" 3>&- &
  local sender=$!
  wait_for 10 counted 192.0.2.11 veth-a
  smtpfence top -j --interval 1s --sort attempts > "$folder/top"
  smtpfence top -j --interval 1s --repeat 2 --top 1 > "$folder/again"
  smtpfence top --interval 1s > "$folder/table"
  rm "$folder/sending"
  wait "$sender"
  [ "$(wc -l < "$folder/top")" -eq 1 ]
  jq -e 'any(.[]; .source == "192.0.2.11" and .interface == "veth-a" and .attempts_per_second > 0
    and .packets_per_second > 0 and .bytes_per_second > 50 and .dropped_per_second == 0)' \
    "$folder/top"
  [ "$(wc -l < "$folder/again")" -eq 2 ]
  [ "$(jq -s 'map(length) | max' "$folder/again")" -eq 1 ]
  grep -q 'SOURCE.*SYN/S' "$folder/table"
  grep -q 'veth-a.*192.0.2.11' "$folder/table"
  refute grep -q $'\033' "$folder/table"
  run smtpfence top --interval 0s
  [ "$status" -eq 2 ]
}

@test "top on a terminal repaints itself, q ends it and leaves the terminal as it was" {
  write_config
  start_daemon
  attempt a "$MAIL4"
  wait_for 10 counted 192.0.2.11 veth-a
  mkfifo "$folder/keys"
  script --quiet --command "stty -a; $build/bin/smtpfence top --interval 1s; stty -a" \
    "$folder/screen" < "$folder/keys" > /dev/null 3>&- &
  local terminal=$!
  exec 4> "$folder/keys"
  painted() { [ "$(grep -c 'q: quit' "$folder/screen")" -ge 2 ]; }
  wait_for 20 painted
  printf q >&4
  wait_for 10 eval "! kill -0 $terminal"
  exec 4>&-
  grep -q $'\033\\[H\033\\[J' "$folder/screen"
  [ "$(grep -c -- ' icanon' "$folder/screen")" -eq 2 ]
}
