#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The command line, against a running daemon and without one: output, JSON fields, exit codes.

setup_file() {
  . tests/lib/host.bash
  ip link add veth-a type veth peer name peer
  ip link set veth-a up
}

setup() {
  . tests/lib/daemon.bash
  begin_test
}

teardown() {
  end_test
}

# keys FILTER: the sorted field names of what the filter picks from standard input.
keys() {
  jq -r "$1 | keys | join(\" \")"
}

# has_fields FILTER FIELD…: what the filter picks from standard input has at least these.
has_fields() {
  local filter=$1
  shift
  jq -e "($filter | keys) as \$there | \$ARGS.positional - \$there == []" --args "$@"
}

@test "the JSON forms are those of the contract" {
  write_config "$(scores_feed)"
  write_scores "$folder/scores.ndjson" 1
  start_daemon
  smtpfence block 192.0.2.11 --for 1h --reason 'seen at 3 a.m.'
  [ "$(smtpfence list -j | keys '.[0]')" = \
    "action date hit_bytes hit_packets offences prefix reason remaining score sources state time" ]
  [ "$(smtpfence interfaces -j | keys '.[0]')" = "covered hook ifindex name reason role" ]
  [ "$(smtpfence check -j 192.0.2.12 | keys .)" = \
    "destination prefix reason remaining source verdict" ]
  # What came after the contract stands beside its fields.
  smtpfence status -j | has_fields . degraded drift enforcing feeds interfaces maps mode problems version
  smtpfence status -j | has_fields '.feeds[0]' age error name records serial state
  smtpfence list -j | jq -e '.[0] | .state == "blockedForSpam" and .time == 3600
    and .remaining > 3590 and .remaining <= 3600 and .sources == ["manual"]
    and .reason == "seen at 3 a.m." and .action == "drop" and .offences == 1'
  smtpfence events -j | jq -e 'select(.event == "blocked") | .prefix == "192.0.2.11/32"
    and (.source | contains("uid=0"))'
}

@test "check says what the kernel would do: exit 0 pass, 1 drop" {
  write_config
  start_daemon
  smtpfence check 192.0.2.11
  smtpfence block 192.0.2.11 --for 1h
  run smtpfence check 192.0.2.11
  [ "$status" -eq 1 ]
  [[ $output == *drop* && $output == *192.0.2.11/32* ]]
  run smtpfence check 192.0.2.11 2001:db8::1
  [ "$status" -eq 2 ]
}

@test "check counts nothing" {
  write_config
  start_daemon
  smtpfence block 192.0.2.11 --for 1h
  refute smtpfence check 192.0.2.11
  smtpfence counters -j | jq -e '. == []'
  smtpfence list -j | jq -e '.[0].hit_packets == 0'
}

@test "an early unblock is refused with the seconds left; --forgive takes the offence back" {
  write_config 'policy: {duration: 1h, multipliers: [1, 4]}'
  start_daemon
  smtpfence block 192.0.2.11
  run smtpfence unblock 192.0.2.11
  [ "$status" -eq 1 ]
  [[ $output =~ "This IP address is still blocked for "[0-9]+" seconds" ]]
  smtpfence unblock 192.0.2.11 --force
  smtpfence check 192.0.2.11
  smtpfence block 192.0.2.11
  smtpfence list -j | jq -e '.[0].time == 14400 and .[0].offences == 2'
  smtpfence unblock 192.0.2.11 --forgive
  smtpfence block 192.0.2.11
  smtpfence list -j | jq -e '.[0].time == 14400 and .[0].offences == 2'
  run smtpfence unblock 192.0.2.99
  [ "$status" -eq 1 ]
}

@test "a range wider than /24 needs --force, nonsense is refused" {
  write_config
  start_daemon
  run smtpfence block 198.51.0.0/16
  [ "$status" -eq 1 ]
  smtpfence block 198.51.0.0/16 --force
  refute smtpfence check 198.51.77.1
  run smtpfence block 192.0.2.300
  [ "$status" -eq 2 ]
  run smtpfence block 192.0.2.1 --for never
  [ "$status" -eq 2 ]
  run smtpfence blcok 192.0.2.1
  [ "$status" -eq 2 ]
  [[ $output == *block* ]]
}

@test "list filters by state and range" {
  write_config
  start_daemon
  smtpfence block 192.0.2.11 --for 1h
  smtpfence block 198.51.100.1 --for 1h
  smtpfence unblock 198.51.100.1 --force
  smtpfence list -j | jq -e 'length == 1'
  smtpfence list -j --state unblocked | jq -e '.[0].prefix == "198.51.100.1/32"'
  smtpfence list -j --in 198.51.100.0/24 | jq -e '. == []'
  smtpfence list -j --in 192.0.2.0/24 | jq -e 'length == 1'
}

@test "the allowlist: adding lifts at once; the configuration's own entries stay" {
  write_config 'policy: {allow: ["192.0.2.53/32"]}'
  start_daemon
  smtpfence block 192.0.2.11 --for 1h
  smtpfence allow add 192.0.2.0/28
  smtpfence check 192.0.2.11
  smtpfence allow list -j | jq -e 'length == 2'
  run smtpfence allow add 192.0.2.0/28
  [ "$status" -eq 1 ]
  run smtpfence allow remove 192.0.2.53
  [ "$status" -eq 1 ]
  smtpfence allow remove 192.0.2.0/28
  smtpfence allow list -j | jq -e 'length == 1'
}

@test "the mode is changed at run time, and outlives a restart" {
  write_config
  start_daemon
  [ "$(smtpfence mode)" = enforce ]
  smtpfence mode monitor
  smtpfence block 192.0.2.11 --for 1h
  smtpfence check 192.0.2.11
  stop_daemon
  start_daemon
  [ "$(smtpfence mode)" = monitor ]
  smtpfence mode enforce
  refute smtpfence check 192.0.2.11
}

@test "without a daemon: status, list, counters and check read the kernel; the rest exits with 3" {
  write_config
  start_daemon
  smtpfence block 192.0.2.11 --for 1h
  kill_daemon
  run smtpfence status
  [ "$status" -eq 3 ]
  [[ $output == *"not running"* ]]
  smtpfence list -j 2> /dev/null | jq -e '.[0].prefix == "192.0.2.11/32" and .[0].remaining > 3500'
  smtpfence counters -j 2> /dev/null | jq -e '. == []'
  run smtpfence check 192.0.2.11
  [ "$status" -eq 1 ]
  run smtpfence check 192.0.2.12
  [ "$status" -eq 0 ]
  run smtpfence block 192.0.2.12
  [ "$status" -eq 3 ]
  run smtpfence interfaces
  [ "$status" -eq 3 ]
}

@test "a user outside the group is refused, and learns nothing" {
  write_config
  start_daemon
  chmod 0755 "$folder"
  run setpriv --reuid 65534 --clear-groups "$build/bin/smtpfence" list
  [ "$status" -eq 4 ]
  chmod 0666 /run/smtpfence/smtpfence.sock
  run setpriv --reuid 65534 --clear-groups "$build/bin/smtpfence" list
  [ "$status" -eq 4 ]
}

@test "the configuration is checked before it is used" {
  write_config
  smtpfence config check "$folder/smtpfence.yaml"
  "$build/sbin/smtpfenced" --config "$folder/smtpfence.yaml" --check
  echo 'policy: {duration: soon}' >> "$folder/smtpfence.yaml"
  run smtpfence config check "$folder/smtpfence.yaml"
  [ "$status" -eq 2 ]
  [[ $output == *smtpfence.yaml:7:20:* ]]
  run "$build/sbin/smtpfenced" --config "$folder/smtpfence.yaml"
  [ "$status" -eq 2 ]
  [[ $output == *smtpfence.yaml:7:20:* ]]
}

@test "/metrics and /healthz, and nothing else, on the TCP listener" {
  write_config
  start_daemon
  smtpfence block 192.0.2.11 --for 1h
  curl -sf http://127.0.0.1:9925/metrics > "$folder/metrics"
  grep -qx 'smtpfence_enforcing 1' "$folder/metrics"
  grep -q 'smtpfence_blocks{.*state="blockedForSpam".*} 1' "$folder/metrics"
  grep -q 'smtpfence_interface_covered{interface="veth-a",hook="tc-ingress"} 1' "$folder/metrics"
  curl -sf http://127.0.0.1:9925/healthz
  [ "$(curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:9925/v1/blocks)" = 404 ]
}
