#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Receivers of events: every one once and in order, whatever becomes of them, or of the daemon.

setup_file() {
  export TLS=$BATS_FILE_TMPDIR
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=receiver \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$TLS/key.pem" -out "$TLS/cert.pem" 2> /dev/null
  ip link add veth-a type veth peer name peer
  ip link set veth-a up
}

setup() {
  . tests/lib/daemon.bash
  begin_test
  cp "$TLS"/*.pem "$folder"
  echo "a secret that nobody guesses" | tr ' ' - > "$folder/secret"
  chmod 600 "$folder/secret"
  cp "$folder/secret" "$folder/known"
  RECEIVER=
  NATS=
}

teardown() {
  stop_receiver
  stop_nats
  end_test
}

start_receiver() {
  tests/lifecycle/receiver "$folder" 8443 3>&- &
  RECEIVER=$!
  wait_for 10 timeout 1 bash -c 'exec 3<> /dev/tcp/127.0.0.1/8443'
}

stop_receiver() {
  [ -n "$RECEIVER" ] || return 0
  kill "$RECEIVER"
  wait "$RECEIVER" 2> /dev/null || true
  RECEIVER=
}

# A server whose store outlives it, without a stream.
start_nats() {
  printf 'listen: 127.0.0.1:4222\njetstream: {store_dir: %s/jetstream}\n' "$folder" \
    > "$folder/nats.conf"
  nats-server -c "$folder/nats.conf" >> "$folder/nats.log" 2>&1 3>&- &
  NATS=$!
  wait_for 10 timeout 1 bash -c 'exec 3<> /dev/tcp/127.0.0.1/4222'
}

make_stream() {
  wait_for 10 tests/feeds/jetstream 4222 create SMTP_EVENTS 'smtp.event.*'
}

stop_nats() {
  [ -n "$NATS" ] || return 0
  kill "$NATS"
  wait "$NATS" || true
  NATS=
}

# stored FILTER: what the stream holds, as one array of {subject, report}, fits the filter of jq.
stored() {
  tests/feeds/jetstream 4222 read SMTP_EVENTS > "$folder/stored"
  jq -es "$1" "$folder/stored"
}

webhook() {
  echo "notify: [{webhook: \"https://127.0.0.1:8443/hook?token=hidden\"," \
    "secret_file: $folder/secret, ca_file: $folder/cert.pem, name: panel, time_limit: 5s}]"
}

# command [TIME_LIMIT]: what comes from standard input is the program.
command() {
  cat > "$folder/hook"
  chmod 755 "$folder/hook"
  write_config "notify: [{command: $folder/hook, name: hook, time_limit: ${1:-10s}}]"
}

# block_and_free FIRST LAST: three events for each.
block_and_free() {
  local i
  for ((i = $1; i <= $2; i++)); do
    smtpfence block "192.0.2.$i" --for 1h > /dev/null
    smtpfence unblock "192.0.2.$i" --force > /dev/null
  done
}

# Of the only receiver.
receiver_is() {
  smtpfence status -j | jq -e ".notify[0] | $1"
}

nothing_waits() {
  receiver_is '.pending == 0 and .state == "ok"'
}

received() {
  [ "$(wc -l < "$folder/received")" -ge "$1" ]
}

# All that the store has, with a key for each; of what came twice the first one counts.
all_received_in_order() {
  [ "$(sqlite3 "$folder/smtpfence.db" 'SELECT count(*), min(id), max(id) FROM audit')" = "$1|1|$1" ]
  jq -es --argjson count "$1" '
    (map(.event.id) | unique) == [range(1; $count + 1)] and
    (map(.key) | unique | length) == $count and
    (map(.event.id) | . == sort) and all(.signed)' "$folder/received"
}

@test "a webhook gets the event as a signed POST" {
  write_config "$(webhook)"
  start_receiver
  start_daemon
  smtpfence block 192.0.2.1 --for 1h --reason 'seen at 3 a.m.'
  wait_for 10 nothing_waits
  jq -es 'length == 1 and (.[0] | .method == "POST" and .path == "/hook?token=hidden"
    and .type == "application/json" and .signed and (.key | test("^[0-9a-f]{32}-1$"))
    and .event.event == "blocked" and .event.prefix == "192.0.2.1/32" and .event.time == 3600
    and .event.state == "blockedForSpam" and .event.reason == "seen at 3 a.m.")' "$folder/received"
  [ "$(jq -r .event.host "$folder/received")" = "$(uname -n)" ]
  diff <(jq -S '.event | del(.host)' "$folder/received") <(smtpfence events -j | jq -S .)
  no_problem
  refute grep -r -e hidden -e nobody-guesses "$folder/smtpfenced.log"
  [[ $(smtpfence status -j) != *nobody-guesses* && $(smtpfence status -j) != *hidden* ]]
}

@test "a receiver that was away gets all events, once and in order" {
  write_config "$(webhook)"
  start_daemon
  block_and_free 1 20
  wait_for 5 receiver_is '.pending == 60 and .state == "failing"'
  start_receiver
  wait_for 40 nothing_waits
  all_received_in_order 60
  [ "$(wc -l < "$folder/received")" -eq 60 ]
  curl --silent 127.0.0.1:9925/metrics > "$folder/metrics"
  grep -qx 'smtpfence_notify_pending{receiver="panel"} 0' "$folder/metrics"
  grep -qx 'smtpfence_notify_deliveries_total{receiver="panel"} 60' "$folder/metrics"
  grep -q 'panel: works again' "$folder/smtpfenced.log"
}

@test "a daemon that is killed in the middle loses nothing" {
  write_config "$(webhook)"
  echo 204 1 > "$folder/answer" # so slowly that most wait, however busy the machine is
  start_receiver
  start_daemon
  block_and_free 1 20
  wait_for 20 received 3
  kill_daemon
  rm "$folder/answer"
  [ "$(wc -l < "$folder/received")" -lt 60 ]
  start_daemon
  wait_for 40 nothing_waits
  all_received_in_order 60
  [ "$(wc -l < "$folder/received")" -le 61 ] # the one that was on its way
}

@test "the wrong secret shows, and the right one needs no reload" {
  write_config "$(webhook)"
  echo another-secret > "$folder/secret"
  start_receiver
  start_daemon
  smtpfence block 192.0.2.1 --for 1h
  wait_for 10 receiver_is '.error == "panel: answered with HTTP status 401"'
  cp "$folder/known" "$folder/secret"
  wait_for 10 nothing_waits
  jq -es '(map(.signed) | sort | unique) == [false, true] and last.signed' "$folder/received"
}

@test "a secret that others may read is not used, and named at once" {
  write_config "$(webhook)"
  chmod 644 "$folder/secret"
  start_receiver
  start_daemon
  smtpfence block 192.0.2.1 --for 1h
  wait_for 5 problem "$folder/secret: others may read or change this secret"
  [ ! -e "$folder/received" ]
  chmod 600 "$folder/secret"
  wait_for 10 nothing_waits
  no_problem
}

@test "a certificate of somebody else gets nothing" {
  write_config "$(webhook)"
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=receiver \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$folder/key.pem" -out "$folder/other.pem" \
    2> /dev/null
  mv "$folder/cert.pem" "$folder/ca.pem"
  mv "$folder/other.pem" "$folder/cert.pem"
  sed -i "s|cert.pem|ca.pem|" "$folder/smtpfence.yaml"
  start_receiver
  start_daemon
  smtpfence block 192.0.2.1 --for 1h
  wait_for 5 receiver_is '.state == "failing" and (.error | contains("certificate"))'
  [ ! -e "$folder/received" ]
}

@test "Retry-After is heeded" {
  write_config "$(webhook)"
  echo 503 0 4 > "$folder/answer"
  start_receiver
  start_daemon
  smtpfence block 192.0.2.1 --for 1h
  wait_for 5 received 1
  wait_for 5 receiver_is '.error | contains("panel: answered with HTTP status 503")'
  rm "$folder/answer"
  wait_for 15 nothing_waits
  jq -es 'length == 2 and .[1].at - .[0].at >= 4 and .[0].key == .[1].key' "$folder/received"
}

@test "a receiver that hangs is given up after its time limit, and tried again" {
  write_config "$(webhook)"
  sed -i 's/time_limit: 5s/time_limit: 1s/' "$folder/smtpfence.yaml"
  echo 204 30 > "$folder/answer"
  start_receiver
  start_daemon
  smtpfence block 192.0.2.1 --for 1h
  wait_for 5 receiver_is '.state == "failing"'
  rm "$folder/answer"
  wait_for 10 nothing_waits
}

@test "a receiver begins with the next event, and goes on where it was after a reload" {
  write_config
  start_receiver
  start_daemon
  smtpfence block 192.0.2.1 --for 1h
  write_config "$(webhook)"
  reload_daemon
  wait_for 5 receiver_is .receiver
  smtpfence block 192.0.2.2 --for 1h
  wait_for 10 nothing_waits
  [ "$(jq -r .event.prefix "$folder/received" | grep -c 192.0.2.1/32)" -eq 0 ]
  stop_receiver
  smtpfence block 192.0.2.3 --for 1h
  wait_for 10 receiver_is '.state == "failing"'
  sed -i 's/time_limit: 5s/time_limit: 6s/' "$folder/smtpfence.yaml"
  reload_daemon
  start_receiver
  wait_for 20 nothing_waits
  jq -es 'map(.event.prefix) | index("192.0.2.2/32") < index("192.0.2.3/32")' "$folder/received"
}

@test "a command gets the event in a clean environment, and nothing else of the daemon" {
  command << CODE
#!/bin/sh
env | sort > $folder/env
cat > $folder/stdin
ls -l /proc/self/fd > $folder/fds
awk '/^Sig(Blk|Ign)/ {print \$2}' /proc/self/status > $folder/signals
CODE
  SECRET_OF_DAEMON=1 start_daemon
  # shellcheck disable=SC2016 # not to be expanded by anybody
  smtpfence block 192.0.2.1 --for 1h --reason 'a; touch "x" $(y)'
  wait_for 10 nothing_waits
  cat "$folder/env"
  grep -qx 'SMTPFENCE_EVENT=blocked' "$folder/env"
  grep -qx 'SMTPFENCE_PREFIX=192.0.2.1/32' "$folder/env"
  grep -qx 'SMTPFENCE_STATE=blockedForSpam' "$folder/env"
  grep -qx 'SMTPFENCE_TIME=3600' "$folder/env"
  grep -qx 'SMTPFENCE_ID=1' "$folder/env"
  grep -qx 'SMTPFENCE_INTERFACE=' "$folder/env"
  # shellcheck disable=SC2016
  grep -qxF 'SMTPFENCE_REASON=a; touch "x" $(y)' "$folder/env"
  grep -q '^SMTPFENCE_KEY=[0-9a-f]*-1$' "$folder/env"
  # The shell adds PWD and its like.
  [ "$(grep -cvE '^(SMTPFENCE_|PATH=|LANG=|PWD=|OLDPWD=|SHLVL=|_=)' "$folder/env")" -eq 0 ]
  jq -e '.event == "blocked" and .prefix == "192.0.2.1/32"' "$folder/stdin"
  refute grep -E 'socket:|anon_inode|\.db|bpf' "$folder/fds"
  local mask
  while read -r mask; do
    [ $((16#$mask & 0x7fffffff)) -eq 0 ] # 32 and 33 are the C library's own
  done < "$folder/signals"
  [ "$(wc -l < "$folder/signals")" -eq 2 ]
}

@test "a command that fails is run again until it does not" {
  command << CODE
#!/bin/sh
echo "\$SMTPFENCE_KEY \$SMTPFENCE_PREFIX" >> $folder/runs
[ "\$(wc -l < $folder/runs)" -ge 3 ]
CODE
  start_daemon
  smtpfence block 192.0.2.1 --for 1h
  smtpfence block 192.0.2.2 --for 1h
  wait_for 5 receiver_is '.error == "hook: ended with status 1"'
  wait_for 20 nothing_waits
  [ "$(awk '{print $2}' "$folder/runs" | paste -sd ' ')" = \
    "192.0.2.1/32 192.0.2.1/32 192.0.2.1/32 192.0.2.2/32" ]
  [ "$(head -n 3 "$folder/runs" | sort -u | wc -l)" -eq 1 ]
}

@test "a command that hangs is ended, with all that it has started" {
  command 1s << CODE
#!/bin/bash
trap '' TERM
sleep 1000 &
echo \$\$ \$! > $folder/pids
while [ ! -e $folder/enough ]; do wait -n; sleep 1000; done
CODE
  start_daemon
  smtpfence block 192.0.2.1 --for 1h
  wait_for 5 test -s "$folder/pids"
  read -r hook child < "$folder/pids"
  touch "$folder/enough"
  wait_for 10 receiver_is '.error == "hook: did not end within 1 seconds: killed"'
  refute kill -0 "$hook"
  wait_for 5 gone "$child"
  smtpfence check 192.0.2.2 # and the daemon had better things to do meanwhile
}

gone() {
  ! kill -0 "$1" 2> /dev/null
}

@test "a missing command is named at once, and works when it is there" {
  write_config "notify: [{command: $folder/hook}]"
  start_daemon
  smtpfence block 192.0.2.1 --for 1h
  wait_for 5 problem "$folder/hook: cannot be run: No such file or directory"
  run smtpfence status
  [ "$status" -eq 3 ]
  cp /bin/true "$folder/hook"
  wait_for 10 nothing_waits
  no_problem
}

@test "a command that others may change is not run as root" {
  command << CODE
#!/bin/sh
touch $folder/ran
CODE
  chmod 775 "$folder/hook"
  start_daemon
  smtpfence block 192.0.2.1 --for 1h
  wait_for 5 problem "$folder/hook: not run, because others may change it: chmod go-w"
  [ ! -e "$folder/ran" ]
  chmod 755 "$folder/hook"
  wait_for 10 nothing_waits
}

@test "what a command prints goes to the log, so much of it" {
  command << 'CODE'
#!/bin/sh
echo "told $SMTPFENCE_PREFIX" >&2
printf 'a forged\033[31m line\n'
yes | head -c 1000000
printf last
CODE
  start_daemon
  smtpfence block 192.0.2.1 --for 1h
  wait_for 10 nothing_waits
  grep -qx 'notify: hook: told 192.0.2.1/32' "$folder/smtpfenced.log"
  grep -qx 'notify: hook: a forged?\[31m line' "$folder/smtpfenced.log"
  grep -q 'hook: prints more than 4096 bytes' "$folder/smtpfenced.log"
  [ "$(wc -c < "$folder/smtpfenced.log")" -lt 100000 ]
}

@test "receivers do not wait for each other, and nobody waits for them" {
  printf '#!/bin/sh\nsleep 1000\n' > "$folder/hook"
  chmod 755 "$folder/hook"
  write_config "$(webhook | sed "s|\[|&{command: $folder/hook, name: slow, time_limit: 5m}, |")"
  start_receiver
  start_daemon
  block_and_free 1 10
  wait_for 20 received 30
  [ "$(smtpfence status -j | jq '.notify[] | select(.receiver == "slow") | .pending')" -eq 30 ]
  timeout 5 "$build/bin/smtpfence" status
  kill "$DAEMON_PID" # ends at once, with the command
  wait_for 5 gone "$DAEMON_PID"
}

@test "a stream of NATS gets all events once and in order, over outages of both" {
  write_config 'notify: [{nats: "nats://127.0.0.1:4222", name: core}]'
  start_daemon
  block_and_free 1 5
  wait_for 10 receiver_is '.pending == 15 and .state == "failing"'
  start_nats
  make_stream
  wait_for 40 nothing_waits
  block_and_free 6 10
  kill_daemon
  start_daemon
  wait_for 20 nothing_waits
  stored 'map(.report.id) == [range(1; 31)]'
  stop_nats
  block_and_free 11 12
  start_nats
  wait_for 40 nothing_waits
  stored "map(.report.id) == [range(1; 37)] and
    all(.subject == \"smtp.event.$(uname -n | tr -c '[:alnum:]\n-' _)\")"
  jq -s '.[0].report | del(.host)' "$folder/stored" > "$folder/first"
  diff <(jq -S . "$folder/first") <(smtpfence events -j | head -n 1 | jq -S .)
}

@test "events wait for a stream that is not there, and it is named" {
  write_config 'notify: [{nats: "nats://127.0.0.1:4222", stream: SMTP_EVENTS, name: core}]'
  start_nats
  start_daemon
  smtpfence block 192.0.2.1 --for 1h
  wait_for 10 receiver_is '.state == "failing" and (.error | contains("SMTP_EVENTS"))'
  make_stream
  wait_for 20 nothing_waits
  stored 'length == 1'
}
