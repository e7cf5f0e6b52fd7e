# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A hypervisor, its guests and the internet, in namespaces. Source it inside tests/lib/sandbox:
# the sandbox's own network namespace is the hypervisor. What runs in the background closes
# descriptor 3, on which bats would wait for it.
#
#   guest a --- tap-or-veth --- br0 (hypervisor) --- uplink --- internet (router, mail server)
#   guest b --- veth-b --------'
#
# Guest N (11, 12, …) has 192.0.2.N/24 and 2001:db8:0:N::1/64; the internet has 192.0.2.1 and
# 2001:db8:0:N::ffff as its router, and the mail server 203.0.113.25 and 2001:db8:ffff::25.

MAIL4=203.0.113.25
MAIL6=2001:db8:ffff::25

# wait_for SECONDS COMMAND…: until the command succeeds; fails when the time is over.
wait_for() {
  local end=$((SECONDS + $1))
  shift
  until "$@" > /dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.05
  done
}

# refute COMMAND…: the command must fail. (A plain `!` does not fail a bats test.)
refute() {
  if "$@"; then
    echo "did not fail: $*"
    return 1
  fi
}

in_ns() {
  local ns=$1
  shift
  nsenter --net="/run/netns/$ns" "$@"
}

# Duplicate address detection would keep an address unusable for seconds.
make_ns() {
  ip netns add "$1"
  in_ns "$1" sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
  in_ns "$1" ip link set lo up
}

# For teardown_file(): ends the servers that setup_file() started, for which bats would wait.
end_servers() {
  local ns
  for ns in /run/netns/*; do
    ip netns pids "${ns##*/}" | xargs --no-run-if-empty kill
  done
}

make_hypervisor() {
  ip link add br0 type bridge mcast_snooping 0
  ip link set br0 up
  make_ns internet
  ip link add uplink type veth peer name eth0 netns internet
  ip link set uplink master br0 up
  in_ns internet ip link set eth0 up
  in_ns internet ip addr add 192.0.2.1/24 dev eth0
  in_ns internet ip addr add "$MAIL4/32" dev lo
  in_ns internet ip addr add "$MAIL6/128" dev lo
  in_ns internet sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv4.ip_forward=1
}

# configure_guest NAMESPACE N: addresses and routes of its eth0.
configure_guest() {
  local ns=$1 number=$2
  in_ns "$ns" ip link set eth0 up
  in_ns "$ns" ip addr add "192.0.2.$number/24" dev eth0
  in_ns "$ns" ip route add default via 192.0.2.1
  in_ns "$ns" ip addr add "2001:db8:0:$number::1/64" dev eth0 nodad
  in_ns internet ip addr add "2001:db8:0:$number::ffff/64" dev eth0 nodad
  in_ns "$ns" ip -6 route add default via "2001:db8:0:$number::ffff"
}

# make_guest NAMESPACE N HOST-INTERFACE: a guest behind a veth.
make_guest() {
  make_ns "$1"
  ip link add "$3" type veth peer name eth0 netns "$1"
  ip link set "$3" master br0 up
  configure_guest "$1" "$2"
}

# can_connect NAMESPACE ADDRESS PORT: a TCP handshake within two seconds.
can_connect() {
  in_ns "$1" timeout 2 bash -c "exec 3<>/dev/tcp/$2/$3" 2> /dev/null
}

# serve_tcp PORT: an echo server on the mail server's addresses.
serve_tcp() {
  in_ns internet socat "TCP6-LISTEN:$1,fork,reuseaddr,ipv6only=0" EXEC:cat > /dev/null 2>&1 3>&- &
  wait_for 5 in_ns internet timeout 1 bash -c "exec 3<>/dev/tcp/$MAIL4/$1"
}

# start_mail_server FOLDER: OpenSMTPD on ports 25 and 587 for example.net; what it takes is
# appended to FOLDER/mailbox. TLS on port 465 is ended in front of it.
start_mail_server() {
  local folder=$1
  chmod 0755 "$folder"
  install -m 0666 /dev/null "$folder/mailbox"
  cat > "$folder/smtpd.conf" << CONF
listen on $MAIL4 port 25 hostname mx.example.net
listen on $MAIL6 port 25 hostname mx.example.net
listen on $MAIL4 port 587 hostname mx.example.net
table recipients { "@" = nobody }
action "keep" mda "cat >> $folder/mailbox" virtual <recipients>
match from any for domain "example.net" action "keep"
CONF
  in_ns internet smtpd -d -f "$folder/smtpd.conf" > "$folder/smtpd.log" 2>&1 3>&- &
  make_certificate "$folder"
  serve_tls "$folder" 465 "TCP:$MAIL4:587"
  wait_for 10 can_connect internet "$MAIL4" 25
}

make_certificate() {
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=mx.example.net \
    -keyout "$1/key.pem" -out "$1/cert.pem" 2> /dev/null
}

# serve_tls FOLDER PORT BACKEND: TLS on the mail server's IPv4 address, ended here; what is inside
# goes to BACKEND, an address of socat.
serve_tls() {
  in_ns internet socat \
    "OPENSSL-LISTEN:$2,bind=$MAIL4,fork,reuseaddr,verify=0,cert=$1/cert.pem,key=$1/key.pem" "$3" \
    > /dev/null 2>&1 3>&- &
  wait_for 5 can_connect internet "$MAIL4" "$2"
}

# start_web_server FOLDER: HTTPS on port 443 that answers "hello".
start_web_server() {
  printf 'HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n' > "$1/page"
  serve_tls "$1" 443 "SYSTEM:cat $1/page"
}

# get_https NAMESPACE: prints what the web server answers.
get_https() {
  in_ns "$1" curl --silent --insecure --max-time 3 "https://$MAIL4/"
}

# send_mail NAMESPACE [swaks option…]: one real delivery to the mail server.
send_mail() {
  local ns=$1
  shift
  in_ns "$ns" swaks --server "$MAIL4" --helo guest.example.com --from "guest@example.com" \
    --to "someone@example.net" --timeout 3 --silent 2 "$@"
}

mails_delivered() {
  grep -c '^From: ' "$1/mailbox"
}

mailbox_holds() {
  [ "$(mails_delivered "$1")" -eq "$2" ]
}

# write_scores FILE SERIAL RECORD…: a snapshot of the scorer, put in place at once.
write_scores() {
  local file=$1 serial=$2
  shift 2
  {
    printf '{"type":"snapshot","version":1,"serial":%d,"records":%d,"generated":"%s"}\n' \
      "$serial" $# "$(date -u +%FT%TZ)"
    printf '%s\n' "$@"
    printf '{"type":"end","serial":%d,"records":%d}\n' "$serial" $#
  } > "$file.new"
  mv "$file.new" "$file"
}

# incident IP SCORE: a record with one mail as evidence, detected now.
incident() {
  printf '{"ip":"%s","score":%d,"detected":"%s","reason":"vade","evidence":[{"date":%d,"destinationIp":"%s","messageId":"%s@guest.example.com","spamscore":%d}]}' \
    "$1" "$2" "$(date -u +%FT%TZ)" "$(date +%s)" "$MAIL4" "$(date +%s%N)" "$2"
}

# make_tap_guest NAMESPACE N HOST-INTERFACE: a guest behind a tap, as a virtual machine is.
make_tap_guest() {
  make_ns "$1"
  coproc TAPWIRE { exec "$SMTPFENCE_BUILD/tests/net/tapwire" "$3" "/run/netns/$1" 3>&-; }
  read -r -t 10 _ <&"${TAPWIRE[0]}"
  ip link set "$3" master br0 up
  configure_guest "$1" "$2"
}

# The guests of the drawing above, and c behind a tap.
make_guests() {
  make_guest a 11 veth-a
  make_guest b 12 veth-b
  make_tap_guest c 13 tap-c
}
