#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Enforcement outlives the daemon, whatever happens to it, and ends on time with and without it.

setup_file() {
  . tests/lib/host.bash
  make_hypervisor
  make_guests
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

# One SYN after the other from guest a and c until the file is gone.
send_syns() {
  while [ -e "$folder/sending" ]; do
    in_ns a timeout 0.05 bash -c "exec 3<>/dev/tcp/$MAIL4/25" 2> /dev/null || true
    in_ns c timeout 0.05 bash -c "exec 3<>/dev/tcp/$MAIL4/25" 2> /dev/null || true
    echo >> "$folder/attempts"
  done
}

attempts_above() {
  [ "$(wc -l < "$folder/attempts")" -gt "$1" ]
}

more_attempts() {
  wait_for 20 attempts_above $(($(wc -l < "$folder/attempts") + $1))
}

@test "killed with -9 during a block: not one SYN passes, before, during or after its restart" {
  write_config
  start_daemon
  smtpfence block 192.0.2.11 --for 1h
  smtpfence block 192.0.2.13 --for 1h
  local before
  before=$(segments_in)
  touch "$folder/sending" "$folder/attempts"
  send_syns 3>&- &
  local sender=$!
  more_attempts 5
  for _ in 1 2 3; do
    kill_daemon
    more_attempts 5
    start_daemon
    more_attempts 5
  done
  rm "$folder/sending"
  wait "$sender"
  [ "$(segments_in)" -eq "$before" ]
  can_connect b "$MAIL4" 25 || [ "$(segments_in)" -gt "$before" ]
}

@test "ended with SIGTERM it leaves enforcement in place, and takes it over again" {
  write_config
  start_daemon
  smtpfence block 192.0.2.11 --for 1h
  local before
  before=$(segments_in)
  stop_daemon
  refute can_connect a "$MAIL4" 25
  start_daemon
  refute can_connect a "$MAIL4" 25
  [ "$(segments_in)" -eq "$before" ]
  smtpfence list -j | jq -e '.[0].prefix == "192.0.2.11/32" and .[0].offences == 1'
  smtpfence unblock 192.0.2.11 --force
  serve_tcp 25
  can_connect a "$MAIL4" 25
}

boot_seconds() {
  awk '{print $1}' /proc/uptime
}

# less A B: as decimal numbers.
less() {
  awk -v a="$1" -v b="$2" 'BEGIN {exit !(a < b)}'
}

@test "a sentence is lifted within a second of its deadline, by the agent" {
  write_config
  start_daemon
  local end
  end=$(awk '{print $1 + 3}' /proc/uptime)
  smtpfence block 192.0.2.11 --for 3s
  wait_for 6 state_of 192.0.2.11/32 unblocked
  local now
  now=$(boot_seconds)
  less "$end" "$(awk -v n="$now" 'BEGIN {print n + 0.1}')"
  less "$now" "$(awk -v e="$end" 'BEGIN {print e + 1}')"
  [ "$(kernel_blocks)" -eq 0 ]
}

@test "a sentence ends on time without the agent" {
  write_config
  start_daemon
  smtpfence block 192.0.2.11 --for 3s
  local end
  end=$(awk '{print $1 + 3}' /proc/uptime)
  kill_daemon
  refute smtpfence check 192.0.2.11
  wait_for 6 smtpfence check 192.0.2.11
  local now
  now=$(boot_seconds)
  less "$(awk -v e="$end" 'BEGIN {print e - 0.5}')" "$now"
  less "$now" "$(awk -v e="$end" 'BEGIN {print e + 1}')"
  start_daemon
  wait_for 2 state_of 192.0.2.11/32 unblocked
}

@test "a full block map is loud; what is in stays in" {
  write_config 'limits: {blocks: 2}'
  start_daemon
  smtpfence block 192.0.2.11 --for 1h
  smtpfence block 192.0.2.12 --for 1h
  run smtpfence block 192.0.2.13 --for 1h
  [ "$status" -ne 0 ]
  [[ $output == *limits.blocks* ]]
  refute smtpfence check 192.0.2.11
  refute smtpfence check 192.0.2.12
  run smtpfence status
  [ "$status" -eq 3 ]
  problem limits.blocks
}

@test "a larger limit is taken at a restart without losing a block" {
  write_config 'limits: {blocks: 2}'
  start_daemon
  smtpfence block 192.0.2.11 --for 1h
  stop_daemon
  local before
  before=$(segments_in)
  touch "$folder/sending" "$folder/attempts"
  send_syns 3>&- &
  local sender=$!
  smtpfence check 192.0.2.13
  sed -i 's/blocks: 2/blocks: 1000/' "$folder/smtpfence.yaml"
  start_daemon
  smtpfence status -j | jq -e 'any(.maps[]; .name == "blocks" and .max == 1000)'
  more_attempts 3
  rm "$folder/sending"
  wait "$sender"
  refute smtpfence check 192.0.2.11
  [ "$(kernel_blocks)" -eq 1 ]
  [ ! -e /sys/fs/bpf/smtpfence/next ]
}

@test "a block that somebody deletes from the kernel's map is put back" {
  write_config
  start_daemon
  smtpfence block 192.0.2.11 --for 1h
  kill_daemon
  bpftool map delete pinned /sys/fs/bpf/smtpfence/blocks key \
    128 0 0 0 0 0 0 0 0 0 0 0 0 0 255 255 192 0 2 11
  smtpfence check 192.0.2.11
  start_daemon
  refute smtpfence check 192.0.2.11
}

@test "a bad configuration at a reload keeps the running one, and status says so" {
  write_config
  start_daemon
  smtpfence block 192.0.2.11 --for 1h
  echo 'nonsense: 1' >> "$folder/smtpfence.yaml"
  reload_daemon
  wait_for 5 problem 'smtpfence.yaml:7:1'
  refute smtpfence check 192.0.2.11
  sed -i '/nonsense/d' "$folder/smtpfence.yaml"
  reload_daemon
  wait_for 5 no_problem
}

@test "a second daemon is refused" {
  write_config
  start_daemon
  run "$build/sbin/smtpfenced" --config "$folder/smtpfence.yaml"
  [ "$status" -eq 1 ]
  [[ $output == *smtpfence.db* ]]
  smtpfence version
}

@test "unload takes everything away, with and without a daemon" {
  write_config
  sed -i 's/"veth-\*", role: guest/&, hook: xdp-generic/' "$folder/smtpfence.yaml"
  start_daemon
  smtpfence unload
  wait "$DAEMON_PID"
  [ ! -e /sys/fs/bpf/smtpfence ]
  refute grep -q xdp <(ip -details link show dev veth-a)
  start_daemon
  ip -details link show dev veth-a | grep -q xdp
  kill_daemon
  smtpfence unload
  [ ! -e /sys/fs/bpf/smtpfence ]
  refute grep -q xdp <(ip -details link show dev veth-a)
  refute grep -q smtpfence <(tc filter show dev tap-c ingress)
  refute grep -q smtpfence <(tc filter show dev uplink egress)
}
