# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A real nginx that feeds come from, beside a daemon.
# $folder/www is what nginx serves; its access log has one line a request: status, encoding, agent.
#
#   https://127.0.0.1:8443   /token/ wants a token, /busy, /down and /limited answer on their own
#   https://127.0.0.1:8444   the same files, for clients with a certificate
#   http://127.0.0.1:8080    the same files

# shellcheck source=tests/lib/daemon.bash
. "$(dirname "${BASH_SOURCE[0]}")/daemon.bash"

# shellcheck disable=SC2034 # for those who source it
WEB=https://127.0.0.1:8443 WEB_MUTUAL=https://127.0.0.1:8444

# make_authority NAME: NAME.crt and NAME.key, in the folder of the bats file.
make_authority() {
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$1" \
    -keyout "$BATS_FILE_TMPDIR/$1.key" -out "$BATS_FILE_TMPDIR/$1.crt" 2> /dev/null
}

# sign_certificate NAME AUTHORITY SUBJECT-ALTERNATIVE-NAME [openssl option…]
sign_certificate() {
  local name=$1 authority=$2 names=$3
  shift 3
  (
    cd "$BATS_FILE_TMPDIR" || exit
    openssl req -new -newkey rsa:2048 -nodes -subj "/CN=$name" \
      -keyout "$name.key" -out "$name.csr"
    openssl x509 -req -in "$name.csr" -CA "$authority.crt" -CAkey "$authority.key" \
      -CAcreateserial -extfile <(echo "subjectAltName=$names") -out "$name.crt" -days 2 "$@"
  ) 2> /dev/null
}

# For setup_file(): what the servers and their clients have to show.
make_certificates() {
  make_authority authority
  make_authority stranger
  sign_certificate server authority IP:127.0.0.1
  sign_certificate elsewhere authority IP:127.0.0.2,DNS:elsewhere.example
  sign_certificate client authority DNS:client
  sign_certificate intruder stranger DNS:client
}

# write_web_config [CERTIFICATE]
write_web_config() {
  local certificate=$BATS_FILE_TMPDIR/${1:-server}
  cat > "$folder/nginx.conf" << CONF
daemon off; user root; pid nginx.pid; error_log error.log; worker_processes 1;
events {}
http {
  log_format short '\$status \$sent_http_content_encoding \$http_user_agent \$uri';
  access_log access.log short; root www; etag on; default_type text/plain;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  gzip on; gzip_types *; gzip_min_length 1;
  ssl_certificate $certificate.crt; ssl_certificate_key $certificate.key;
  server {
    listen 127.0.0.1:8443 ssl; listen 127.0.0.1:8080;
    location /token/ { if (\$http_authorization != "Bearer hush-token") { return 401; } }
    location /busy { add_header Retry-After 1800 always; return 503 'not now'; }
    location /down { return 302 http://127.0.0.1:8080/list; }
    location /near { return 302 /list; }
  }
  server {
    listen 127.0.0.1:8444 ssl;
    ssl_verify_client on; ssl_client_certificate $BATS_FILE_TMPDIR/authority.crt;
  }
}
CONF
}

start_web() {
  mkdir -p "$folder/www/token"
  write_web_config
  nginx -p "$folder" -c nginx.conf 2>> "$folder/nginx.log" 3>&- &
  WEB_PID=$!
  wait_for 10 test -s "$folder/nginx.pid"
  wait_for 10 can_reach 8443
}

# reload_web [CERTIFICATE]: nginx goes over to another certificate, with its old workers gone.
reload_web() {
  local old
  old=$(pgrep -P "$WEB_PID")
  write_web_config "$@"
  kill -HUP "$WEB_PID"
  wait_for 10 is_gone "$old"
}

stop_web() {
  [ -n "${WEB_PID:-}" ] || return 0
  kill "$WEB_PID" 2> /dev/null || true
  wait "$WEB_PID" || true
  WEB_PID=
}

can_reach() {
  timeout 2 bash -c "exec 3<>/dev/tcp/127.0.0.1/$1" 2> /dev/null
}

is_gone() {
  refute kill -0 "$1" 2> /dev/null
}

# answered STATUS: the last request got it.
answered() {
  tail -n 1 "$folder/access.log" | grep -q "^$1 "
}

# put PATH LINE…: nginx serves it from now on, at once and whole.
put() {
  local path=$folder/www/$1
  shift
  printf '%s\n' "$@" > "$path.new"
  mv "$path.new" "$path"
}

# web_feed URL [KEY: VALUE, …]: a list, read every second.
web_feed() {
  echo "feeds: [{name: web, kind: list, type: list, match: source, url: \"$1\", interval: 1s," \
    "${2:-}}]"
}
