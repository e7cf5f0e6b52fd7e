#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Decisions of a real CrowdSec block for as long as they last, and nothing that goes wrong on the
# way lifts one.

setup_file() {
  . tests/lib/daemon.bash
  make_hypervisor
  make_guest a 11 veth-a
  make_guest b 12 veth-b
  serve_tcp 25
}

teardown_file() {
  . tests/lib/daemon.bash
  end_servers
}

setup() {
  . tests/lib/crowdsec.bash
  begin_test
  printf 'f3a1c0ffee5eed\n' > "$folder/key"
  chmod 0600 "$folder/key"
  FAKE=
}

teardown() {
  stop_lapi
  stop_fake
  end_test
}

# configure [KEYS OF THE FEED]
configure() {
  write_config "feeds: [{name: cs, kind: list, type: crowdsec, url: \"$LAPI_URL\"," \
    "api_key_file: $folder/key, interval: 1s, stale_after: 1h${1:-}}]" \
    'policy: {guard: {max_removed_share: 60%}}'
}

start_both() {
  make_lapi
  start_lapi
  configure "${1:-}"
  start_daemon
  wait_for 40 feed_is ok
}

start_fake() {
  tests/feeds/lapi "$folder" 8080 > "$folder/fake.log" 2>&1 3>&- &
  FAKE=$!
  wait_for 40 curl -s -o "$folder/page" "$LAPI_URL/"
  : > "$folder/requests"
}

stop_fake() {
  [ -n "$FAKE" ] || return 0
  kill "$FAKE"
  wait "$FAKE" || true
  FAKE=
}

feed_is() {
  smtpfence status -j | jq -e --arg state "$1" --arg text "${2:-}" \
    '.feeds[0] | .state == $state and ((.error // "") | contains($text))'
}

blocked() {
  refute smtpfence check "$1"
}

# tell NAME BODY: puts a body in place for the fake one.
tell() {
  printf '%s' "$2" > "$folder/$1.new"
  mv "$folder/$1.new" "$folder/$1"
}

decision() {
  printf '{"origin":"cscli","type":"ban","scope":"Ip","value":"%s","duration":"%s","scenario":"x"}' \
    "$1" "$2"
}

# asked TARGET: the fake one has been asked for something that holds the text.
asked() {
  grep -qF "$1" "$folder/requests"
}

@test "a decision blocks the guest's frames, and its end lets them pass" {
  start_both
  wait_for 40 covered veth-a tc-ingress
  can_connect a "$MAIL4" 25
  ban 192.0.2.11 4h
  wait_for 40 blocked 192.0.2.11
  refute can_connect a "$MAIL4" 25
  can_connect b "$MAIL4" 25
  smtpfence list -j | jq -e '.[0] | .prefix == "192.0.2.11/32" and .sources == ["cs"]'
  cs decisions delete --ip 192.0.2.11
  wait_for 40 smtpfence check 192.0.2.11
  can_connect a "$MAIL4" 25
}

@test "ranges and IPv6" {
  start_both
  ban 192.0.2.77/28 4h
  ban 2001:db8:0:11::1 4h
  ban 2001:db8:5::/48 4h
  wait_for 40 blocked 2001:db8:5:1::1
  blocked 192.0.2.65
  blocked 2001:db8:0:11::1
  smtpfence check 192.0.2.81
  smtpfence check 2001:db8:0:11::2
}

@test "a decision ends by itself, also while nobody can be asked" {
  start_both
  ban 192.0.2.12 4h
  ban 192.0.2.11 12s
  wait_for 40 blocked 192.0.2.11
  blocked 192.0.2.12
  stop_lapi
  wait_for 40 feed_is error
  wait_for 30 smtpfence check 192.0.2.11
  blocked 192.0.2.12
}

@test "what it was not there for is made up for" {
  start_both
  ban 192.0.2.11 4h
  ban 192.0.2.12 4h
  wait_for 40 blocked 192.0.2.12
  stop_daemon
  cs decisions delete --ip 192.0.2.11
  ban 192.0.2.13 4h
  start_daemon
  wait_for 40 blocked 192.0.2.13
  wait_for 40 smtpfence check 192.0.2.11
  blocked 192.0.2.12
}

@test "it finds its way back after an outage" {
  start_both
  ban 192.0.2.11 4h
  wait_for 40 blocked 192.0.2.11
  stop_lapi
  wait_for 40 feed_is error
  problem 'feed cs: error: '
  blocked 192.0.2.11
  start_lapi
  cs decisions delete --ip 192.0.2.11
  wait_for 40 feed_is ok
  wait_for 40 smtpfence check 192.0.2.11
}

@test "an empty database lifts nothing: the guard holds" {
  start_both
  for host in {20..34}; do
    ban "192.0.2.$host" 4h
  done
  wait_for 40 blocked 192.0.2.34
  stop_lapi
  wait_for 40 feed_is error
  make_lapi
  start_lapi
  wait_for 30 feed_is held 'lifting 15 of 15 blocks'
  for host in {20..34}; do
    blocked "192.0.2.$host"
  done
}

@test "types are mapped by the configuration" {
  start_both
  ban 192.0.2.11 4h --type smtp
  ban 192.0.2.12 4h
  wait_for 40 blocked 192.0.2.12
  smtpfence check 192.0.2.11
  configure ', types: [smtp, ban], scopes: [ip]'
  ban 192.0.2.64/28 4h
  reload_daemon
  wait_for 40 blocked 192.0.2.11
  blocked 192.0.2.12
  smtpfence check 192.0.2.65
}

@test "two decisions for one source: the block lasts as long as one of them" {
  start_both ', types: [smtp, ban]'
  ban 192.0.2.11 4h
  ban 192.0.2.11 4h --type smtp
  wait_for 40 blocked 192.0.2.11
  cs decisions delete --ip 192.0.2.11 --type ban
  ban 192.0.2.12 4h
  wait_for 40 blocked 192.0.2.12
  blocked 192.0.2.11
  cs decisions delete --ip 192.0.2.11
  wait_for 40 smtpfence check 192.0.2.11
}

@test "a wrong key is named, and never shown" {
  start_both
  echo 0123456789abcdef > "$folder/key"
  wait_for 40 feed_is error "it does not know the key in $folder/key"
  smtpfence feeds | grep 'does not know the key'
  chmod 0644 "$folder/key"
  wait_for 40 feed_is error 'chmod 600'
  refute grep -r -e 0123456789abcdef -e f3a1c0ffee5eed "$folder/smtpfenced.log"
}

@test "an answer that is cut off, with status 200, lifts nothing and adds nothing" {
  start_fake
  tell whole "{\"new\":[$(decision 192.0.2.11 4h),$(decision 192.0.2.12 4h)],\"deleted\":null}"
  configure
  start_daemon
  wait_for 40 blocked 192.0.2.12
  tell cut 1
  tell whole "{\"deleted\":[],\"new\":[$(decision 192.0.2.13 4h)]}"
  tell changes "{\"new\":[$(decision 192.0.2.13 4h)],\"deleted\":[$(decision 192.0.2.11 -1s)]}"
  wait_for 40 feed_is error 'cut off'
  blocked 192.0.2.11
  blocked 192.0.2.12
  smtpfence check 192.0.2.13
  rm "$folder/cut"
  tell whole "{\"new\":[$(decision 192.0.2.12 4h),$(decision 192.0.2.13 4h)],\"deleted\":null}"
  wait_for 40 blocked 192.0.2.13
  smtpfence check 192.0.2.11
  blocked 192.0.2.12
}

@test "after any failure all that is in force is asked for" {
  start_fake
  tell whole "{\"new\":[$(decision 192.0.2.11 4h)],\"deleted\":null}"
  configure
  start_daemon
  wait_for 40 asked 'GET /v1/decisions/stream?startup=false&scopes=ip,range'
  [ "$(head -n 1 "$folder/requests")" = 'GET /v1/decisions/stream?startup=true&scopes=ip,range' ]
  echo 500 > "$folder/status"
  wait_for 40 feed_is error 'answered 500'
  : > "$folder/requests"
  rm "$folder/status"
  wait_for 40 feed_is ok
  [ "$(grep -m 1 '^GET' "$folder/requests")" = \
    'GET /v1/decisions/stream?startup=true&scopes=ip,range' ]
  blocked 192.0.2.11
}

@test "something else than decisions is refused" {
  start_fake
  tell whole "{\"new\":[$(decision 192.0.2.11 4h)],\"deleted\":null}"
  configure
  start_daemon
  wait_for 40 blocked 192.0.2.11
  for body in '' '<html><body>Sign in</body></html>' '{}' '{"message":"no"}' '[]'; do
    tell changes "$body"
    tell whole "$body"
    wait_for 40 feed_is error
    blocked 192.0.2.11
  done
}

@test "usage metrics go to a server that offers them" {
  start_fake
  : > "$folder/metrics"
  tell whole "{\"new\":[$(decision 192.0.2.11 4h),$(decision 2001:db8::1 4h)],\"deleted\":null}"
  configure
  start_daemon
  wait_for 40 test -s "$folder/metrics"
  jq -e '.log_processors == [] and (.remediation_components | length == 1) and
    (.remediation_components[0] | .type == "smtpfence" and .name == "cs" and
    (.version | length > 0) and .utc_startup_timestamp > 0 and .feature_flags == [] and
    (.metrics[0].meta | .window_size_seconds >= 0 and .utc_now_timestamp > 0) and
    ([.metrics[0].items[] | {(.labels.ip_type): .value}] | add == {ipv4: 1, ipv6: 1}))' \
    "$folder/metrics"
}

@test "a server that offers none is not asked again, and that is said once" {
  start_fake
  tell whole "{\"new\":[$(decision 192.0.2.11 4h)],\"deleted\":null}"
  configure
  start_daemon
  wait_for 40 asked 'POST /v1/usage-metrics'
  wait_for 40 grep 'does not offer usage metrics' "$folder/smtpfenced.log"
  : > "$folder/requests"
  wait_for 40 eval "[ \"\$(grep -c GET '$folder/requests')\" -ge 3 ]"
  refute asked POST
  [ "$(grep -c 'does not offer usage metrics' "$folder/smtpfenced.log")" -eq 1 ]
}

@test "what is not for us is counted" {
  start_fake
  tell whole "{\"new\":[$(decision 192.0.2.11 4h),{\"scope\":\"Country\",\"type\":\"ban\",
    \"value\":\"AT\",\"duration\":\"4h\"},{\"scope\":\"ip\",\"type\":\"captcha\",
    \"value\":\"192.0.2.12\",\"duration\":\"4h\"}],\"deleted\":null}"
  configure
  start_daemon
  wait_for 40 blocked 192.0.2.11
  smtpfence check 192.0.2.12
  grep -q 'ignores 1 decisions of other scopes, 1 of other types' "$folder/smtpfenced.log"
  curl -s http://127.0.0.1:9925/metrics | grep '^smtpfence_feed_ignored_total{feed="cs"} 2'
  curl -s http://127.0.0.1:9925/metrics | grep '^smtpfence_feed_records{feed="cs"} 1'
}

# many FIRST LAST DURATION: that many decisions, with commas between.
many() {
  seq "$1" "$2" | awk -v duration="$3" '{
    printf "%s{\"scope\":\"Ip\",\"type\":\"ban\",\"value\":\"198.18.%d.%d\",\"duration\":\"%s\"}",
      (NR > 1 ? "," : ""), $1 / 256, $1 % 256, duration
  }'
}

listed() {
  [ "$(kernel_blocks)" -eq "$1" ]
}

@test "long answers are taken over whole" {
  start_fake
  tell whole "{\"new\":[$(many 1 4000 4h)],\"deleted\":null}"
  configure
  start_daemon
  wait_for 40 listed 4000
  wait_for 40 feed_is ok
  tell changes "{\"new\":[$(many 4001 5000 4h)],\"deleted\":[$(many 1 2000 -1s)]}"
  wait_for 40 listed 3000
  smtpfence check 198.18.7.208
  blocked 198.18.7.209
  blocked 198.18.19.136
  tell cut 1000
  tell whole "{\"new\":[$(many 1 4000 4h)],\"deleted\":null}"
  tell changes "{\"new\":[$(many 1 4000 4h)],\"deleted\":null}"
  wait_for 40 feed_is error 'cut off'
  listed 3000
}
