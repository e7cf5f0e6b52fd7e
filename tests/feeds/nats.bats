#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Scores over NATS JetStream: a real server, the real daemon, and frames of guests for real.

setup_file() {
  . tests/lib/host.bash
  make_hypervisor
  make_guests
}

teardown_file() {
  end_servers
}

setup() {
  . tests/lib/nats.bash
  begin_test
}

teardown() {
  if [ "${BATS_TEST_COMPLETED:-}" != 1 ]; then
    tail -n 5 "$folder"/*.log | sed 's/^/# /'
  fi
  stop_all_nats
  end_test
}

PORT=4222
URL=nats://127.0.0.1:4222

blocked() {
  refute smtpfence check "$1"
}

feed_is() {
  smtpfence feeds -j | jq -e --arg state "$1" --arg text "${2:-}" \
    '.[0] | .state == $state and ((.error // "") | contains($text))'
}

feed_has() {
  smtpfence feeds -j | jq -e ".[0] | $1"
}

# What this daemon has read since its start.
records() {
  smtpfence feeds -j | jq -r '.[0].records'
}

start() {
  start_nats server "$PORT" "$(jetstream)"
  create_bucket "$PORT"
  write_config "$(nats_feed "$URL")"
  start_daemon
  wait_for 10 feed_is ok
}

@test "what is published is dropped, and a score of 0 lets it go" {
  start
  put_score "$PORT" 192.0.2.11 300
  wait_for 5 blocked 192.0.2.11
  local before
  before=$(segments_in)
  refute can_connect a "$MAIL4" 25
  [ "$(segments_in)" -eq "$before" ]
  smtpfence check 192.0.2.12
  smtpfence show -j 192.0.2.11 | jq -e '.evidence[0].message_id | endswith("@guest.example.com")'
  smtpfence list -j | jq -e '.[0].sources == ["fleet"]'
  put_value "$PORT" "$(key_of 192.0.2.11)" '{"ip":"192.0.2.11","score":0}'
  wait_for 5 smtpfence check 192.0.2.11
}

@test "a deleted key lifts nothing" {
  start
  put_score "$PORT" 192.0.2.11 300
  wait_for 5 blocked 192.0.2.11
  nats_publish "$PORT" "\$JS.API.STREAM.PURGE.KV_$NATS_BUCKET"
  put_score "$PORT" 192.0.2.12 300
  wait_for 5 blocked 192.0.2.12
  blocked 192.0.2.11
}

@test "the daemon's restart goes on where it was, and reads nothing twice" {
  start
  local i
  for i in $(seq 20 39); do
    put_score "$PORT" "192.0.2.$i" 300
  done
  wait_for 10 blocked 192.0.2.39
  stop_daemon
  put_score "$PORT" 192.0.2.11 300
  start_daemon
  wait_for 10 feed_is ok
  wait_for 5 blocked 192.0.2.11
  [ "$(records)" -eq 1 ]
  blocked 192.0.2.20
}

@test "a server that is away is named, what it said stays, and what changed arrives" {
  start
  put_score "$PORT" 192.0.2.11 300
  wait_for 5 blocked 192.0.2.11
  stop_nats server
  wait_for 10 feed_is error "$URL"
  feed_has '.connected == false'
  problem 'feed fleet'
  blocked 192.0.2.11
  start_nats server "$PORT" "$(jetstream)"
  put_score "$PORT" 192.0.2.12 300
  wait_for 20 blocked 192.0.2.12
  wait_for 5 feed_is ok
  feed_has '.connected and .behind == 0 and .records == 2'
}

@test "a bucket that was made anew is read whole, and lifts nothing" {
  start
  local i
  for i in 11 20 21 22; do
    put_score "$PORT" "192.0.2.$i" 300
  done
  wait_for 5 blocked 192.0.2.22
  delete_bucket "$PORT"
  create_bucket "$PORT"
  put_score "$PORT" 192.0.2.12 300
  wait_for 20 blocked 192.0.2.12
  wait_for 5 feed_has '.serial == 1'
  blocked 192.0.2.11

  stop_daemon
  delete_bucket "$PORT"
  create_bucket "$PORT"
  put_score "$PORT" 192.0.2.13 300
  start_daemon
  wait_for 10 blocked 192.0.2.13
  blocked 192.0.2.12
}

@test "one poisoned value is skipped, counted and named" {
  start
  put_value "$PORT" ip4.00000000-0 '{"ip":"0.0.0.0/0","score":999,"detected":"2026-11-21T20:58:31Z"}'
  put_value "$PORT" "$(key_of 192.0.2.13)" '{"ip":"192.0.2.12","score":999,"detected":"2026-11-21T20:58:31Z"}'
  put_value "$PORT" "$(key_of 192.0.2.14)" '{"ip":'
  put_score "$PORT" 192.0.2.11 300
  wait_for 5 blocked 192.0.2.11
  smtpfence check 192.0.2.12
  smtpfence check 198.51.100.1
  feed_is ok "$(key_of 192.0.2.14): the value is not a JSON object"
  curl -s http://127.0.0.1:9925/metrics |
    grep -q 'smtpfence_feed_errors_total{feed="fleet",kind="parse"} 3'
}

@test "the guard holds what would block too many, and reads again when it may" {
  start_nats server "$PORT" "$(jetstream)"
  create_bucket "$PORT"
  local i
  for i in $(seq 20 39); do
    put_score "$PORT" "192.0.2.$i" 300
  done
  write_config "$(nats_feed "$URL")" 'policy: {guard: {max_new_blocks: 10}}'
  start_daemon
  wait_for 10 feed_is held '20 new blocks'
  smtpfence check 192.0.2.20
  for i in $(seq 20 30); do
    put_value "$PORT" "$(key_of "192.0.2.$i")" "{\"ip\":\"192.0.2.$i\",\"score\":0}"
  done
  wait_for 30 feed_is ok
  blocked 192.0.2.39
  smtpfence check 192.0.2.20
}

# refused_readings COUNT: so many were held, or worse.
refused_readings() {
  curl -s http://127.0.0.1:9925/metrics |
    grep -qx "smtpfence_feed_errors_total{feed=\"fleet\",kind=\"apply\"} $1"
}

@test "what is held is applied when somebody says so, and changes are followed from then on" {
  start_nats server "$PORT" "$(jetstream)"
  create_bucket "$PORT"
  local i
  for i in $(seq 20 39); do
    put_score "$PORT" "192.0.2.$i" 300
  done
  write_config "$(nats_feed "$URL")" 'policy: {guard: {max_new_blocks: 10}}'
  start_daemon
  wait_for 10 feed_is held '20 new blocks'
  # From here on the next try is seconds away.
  wait_for 20 refused_readings 4
  smtpfence check 192.0.2.20
  smtpfence feeds apply fleet --held
  blocked 192.0.2.20
  blocked 192.0.2.39
  feed_is ok
  feed_has '.held == null'
  put_score "$PORT" 192.0.2.11 300
  wait_for 3 blocked 192.0.2.11
  run smtpfence feeds apply fleet --held
  [ "$status" -eq 1 ]
  [[ $output == *"nothing of it is held"* ]]
}

@test "paused it follows nothing, also after a restart, and resumed it makes up for it" {
  start
  put_score "$PORT" 192.0.2.11 300
  wait_for 5 blocked 192.0.2.11
  smtpfence feeds pause fleet
  put_score "$PORT" 192.0.2.12 300
  feed_is paused
  run smtpfence feeds sync fleet
  [ "$status" -eq 1 ]
  [[ $output == *"is paused"* ]]
  stop_daemon
  start_daemon
  feed_is paused
  blocked 192.0.2.11
  smtpfence check 192.0.2.12
  smtpfence feeds resume fleet
  feed_is ok
  blocked 192.0.2.12
  [ "$(records)" -eq 1 ]
}

@test "sync reads the whole bucket, and tells how that ended" {
  start
  put_score "$PORT" 192.0.2.11 300
  put_value "$PORT" "$(key_of 192.0.2.14)" '{"ip":'
  wait_for 5 feed_is ok "$(key_of 192.0.2.14): the value is not a JSON object"
  put_score "$PORT" 192.0.2.12 300
  wait_for 5 blocked 192.0.2.12
  smtpfence feeds sync fleet
  feed_has '.records == 2 and .serial == 3'
  curl -s http://127.0.0.1:9925/metrics |
    grep -qx 'smtpfence_feed_errors_total{feed="fleet",kind="parse"} 2'
  put_score "$PORT" 192.0.2.13 300
  wait_for 5 blocked 192.0.2.13
  stop_nats server
  run smtpfence feeds sync fleet
  [ "$status" -eq 1 ]
  [[ $output == *"error: fleet: $URL: "* ]]
  feed_has '.progress == null'
  start_nats server "$PORT" "$(jetstream)"
  wait_for 20 feed_is ok
}

# They come in the order in which they were published: that of the addresses, backwards.
@test "a large bucket is taken over in the order of its addresses" {
  local records now
  now=$(date -u +%FT%TZ)
  start_nats server "$PORT" "$(jetstream)"
  mapfile -t records < <(printf "{\"ip\":\"%s\",\"score\":300,\"detected\":\"$now\"}\n" \
    {203.0.113,198.51.100,192.0.2}.{250..1})
  write_scores "$folder/scores" 1 "${records[@]}"
  publish --create "$folder/scores"
  write_config "$(nats_feed "$URL")"
  start_daemon
  wait_for 20 feed_is ok
  smtpfence events -j --after 0 | jq -rs '[.[] | select(.event == "blocked") | .prefix]
    | length == 750 and .[0] == "192.0.2.1/32" and .[749] == "203.0.113.250/32"' | grep -qx true
  smtpfence feeds sync fleet
  put_score "$PORT" 192.0.2.251 300
  wait_for 5 blocked 192.0.2.251
}

@test "silence is no fault while the server answers, and one when it does not" {
  start_nats server "$PORT" "$(jetstream)"
  create_bucket "$PORT"
  write_config "$(nats_feed "$URL" 'stale_after: 5s')"
  start_daemon
  wait_for 10 feed_is ok
  kill -STOP "$(cat "$folder/server.pid")"
  wait_for 30 feed_is stale
  kill -CONT "$(cat "$folder/server.pid")"
  wait_for 20 feed_is ok
  wait_for 10 feed_has '.age <= 4'
}

publish() {
  "$build/bin/scorer-publish" "$@"
}

@test "scorer-publish makes the bucket, and puts a file of scores there" {
  start_nats server "$PORT" "$(jetstream)"
  write_config "$(nats_feed "$URL")"
  start_daemon
  wait_for 10 feed_is error "stream KV_$NATS_BUCKET"
  write_scores "$folder/scores" 1 "$(incident 192.0.2.11 300)" "$(incident 2001:db8:0:12::1 300)"
  run publish "$folder/scores"
  [ "$status" -eq 1 ]
  [[ $output == *"there is no bucket $NATS_BUCKET: make it with --create"* ]]
  publish --create "$folder/scores" | grep -q '^2 records are in bucket'
  wait_for 20 blocked 192.0.2.11
  blocked 2001:db8:0:12::9
  write_scores "$folder/scores" 2 '{"ip":"192.0.2.11","score":0}'
  publish "$folder/scores"
  wait_for 5 smtpfence check 192.0.2.11
}

@test "scorer-publish sends nothing of a file with a fault" {
  start
  write_scores "$folder/scores" 1 "$(incident 192.0.2.11 300)" '{"ip":"192.0.2.12","score":1}'
  run publish "$folder/scores"
  [ "$status" -eq 1 ]
  [[ $output == *"scores:3: "*'"detected" is missing'* ]]
  write_scores "$folder/scores" 1 "$(incident 192.0.2.11 300)" "$(incident 192.0.0.0/16 300)"
  run publish "$folder/scores"
  [ "$status" -eq 1 ]
  [[ $output == *"192.0.0.0/16 is wider than /24"* ]]
  write_scores "$folder/scores" 1 "$(incident 192.0.2.13 300)"
  publish "$folder/scores"
  wait_for 5 blocked 192.0.2.13
  smtpfence check 192.0.2.11
  run publish
  [ "$status" -eq 2 ]
  run publish --replicas 9 "$folder/scores"
  [ "$status" -eq 2 ]
}

# make_nkey: $folder/user.nk holds a seed; prints the public key that the server knows.
make_nkey() {
  (umask 077 && python3 - "$folder/user.nk" << 'EOF'
import base64, binascii, subprocess, sys
def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True, input=data).stdout
def text(data):
    return base64.b32encode(data + binascii.crc_hqx(data, 0).to_bytes(2, "little")).decode().rstrip("=")
private = openssl("genpkey", "-algorithm", "ed25519", "-outform", "DER")
public = openssl("pkey", "-inform", "DER", "-pubout", "-outform", "DER", data=private)
seed, user = 18 << 3, 20 << 3
print(text(bytes([seed | user >> 5, (user & 31) << 3]) + private[-32:]), file=open(sys.argv[1], "w"))
print(text(bytes([user]) + public[-32:]))
EOF
  )
}

@test "an NKey lets the daemon and scorer-publish in, and nobody without" {
  start_nats server "$PORT" "$(jetstream)" "authorization: {users: [{nkey: $(make_nkey)}]}"
  write_scores "$folder/scores" 1 "$(incident 192.0.2.11 300)"
  refute publish --create "$folder/scores"
  publish --create --nkey-file "$folder/user.nk" "$folder/scores"
  write_config "$(nats_feed "$URL")"
  start_daemon
  wait_for 10 feed_is error
  write_config "$(nats_feed "$URL" "nkey_file: $folder/user.nk")"
  reload_daemon
  wait_for 20 blocked 192.0.2.11
  chmod 644 "$folder/user.nk"
  stop_daemon
  start_daemon
  wait_for 10 feed_is error 'others may read'
}

# receiver_says usage|notify TEXT
receiver_says() {
  smtpfence status -j |
    jq -e --arg part "$1" --arg text "$2" '.[$part][0].error // "" | contains($text)'
}

@test "credentials let the daemon and scorer-publish in, and those of strangers do not" {
  start_nats server "$PORT" "$(jetstream)" "$(tests/feeds/credentials "$folder")"
  write_scores "$folder/scores" 1 "$(incident 192.0.2.11 300)"
  refute publish --create "$folder/scores"
  refute publish --create --credentials-file "$folder/stranger.creds" "$folder/scores"
  publish --create --credentials-file "$folder/user.creds" "$folder/scores"
  write_config "$(nats_feed "$URL" "credentials_file: $folder/stranger.creds")"
  start_daemon
  wait_for 10 feed_is error 'Authorization Violation'
  smtpfence check 192.0.2.11
  write_config "$(nats_feed "$URL" "credentials_file: $folder/user.creds")" \
    "usage: [{name: fleet, url: '$URL', interval: 1s, stream: NONE," \
    "credentials_file: $folder/user.creds, spool: $folder/spool}]" \
    "notify: [{nats: '$URL', stream: NONE, credentials_file: $folder/user.creds}]"
  reload_daemon
  wait_for 20 blocked 192.0.2.11
  feed_is ok
  # The receivers are let in as well: there is only no such stream.
  wait_for 10 receiver_says usage 'stream NONE'
  wait_for 10 receiver_says notify 'stream NONE'
  refute grep -q "$(sed -n '/BEGIN USER NKEY/{n;p}' "$folder/user.creds")" "$folder/smtpfenced.log"
  chmod 644 "$folder/user.creds"
  stop_daemon
  start_daemon
  wait_for 10 feed_is error 'others may read'
}

@test "TLS with a certificate of the client's" {
  make_authority
  start_nats server "$PORT" "$(jetstream)" "tls: {cert_file: $folder/server.crt," \
    "key_file: $folder/server.key, ca_file: $folder/ca.crt, verify: true}"
  write_config "$(nats_feed tls://127.0.0.1:4222 "ca_file: $folder/ca.crt")"
  start_daemon
  wait_for 10 feed_is error
  write_config "$(nats_feed tls://127.0.0.1:4222 "ca_file: $folder/ca.crt" \
    "cert_file: $folder/client.crt" "key_file: $folder/client.key")"
  reload_daemon
  write_scores "$folder/scores" 1 "$(incident 192.0.2.11 300)"
  publish --server tls://127.0.0.1:4222 --ca-file "$folder/ca.crt" --create \
    --cert-file "$folder/client.crt" --key-file "$folder/client.key" "$folder/scores"
  wait_for 20 blocked 192.0.2.11
}

make_authority() {
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=test authority' \
    -keyout "$folder/ca.key" -out "$folder/ca.crt" 2> /dev/null
  local who
  for who in server client; do
    openssl req -new -newkey rsa:2048 -nodes -subj "/CN=$who" -keyout "$folder/$who.key" \
      -out "$folder/$who.csr" 2> /dev/null
    openssl x509 -req -in "$folder/$who.csr" -CA "$folder/ca.crt" -CAkey "$folder/ca.key" \
      -CAcreateserial -days 2 -extfile <(echo 'subjectAltName=IP:127.0.0.1') \
      -out "$folder/$who.crt" 2> /dev/null
  done
}

# take_at_most MSEC COMMAND…: whatever its status is.
take_at_most() {
  local msec=$1 begun=${EPOCHREALTIME/./}
  shift
  "$@" || true
  local took=$(((${EPOCHREALTIME/./} - begun) / 1000))
  echo "$* took $took ms"
  [ "$took" -le "$msec" ]
}

# tls_everywhere KEY…: a feed, a receiver of reports and one of notices, at the same server.
tls_everywhere() {
  local url=tls://127.0.0.1:4222
  write_config "$(nats_feed "$url" "ca_file: $folder/ca.crt" "$@")" \
    "usage: [{name: fleet, url: '$url', ca_file: $folder/ca.crt, interval: 1s," \
    "spool: $folder/spool}]" \
    "notify: [{nats: '$url', ca_file: $folder/ca.crt}]"
}

@test "a server that falls silent in the TLS handshake holds up nothing, and is tried again" {
  make_authority
  tests/feeds/mute "$PORT" 3>&- &
  echo $! > "$folder/mute.pid"
  wait_for 10 bash -c "exec 3<>/dev/tcp/127.0.0.1/$PORT"
  tls_everywhere
  take_at_most 3000 start_daemon
  smtpfence block 192.0.2.77 # an event to tell
  wait_for 10 feed_is error 'no answer'
  wait_for 10 receiver_says usage 'no answer'
  wait_for 10 receiver_says notify 'no answer'
  tls_everywhere 'interval: 30m'
  reload_daemon
  take_at_most 1000 smtpfence feeds pause fleet
  take_at_most 1000 smtpfence status
  take_at_most 4000 smtpfence feeds resume fleet
  take_at_most 1500 stop_daemon
  start_daemon
  wait_for 10 feed_is error 'no answer'
  kill "$(cat "$folder/mute.pid")"
  rm "$folder/mute.pid"
  start_nats server "$PORT" "$(jetstream)" \
    "tls: {cert_file: $folder/server.crt, key_file: $folder/server.key}"
  write_scores "$folder/scores" 1 "$(incident 192.0.2.11 300)"
  publish --server tls://127.0.0.1:4222 --ca-file "$folder/ca.crt" --create "$folder/scores"
  wait_for 20 blocked 192.0.2.11
}

@test "a leaf node, with the hub's domain" {
  start_nats hub 4223 "$(jetstream hub)" 'leafnodes: {listen: "127.0.0.1:7422"}'
  create_bucket 4223
  start_nats leaf "$PORT" 'leafnodes: {remotes: [{url: "nats://127.0.0.1:7422"}]}'
  write_config "$(nats_feed "$URL" 'domain: hub')"
  start_daemon
  wait_for 20 feed_is ok
  put_score 4223 192.0.2.11 300
  wait_for 5 blocked 192.0.2.11
}
