# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A real nats-server for a test, and a client that speaks its protocol, as any scorer's library does.
# shellcheck source=tests/lib/daemon.bash
. "$(dirname "${BASH_SOURCE[0]}")/daemon.bash"

NATS_BUCKET=SMTP_DECISIONS

# start_nats NAME PORT [LINE…]: a server with JetStream, its store, and the lines given, in $folder.
# Those take away JetStream with a line of their own.
start_nats() {
  local name=$1 port=$2
  shift 2
  {
    echo "listen: 127.0.0.1:$port"
    printf '%s\n' "$@"
  } > "$folder/$name.conf"
  nats-server -c "$folder/$name.conf" -l "$folder/$name.log" 3>&- &
  echo $! > "$folder/$name.pid"
  wait_for 10 grep -q 'Server is ready' "$folder/$name.log"
}

jetstream() {
  echo "jetstream: {store_dir: $folder/store${1:+, domain: $1}}"
}

# stop_nats NAME: its log begins anew, so that the next start can be waited for.
stop_nats() {
  local pid
  pid=$(cat "$folder/$1.pid")
  kill "$pid"
  wait "$pid" 2> /dev/null || true
  rm -f "$folder/$1.pid" "$folder/$1.log"
}

stop_all_nats() {
  local file
  for file in "$folder"/*.pid; do
    [ -e "$file" ] || continue
    kill "$(cat "$file")" 2> /dev/null || true
    wait "$(cat "$file")" 2> /dev/null || true
  done
}

# nats_publish PORT SUBJECT [PAYLOAD]: returns when the server has taken it.
nats_publish() {
  local line connection
  exec {connection}<>"/dev/tcp/127.0.0.1/$1"
  {
    printf 'CONNECT {"verbose":false,"pedantic":true}\r\n'
    printf 'PUB %s %d\r\n%s\r\nPING\r\n' "$2" "$(printf %s "${3-}" | wc -c)" "${3-}"
  } >&"$connection"
  while read -r -t 5 line <&"$connection"; do
    case $line in
      PONG*) break ;;
      -ERR*) echo "$line"; break ;;
    esac
  done
  exec {connection}>&-
  [[ $line == PONG* ]]
}

# key_of ADDRESS: the key of an IPv4 address.
key_of() {
  local a b c d
  IFS=. read -r a b c d <<< "$1"
  printf 'ip4.%02x%02x%02x%02x-32' "$a" "$b" "$c" "$d"
}

# put_value PORT KEY VALUE
put_value() {
  nats_publish "$1" "\$KV.$NATS_BUCKET.$2" "$3"
}

# put_score PORT ADDRESS SCORE: as a scorer says it.
put_score() {
  put_value "$1" "$(key_of "$2")" "$(incident "$2" "$3")"
}

# create_bucket PORT [API-PREFIX]
create_bucket() {
  nats_publish "$1" "${2:-\$JS.API}.STREAM.CREATE.KV_$NATS_BUCKET" "$(
    jq -nc --arg bucket "$NATS_BUCKET" '{name: "KV_\($bucket)", subjects: ["$KV.\($bucket).>"],
      max_msgs_per_subject: 1, storage: "file", discard: "new", num_replicas: 1,
      retention: "limits", allow_rollup_hdrs: true, deny_delete: true, allow_direct: true}'
  )"
}

delete_bucket() {
  nats_publish "$1" "\$JS.API.STREAM.DELETE.KV_$NATS_BUCKET"
}

# nats_feed URL [KEY…]: the `feeds` line of a configuration.
nats_feed() {
  local url=$1 key
  shift
  printf 'feeds: [{name: fleet, kind: scores, type: nats, url: "%s"' "$url"
  for key; do
    printf ', %s' "$key"
  done
  echo '}]'
}
