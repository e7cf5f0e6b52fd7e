#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The API under hands that mean no good: the daemon keeps enforcing and answering, in bounded
# memory; and whoever is not of the group gets nothing but a refusal.

setup_file() {
  . tests/lib/host.bash
  make_hypervisor
  make_guest a 11 veth-a
}

teardown_file() {
  end_servers
}

setup() {
  . tests/lib/daemon.bash
  # Of a sanitizer's build, what is kept to find errors is not what the daemon needs.
  export ASAN_OPTIONS=${ASAN_OPTIONS:-}:quarantine_size_mb=1
  begin_test
  chmod 0755 "$folder"
  write_config
  sed -i 's/^api: {/&group: adm, /' "$folder/smtpfence.yaml"
  start_daemon
  SOCKET=/run/smtpfence/smtpfence.sock
  HOSTILE=()
}

teardown() {
  [ ${#HOSTILE[@]} -eq 0 ] || kill "${HOSTILE[@]}"
  end_test
}

hostile() {
  tests/lifecycle/hostile "$SOCKET" "$@"
}

# stay KIND COUNT [TARGET]: in the background, and set up.
stay() {
  hostile "$@" > "$folder/$1.ready" 2> "$folder/$1.errors" 3>&- &
  HOSTILE+=($!)
  wait_for 20 grep -q ready "$folder/$1.ready"
}

resident_kib() {
  awk '/^VmRSS:/ {print $2}' "/proc/$DAEMON_PID/status"
}

descriptors() {
  find "/proc/$DAEMON_PID/fd" -type l | wc -l
}

# Somebody else's request is answered, and a block is in force, within seconds.
still_works() {
  timeout 5 "$build/bin/smtpfence" status -j | jq -e .enforcing
  timeout 5 "$build/bin/smtpfence" block 192.0.2.11 --for 1h
  refute "$build/bin/smtpfence" check 192.0.2.11
  timeout 5 "$build/bin/smtpfence" unblock 192.0.2.11 --force
  smtpfence check 192.0.2.11
}

@test "500 connections left open lock nobody out" {
  stay idle 500
  for _ in 1 2 3; do still_works; done
  [ "$(descriptors)" -lt 400 ]
}

@test "500 requests that never end lock nobody out" {
  stay drip 500
  for _ in 1 2 3; do still_works; done
}

@test "100 clients that do not read their answers cost bounded memory" {
  write_many_blocks 3000
  local before
  before=$(resident_kib)
  stay deaf 100 /v1/blocks
  for _ in 1 2 3; do still_works; done
  echo "before: $before KiB, now: $(resident_kib) KiB"
  [ "$(resident_kib)" -lt $((before + 128 * 1024)) ]
}

all_12000_are_listed() {
  smtpfence list -j > "$folder/list.json"
  jq -e 'length == 12000 and (map(.prefix) | unique | length) == 12000' "$folder/list.json"
  smtpfence list > "$folder/list"
  [ "$(wc -l < "$folder/list")" -eq 12001 ]
  [ "$(grep -c PREFIX "$folder/list")" -eq 1 ]
  [ "$(smtpfence list -j --in 198.18.0.0/24 | jq length)" -eq 256 ]
  [ "$(smtpfence list -j --in 198.51.100.0/24)" = "[]" ]
}

@test "a list of many pages is one list to the command line, also when the daemon is down" {
  write_many_blocks 12000
  all_12000_are_listed
  stop_daemon
  all_12000_are_listed
}

@test "malformed requests, pipelined garbage and huge bodies leave no trace" {
  hostile garbage
  local before
  before=$(resident_kib)
  hostile garbage
  hostile bodies
  hostile bodies
  echo "before: $before KiB, now: $(resident_kib) KiB"
  [ "$(resident_kib)" -lt $((before + 8 * 1024)) ]
  still_works
}

# write_many_blocks COUNT: by a list, read at the next start.
write_many_blocks() {
  stop_daemon
  write_config "$(list_feed)" 'policy: {guard: {max_new_blocks: 50000}}'
  for ((i = 0; i < $1; i++)); do echo "198.18.$((i / 256)).$((i % 256))"; done > "$folder/drop.txt"
  start_daemon
  wait_for 20 enough_blocks "$1"
}

enough_blocks() {
  [ "$(kernel_blocks)" -ge "$1" ]
}

ask_as_stranger() {
  setpriv --reuid 65534 --regid 65534 --clear-groups curl --silent --unix-socket "$SOCKET" \
    --request "$1" --write-out ' %{http_code}' "http://localhost$2"
}

@test "a user outside of the group gets nothing but a refusal" {
  cp "$build/bin/smtpfence" "$folder/tool"
  run setpriv --reuid 65534 --regid 65534 --clear-groups "$folder/tool" status
  [ "$status" -eq 4 ]
  [ -z "$(setpriv --reuid 65534 --regid 65534 --clear-groups "$folder/tool" list 2> /dev/null)" ]
  chmod 0666 "$SOCKET" # past the mode, which kept him out until now
  local call answer
  for call in "GET /v1/status" "GET /v1/blocks" "POST /v1/blocks" "GET /v1/notice/192.0.2.11" \
    "GET /v1/rates" "GET /ip/192.0.2.0%2F24/spam" \
    "PUT /v1/mode" "POST /v1/unload" "GET /metrics" "GET /healthz" "GET /nowhere"; do
    # shellcheck disable=SC2086 # method and target
    answer=$(ask_as_stranger $call)
    echo "$call: $answer"
    [ "$answer" = '{"message":"only root and the members of the group \"adm\" may ask"} 403' ]
  done
}

@test "a member of the group may block, and may not unload" {
  cp "$build/bin/smtpfence" "$folder/tool"
  local member=(setpriv --reuid 65534 --regid 65534 --groups "$(getent group adm | cut -d: -f3)")
  "${member[@]}" "$folder/tool" block 192.0.2.11 --for 1h
  refute can_connect a "$MAIL4" 25
  run "${member[@]}" "$folder/tool" unload
  [ "$status" -eq 4 ]
  [[ $output == *"only root"* ]]
  refute can_connect a "$MAIL4" 25
  refute smtpfence check 192.0.2.11
}
