#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Whatever a server does: it lifts no block and adds none, `feeds` says what is wrong, and when it
# is well again the feed is.

setup_file() {
  . tests/lib/web.bash
  make_certificates
}

setup() {
  . tests/lib/web.bash
  begin_test
  ROGUE_PID=
  content 192.0.2.11
}

teardown() {
  stop_rogue
  stop_web
  end_test
}

# content ADDRESS [LINE…]: what the rogue serves: 20 others, the address, and these lines.
content() {
  seq -f '198.51.100.%g' 20 > "$folder/content.new"
  printf '%s\n' "$@" >> "$folder/content.new"
  mv "$folder/content.new" "$folder/content"
}

mode() {
  echo "$1" > "$folder/mode.new"
  mv "$folder/mode.new" "$folder/mode"
}

start_rogue() {
  tests/feeds/rogue 8090 "$folder" > "$folder/rogue.log" 2>&1 3>&- &
  ROGUE_PID=$!
  wait_for 10 can_reach 8090
}

stop_rogue() {
  [ -n "$ROGUE_PID" ] || return 0
  kill "$ROGUE_PID" 2> /dev/null || true
  wait "$ROGUE_PID" || true
  ROGUE_PID=
}

feed_is() {
  smtpfence feeds -j | jq -e --arg state "$1" --arg text "${2:-}" \
    '.[0] | .state == $state and ((.error // "") | contains($text))'
}

in_force() {
  smtpfence list -j | jq -r '.[].prefix'
}

is_in_force() {
  [ "$(in_force)" = "$1" ]
}

start_with_rogue() {
  mode good
  start_rogue
  write_config "$(web_feed http://127.0.0.1:8090/list "size_limit: 64KiB, time_limit: 2s")"
  start_daemon
  wait_for 10 feed_is ok
  [ "$(in_force | wc -l)" -eq 21 ]
}

# withstands MODE ERROR [STATE]: the rogue has other content by now, which would lift a block, set
# another one, and is never in force.
withstands() {
  local before
  before=$(in_force)
  content 192.0.2.12
  mode "$1"
  wait_for 20 feed_is "${3:-error}" "$2" || {
    echo "$1: not \"$2\", but $(smtpfence feeds -j)"
    return 1
  }
  is_in_force "$before"
  refute smtpfence check 192.0.2.11
  smtpfence check 192.0.2.12
  content 192.0.2.11
  mode good
  wait_for 20 feed_is ok
  is_in_force "$before"
}

# counted KIND: the metrics have at least one error of that kind.
counted() {
  curl -s http://127.0.0.1:9925/metrics |
    grep "^smtpfence_feed_errors_total{feed=\"web\",kind=\"$1\"} [1-9]"
}

@test "answers that are not what they should be" {
  start_with_rogue
  withstands 404 'the server answered 404'
  withstands 429 'the server answered 429'
  withstands 500 'the server answered 500'
  withstands 206 'the server answered 206'
  withstands 304 'the server answered 304'
  withstands 302 'which is not https'
  withstands 200-lie 'in an encoding that nobody asked for'
  withstands garbage 'http://127.0.0.1:8090/list: '
  counted status
}

@test "bodies that are cut off" {
  start_with_rogue
  withstands short 'http://127.0.0.1:8090/list: '
  withstands short-chunks 'http://127.0.0.1:8090/list: '
  withstands short-gzip 'the compressed body is cut off'
  withstands no-length 'the answer tells no length'
  withstands reset 'http://127.0.0.1:8090/list: '
  counted read
}

@test "bodies without an end" {
  start_with_rogue
  withstands slow 'timed out'
  withstands silent 'timed out'
  withstands endless 'the body is larger than 65536 bytes'
  withstands bomb 'the body is larger than 65536 bytes'
  withstands endless-headers 'http://127.0.0.1:8090/list: '
  counted timeout
  counted size
}

# bad_content STATE ERROR LINE…
bad_content() {
  local state=$1 text=$2 before
  shift 2
  before=$(in_force)
  content 192.0.2.12 "$@"
  wait_for 20 feed_is "$state" "$text" || {
    echo "not \"$text\", but $(smtpfence feeds -j)"
    return 1
  }
  is_in_force "$before"
  smtpfence check 203.0.113.1
  content 192.0.2.11
  wait_for 20 feed_is ok
}

@test "content that is none, and content that blocks the world" {
  start_with_rogue
  bad_content error ':22: "<!DOCTYPE html>" is not' '<!DOCTYPE html>' '<html>Sign in</html>'
  bad_content error ':22: ' $'192.0.2.13\e]0;owned\a'
  bad_content held '0.0.0.0/0' 0.0.0.0/0
  bad_content held '::/0' ::/0
  bad_content held '/1' 0.0.0.0/1 128.0.0.0/1
  local before
  before=$(in_force)
  echo 192.0.2.11 > "$folder/content"
  wait_for 20 feed_is held 'lifting 20 of 21'
  : > "$folder/content"
  wait_for 20 feed_is held 'lifting 21 of 21'
  counted parse
  counted apply
  is_in_force "$before"
}

@test "nobody is there, and then somebody is" {
  start_with_rogue
  local before
  before=$(in_force)
  stop_rogue
  wait_for 20 feed_is error 'http://127.0.0.1:8090/list: '
  is_in_force "$before"
  counted connect
  stop_daemon
  is_in_force "$before"
  start_daemon
  wait_for 20 feed_is error 'http://127.0.0.1:8090/list: '
  is_in_force "$before"
  content 192.0.2.12
  start_rogue
  wait_for 20 feed_is ok
  smtpfence check 192.0.2.11
  refute smtpfence check 192.0.2.12
}

# Three times or more; an answer that takes its time leaves a mark.
has_timed_out() {
  curl -s --max-time 15 http://127.0.0.1:9925/metrics > "$folder/metrics" || touch "$folder/slow"
  grep "^smtpfence_feed_errors_total{feed=\"web\",kind=\"timeout\"} [3-9]" "$folder/metrics"
}

@test "a name server that does not answer keeps nobody else waiting" {
  echo 'options timeout:30' >> /run/resolv.conf # the patience of the C library, twice
  socat -u UDP4-RECV:53,bind=127.0.0.1 OPEN:/dev/null > /dev/null 2>&1 3>&- &
  ROGUE_PID=$!
  write_config "$(web_feed https://lists.example.net/list "time_limit: 1s")"
  start_daemon
  wait_for 60 has_timed_out
  feed_is error 'https://lists.example.net/list: Resolving timed out'
  [ ! -e "$folder/slow" ]
}

@test "a scores feed that becomes a sign-in page, half of itself, or an older one" {
  local url=http://127.0.0.1:8090/scores
  mode good
  write_scores "$folder/content" 7 "$(incident 192.0.2.11 300)"
  start_rogue
  write_config "feeds: [{name: web, kind: scores, type: ndjson, url: \"$url\", interval: 1s}]"
  start_daemon
  wait_for 5 feed_is ok
  echo '<!DOCTYPE html>' > "$folder/content"
  wait_for 20 feed_is error "$url:1: "
  write_scores "$folder/whole" 8 "$(incident 192.0.2.12 300)" '{"ip":"192.0.2.11","score":0}'
  head -n -1 "$folder/whole" > "$folder/content"
  wait_for 20 feed_is error "$url:4: "
  write_scores "$folder/content" 6 "$(incident 192.0.2.12 300)"
  wait_for 20 feed_is error 'older'
  refute smtpfence check 192.0.2.11
  smtpfence check 192.0.2.12
  mv "$folder/whole" "$folder/content"
  wait_for 20 feed_is ok
  smtpfence check 192.0.2.11
  refute smtpfence check 192.0.2.12
}

@test "a daemon that is killed in the middle of a download leaves nothing behind" {
  start_with_rogue
  content 192.0.2.12
  mode slow
  wait_for 10 has_unnamed_file
  find "$folder" | sort > "$BATS_TEST_TMPDIR/before"
  kill_daemon
  find "$folder" | sort | diff "$BATS_TEST_TMPDIR/before" -
  mode good
  start_daemon
  wait_for 10 refute smtpfence check 192.0.2.12
  refute has_unnamed_file
}

# The daemon has a file of the folder open that is in no folder.
has_unnamed_file() {
  find "/proc/$DAEMON_PID/fd" -lname "$folder/*(deleted)" | grep -q .
}

@test "a server is not asked again before it wants to be, unless the way to it changes" {
  start_web
  put list 192.0.2.11
  write_config "$(web_feed "$WEB/busy" "ca_file: $BATS_FILE_TMPDIR/authority.crt")"
  start_daemon
  wait_for 5 feed_is error 'the server answered 503: it is out of order'
  smtpfence feeds -j | jq -e '.[0].next_reading | (fromdate - now) > 1700'
  smtpfence feeds -j | jq -e --arg url "$WEB/busy" '.[0].url == $url'
  write_config "$(web_feed "$WEB/list" "ca_file: $BATS_FILE_TMPDIR/authority.crt")"
  reload_daemon
  wait_for 5 refute smtpfence check 192.0.2.11
  [ "$(grep -c '^503 ' "$folder/access.log")" -eq 1 ]
}
