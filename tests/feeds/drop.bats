#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Spamhaus DROP: whole allocations, with a last line that says how many there are.

setup_file() {
  . tests/lib/web.bash
  make_certificates
}

setup() {
  . tests/lib/web.bash
  begin_test
  start_web
}

teardown() {
  stop_web
  end_test
}

feed_is() {
  smtpfence feeds -j | jq -e --arg state "$1" --arg text "${2:-}" \
    '.[0] | .state == $state and ((.error // "") | contains($text))'
}

# drop COUNT CIDR…: nginx serves these, with a last line that tells of COUNT.
drop() {
  local count=$1 lines=() cidr
  shift
  for cidr; do
    lines+=("{\"cidr\":\"$cidr\",\"sblid\":\"SBL256894\",\"rir\":\"ripencc\"}")
  done
  put drop_v4.json "${lines[@]}" "{\"type\":\"metadata\",\"timestamp\":1763755200,\"records\":$count}"
}

# drop_feed INTERVAL [KEY: VALUE]
drop_feed() {
  echo "feeds: [{name: drop, kind: list, type: drop, url: \"$WEB/drop_v4.json\", interval: $1," \
    "ca_file: $BATS_FILE_TMPDIR/authority.crt, ${2:-}}]"
}

start_with() {
  write_config "$@"
  start_daemon
}

@test "what it lists is blocked, also where it is wider than other lists may be" {
  drop 3 198.18.0.0/15 192.0.2.0/24 2001:db8::/32
  start_with "$(drop_feed 1s)"
  wait_for 5 refute smtpfence check 198.19.255.1
  refute smtpfence check 2001:db8:ffff::1
  smtpfence check 198.20.0.1
  smtpfence feeds -j | jq -e '.[0] | .state == "ok" and .records == 3'
  drop 2 198.18.0.0/15 2001:db8::/32
  wait_for 10 smtpfence check 192.0.2.1
  refute smtpfence check 198.19.255.1
}

@test "one that is cut, that cannot count, or that is another file is refused by line" {
  drop 1 192.0.2.0/24
  start_with "$(drop_feed 1s)"
  wait_for 5 refute smtpfence check 192.0.2.1
  put drop_v4.json '{"cidr":"198.51.100.0/24"}'
  wait_for 10 feed_is error 'drop_v4.json:2: the list stops without its metadata line'
  drop 3 198.51.100.0/24 203.0.113.0/24
  wait_for 20 feed_is error ':3: the metadata tells of 3 records, but there are 2'
  put drop_v4.json '{"asn":64496,"rir":"ripencc"}' '{"type":"metadata","records":1}'
  wait_for 20 feed_is error ':1: "cidr" is missing'
  refute smtpfence check 192.0.2.1
  smtpfence check 198.51.100.1
  drop 1 198.51.100.0/24
  wait_for 20 feed_is ok
  refute smtpfence check 198.51.100.1
  smtpfence check 192.0.2.1
}

@test "the guard holds what is wider than any allocation, and widest moves it" {
  drop 1 198.0.0.0/9
  start_with "$(drop_feed 12h)"
  wait_for 5 feed_is held '198.0.0.0/9 is wider than /10'
  smtpfence check 198.18.0.1
  write_config "$(drop_feed 12h 'widest: {ipv4: 9}')"
  reload_daemon
  wait_for 10 feed_is ok
  refute smtpfence check 198.18.0.1
}
