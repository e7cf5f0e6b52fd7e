# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A CrowdSec local API for a test, the real one: its own configuration and database in
# $folder/lapi, no central API, no hub, no parsers.

# shellcheck source=tests/lib/daemon.bash
. "$(dirname "${BASH_SOURCE[0]}")/daemon.bash"

LAPI_URL=http://127.0.0.1:8080
LAPI_PID=

cs() {
  cscli --config "$folder/lapi/config.yaml" "$@"
}

# A database with our key in it and no decisions.
make_lapi() {
  local lapi=$folder/lapi
  rm -rf "$lapi"
  mkdir -p "$lapi"/{data,hub,etc}
  echo '{}' > "$lapi/hub/.index.json"
  touch "$lapi/credentials.yaml" "$lapi/acquis.yaml" "$lapi/simulation.yaml"
  cat > "$lapi/profiles.yaml" << PROFILE
name: none
filters: ["false"]
PROFILE
  cat > "$lapi/config.yaml" << CONFIG
common: {daemonize: false, log_media: stdout, log_level: info, log_dir: $lapi}
config_paths:
  config_dir: $lapi/etc
  data_dir: $lapi/data
  hub_dir: $lapi/hub
  index_path: $lapi/hub/.index.json
  simulation_path: $lapi/simulation.yaml
crowdsec_service: {acquisition_path: $lapi/acquis.yaml}
cscli: {output: raw}
db_config: {type: sqlite, db_path: $lapi/data/crowdsec.db, use_wal: true}
api:
  client: {credentials_path: $lapi/credentials.yaml}
  server: {listen_uri: "127.0.0.1:8080", profiles_path: $lapi/profiles.yaml}
prometheus: {enabled: false}
CONFIG
  cs machines add test --password secret -f "$lapi/credentials.yaml" > /dev/null
  cs bouncers add smtpfence --key "$(cat "$folder/key")" > /dev/null
}

start_lapi() {
  crowdsec -c "$folder/lapi/config.yaml" -no-cs >> "$folder/lapi.log" 2>&1 3>&- &
  LAPI_PID=$!
  wait_for 20 curl -s -o "$folder/page" "$LAPI_URL/"
}

stop_lapi() {
  [ -n "$LAPI_PID" ] || return 0
  kill "$LAPI_PID"
  wait "$LAPI_PID" || true
  LAPI_PID=
}

# ban VALUE DURATION [option of cscli…]: an address, or a range where there is a slash.
ban() {
  local scope=--ip value=$1 duration=$2
  shift 2
  [[ $value == */* ]] && scope=--range
  cs decisions add "$scope" "$value" --duration "$duration" --reason test "$@"
}
