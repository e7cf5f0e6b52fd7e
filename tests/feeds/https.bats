#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Feeds over HTTPS from a real nginx: who is asked, what is shown to whom, and what is not sent
# twice.

setup_file() {
  . tests/lib/web.bash
  make_certificates
}

setup() {
  . tests/lib/web.bash
  begin_test
  start_web
  ca="ca_file: $BATS_FILE_TMPDIR/authority.crt"
}

teardown() {
  stop_web
  end_test
}

feed_is() {
  smtpfence feeds -j | jq -e --arg state "$1" --arg text "${2:-}" \
    '.[0] | .state == $state and ((.error // "") | contains($text))'
}

blocked() {
  refute smtpfence check "$1"
}

start_with() {
  write_config "$@"
  start_daemon
}

@test "a list blocks what it names while it names it; unchanged it is not sent again" {
  put list 192.0.2.11 '# a comment' '198.51.100.0/25 ; a range'
  start_with "$(web_feed "$WEB/list" "$ca")"
  wait_for 5 blocked 192.0.2.11
  blocked 198.51.100.77
  wait_for 10 answered 304
  feed_is ok
  blocked 192.0.2.11
  grep -q '^200 gzip smtpfence/' "$folder/access.log"
  put list 192.0.2.12 198.51.100.0/25
  wait_for 10 blocked 192.0.2.12
  smtpfence check 192.0.2.11
  [ "$(grep -c '^200 ' "$folder/access.log")" -eq 2 ]
}

@test "scores condemn" {
  write_scores "$folder/www/scores" 7 "$(incident 192.0.2.11 300)" "$(incident 192.0.2.12 299)"
  start_with "feeds: [{name: web, kind: scores, type: ndjson, url: \"$WEB/scores\", $ca}]"
  wait_for 5 blocked 192.0.2.11
  smtpfence check 192.0.2.12
  smtpfence feeds -j | jq -e '.[0] | .serial == 7 and .records == 2'
}

@test "a redirect is followed to https, and to nothing else" {
  put list 192.0.2.11
  start_with "$(web_feed "$WEB/near" "$ca")"
  wait_for 5 blocked 192.0.2.11
  write_config "$(web_feed "$WEB/down" "$ca")"
  reload_daemon
  wait_for 5 feed_is error 'which is not https'
  blocked 192.0.2.11
}

@test "an authority that did not sign the certificate is named, and the right one helps at once" {
  put list 192.0.2.11
  start_with "$(web_feed "$WEB/list" "ca_file: $BATS_FILE_TMPDIR/stranger.crt")"
  wait_for 5 feed_is error 'certificate'
  smtpfence check 192.0.2.11
  curl -s http://127.0.0.1:9925/metrics |
    grep 'smtpfence_feed_errors_total{feed="web",kind="certificate"} [1-9]'
  write_config "$(web_feed "$WEB/list" "$ca")"
  reload_daemon
  wait_for 5 blocked 192.0.2.11
  feed_is ok
}

@test "the certificate of another host is refused" {
  put list 192.0.2.11
  reload_web elsewhere
  start_with "$(web_feed "$WEB/list" "$ca")"
  wait_for 5 feed_is error "127.0.0.1"
  smtpfence check 192.0.2.11
  reload_web server
  wait_for 20 blocked 192.0.2.11
}

@test "a server that asks for a certificate gets ours" {
  local own="$ca, cert_file: $BATS_FILE_TMPDIR/client.crt, key_file: $BATS_FILE_TMPDIR/client.key"
  put list 192.0.2.11
  start_with "$(web_feed "$WEB_MUTUAL/list" "$ca")"
  wait_for 5 feed_is error 'the server answered 400'
  smtpfence check 192.0.2.11
  write_config "$(web_feed "$WEB_MUTUAL/list" "$own")"
  reload_daemon
  wait_for 5 blocked 192.0.2.11
  write_config "$(web_feed "$WEB_MUTUAL/list" "${own//client/intruder}")"
  reload_daemon
  wait_for 5 feed_is error 'the server answered 400'
  blocked 192.0.2.11
}

@test "a token is shown to the server and to nobody else" {
  put token/list 192.0.2.11
  echo hush-token > "$folder/token"
  chmod 0644 "$folder/token"
  start_with "$(web_feed "$WEB/token/list?key=hush-key" "$ca, token_file: $folder/token")"
  wait_for 5 feed_is error "others may read or change this secret: chmod 600"
  echo another-hush > "$folder/token"
  chmod 0600 "$folder/token"
  wait_for 20 feed_is error 'the server answered 401'
  smtpfence check 192.0.2.11
  echo hush-token > "$folder/token"
  wait_for 20 blocked 192.0.2.11
  refute grep -a hush "$folder/smtpfenced.log" "/proc/$DAEMON_PID/cmdline" \
    "/proc/$DAEMON_PID/environ"
  refute grep -q hush <(smtpfence feeds; smtpfence feeds -j; smtpfence status -j
    curl -s --unix-socket /run/smtpfence/smtpfence.sock http://localhost/metrics)
}
