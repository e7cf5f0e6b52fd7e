#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Every source's volume reaches a real HTTPS receiver, in order, whatever happens in between.

setup_file() {
  . tests/lib/daemon.bash
  make_hypervisor
  make_guest a 11 veth-a
  serve_tcp 25
}

teardown_file() {
  . tests/lib/daemon.bash
  end_servers
}

setup() {
  . tests/lib/daemon.bash
  begin_test
  RECEIVER=
  NATS=
  printf 'sesame\n' > "$folder/token"
  chmod 0600 "$folder/token"
  echo 200 > "$folder/answer"
  : > "$folder/received"
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=receiver \
    -addext subjectAltName=IP:127.0.0.1 \
    -keyout "$folder/key.pem" -out "$folder/cert.pem" 2> /dev/null
}

teardown() {
  stop_receiver
  stop_nats
  end_test
}

start_receiver() {
  tests/feeds/receiver "$folder" 8443 > "$folder/receiver.log" 2>&1 3>&- &
  RECEIVER=$!
  wait_for 40 curl -s -o "$folder/page" --cacert "$folder/cert.pem" https://127.0.0.1:8443/
}

stop_receiver() {
  [ -n "$RECEIVER" ] || return 0
  kill "$RECEIVER"
  wait "$RECEIVER" || true
  RECEIVER=
}

# configure [KEY…]: one receiver, told every second; further keys of it.
configure() {
  write_config "usage: [{name: scorer, url: 'https://127.0.0.1:8443/usage', interval: 1s," \
    "ca_file: $folder/cert.pem, token_file: $folder/token, spool: $folder/spool$*}]"
}

# Numbers go up by one, and each window begins where the last one ended.
reports_join() {
  # shellcheck disable=SC2016 # a variable of jq
  received '[.[].report] as $all | all(range(1; length);
    $all[.].sequence == $all[. - 1].sequence + 1 and $all[.].from == $all[. - 1].to)'
}

# received FILTER: the whole of what came, as one array, fits the filter of jq.
received() {
  jq -s -e "$1" "$folder/received"
}

# start_nats: a server whose store outlives it.
start_nats() {
  printf 'listen: 127.0.0.1:4222\njetstream: {store_dir: %s/jetstream}\n' "$folder" \
    > "$folder/nats.conf"
  nats-server -c "$folder/nats.conf" >> "$folder/nats.log" 2>&1 3>&- &
  NATS=$!
  wait_for 40 tests/feeds/jetstream 4222 create SMTP_USAGE 'smtp.usage.*'
}

stop_nats() {
  [ -n "$NATS" ] || return 0
  kill "$NATS"
  wait "$NATS" || true
  NATS=
}

# published FILTER: as received, of what the stream holds.
published() {
  tests/feeds/jetstream 4222 read SMTP_USAGE > "$folder/received" && received "$1"
}

in_status() {
  smtpfence status -j | jq -e ".usage[0] | $1"
}

in_metrics() {
  curl -s http://127.0.0.1:9925/metrics | grep -E "^smtpfence_usage_$1"
}

@test "a report holds what each source has sent since the boot" {
  start_receiver
  configure
  start_daemon
  wait_for 40 covered veth-a tc-ingress
  can_connect a "$MAIL4" 25
  wait_for 40 received 'any(.[]; any(.report.sources[]; .source == "192.0.2.11"
    and .interface == "veth-a" and .attempts == 1 and .packets >= 3 and .bytes > 0
    and .dropped_packets == 0 and .dropped_bytes == 0 and .destinations == 1))'
  received "all(.[]; .path == \"/usage\" and .type == \"application/json\"
    and .authorization == \"Bearer sesame\" and .report.version == 1
    and .report.host == \"$(uname -n)\"
    and .report.boot_id == \"$(cat /proc/sys/kernel/random/boot_id)\")"
  smtpfence counters -j |
    jq -e --slurpfile received "$folder/received" \
      '.[0].packets == ($received[-1].report.sources[0].packets)'
}

@test "windows join, numbers go up by one" {
  start_receiver
  configure
  start_daemon
  wait_for 40 received 'length >= 4'
  reports_join
  received '.[0].report.sequence == 1'
  wait_for 40 in_status '.sequence >= 4 and .age <= 2 and .error == null and .waiting <= 1'
  in_metrics 'last_delivery_timestamp_seconds\{receiver="scorer"\} [1-9]'
  smtpfence status | grep -E '^usage +scorer: report [0-9]+ delivered'
  no_problem
}

@test "while the receiver is away reports wait, and then come in order" {
  configure
  start_daemon
  wait_for 40 in_status '.waiting >= 3 and .age == null'
  problem 'usage scorer: '
  run smtpfence status
  [ "$status" -eq 3 ]
  in_metrics 'waiting_reports\{receiver="scorer"\} [3-9]'
  in_metrics 'errors_total\{receiver="scorer"\} [1-9]'
  start_receiver
  wait_for 40 received 'length >= 5'
  received '[.[].report.sequence] | . == [range(1; length + 1)]'
  wait_for 40 no_problem
  grep 'usage scorer: reports are delivered again' "$folder/smtpfenced.log"
}

@test "reports and their numbers outlive the daemon" {
  configure
  start_daemon
  wait_for 40 in_status '.waiting >= 2'
  kill_daemon
  start_receiver
  start_daemon
  wait_for 40 received 'length >= 4'
  reports_join
}

@test "a report whose answer was lost comes again, the same" {
  echo silence > "$folder/answer"
  start_receiver
  configure
  start_daemon
  wait_for 40 received 'length >= 2'
  echo 200 > "$folder/answer"
  wait_for 40 received 'any(.[]; .report.sequence == 3)'
  received '.[0] == .[1] and (map(.report.sequence) | . == sort)'
}

@test "a receiver that has trouble is asked again, one that refuses a report is not" {
  echo 503 > "$folder/answer"
  start_receiver
  configure
  start_daemon
  wait_for 40 in_status '.error // "" | contains("status 503")'
  refute grep sesame "$folder/smtpfenced.log"
  echo 400 > "$folder/answer"
  wait_for 40 in_status '.refused >= 1'
  echo 200 > "$folder/answer"
  wait_for 40 in_status '.error == null and .age != null'
  in_metrics 'dropped_reports_total\{receiver="scorer"\} [1-9]'
}

@test "beyond the limit the oldest are dropped, and counted" {
  configure ', spool_limit: 500'
  start_daemon
  wait_for 40 in_status '.dropped >= 2'
  [ "$(cat "$folder"/spool/scorer/*.json | wc -c)" -le 500 ]
  start_receiver
  wait_for 40 received 'length >= 2'
  received '.[0].report.sequence > 2'
}

@test "another receiver is not trusted" {
  start_receiver
  configure
  sed -i 's/ca_file: [^,]*, //' "$folder/smtpfence.yaml"
  start_daemon
  wait_for 40 in_status '.error // "" | contains("certificate")'
  received 'length == 0'
}

@test "a token that others may read is not sent" {
  chmod 0644 "$folder/token"
  start_receiver
  configure
  start_daemon
  wait_for 40 in_status '.error // "" | contains("chmod 600")'
  received 'length == 0'
  chmod 0600 "$folder/token"
  wait_for 40 received 'length >= 1'
}

@test "a reload takes a receiver in and out" {
  start_receiver
  write_config
  start_daemon
  smtpfence status -j | jq -e '.usage == []'
  configure
  reload_daemon
  wait_for 40 received 'length >= 1'
  write_config
  reload_daemon
  wait_for 40 eval "smtpfence status -j | jq -e '.usage == []'"
}

@test "a stream of JetStream gets every report once, and in order, over an outage" {
  start_nats
  write_config "usage: [{name: fleet, url: 'nats://127.0.0.1:4222', interval: 1s," \
    "spool: $folder/spool}]"
  start_daemon
  wait_for 40 published 'length >= 2'
  stop_nats
  wait_for 40 in_status '.waiting >= 2 and (.error // "" | contains("127.0.0.1:4222"))'
  kill_daemon
  start_daemon
  start_nats
  wait_for 30 published 'length >= 8'
  reports_join
  received ".[0].report.sequence == 1 and
    all(.[]; .subject == \"smtp.usage.$(uname -n | tr -c '[:alnum:]-\n' _)\")"
  wait_for 40 in_status '.error == null and .age != null'
}

@test "a stream that is not there is named" {
  start_nats
  write_config "usage: [{name: fleet, url: 'nats://127.0.0.1:4222', interval: 1s, stream: NONE," \
    "spool: $folder/spool}]"
  start_daemon
  wait_for 40 in_status '.error // "" | contains("stream NONE")'
  wait_for 40 in_status '.waiting >= 2'
}
