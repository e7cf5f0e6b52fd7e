#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# share/openapi.yaml tells the truth: the routes are the daemon's, and every answer fits.

setup_file() {
  . tests/lib/host.bash
  make_hypervisor
  make_guest a 11 veth-a
}

teardown_file() {
  end_servers
}

@test "the routes of the daemon and of the file are the same" {
  tests/lifecycle/openapi routes
}

# Both families blocked by a scorer, a list, an allowlist, counters: every kind of row.
@test "every answer fits the file, errors included" {
  . tests/lib/daemon.bash
  begin_test
  write_config 'policy: {allow: ["192.0.2.53/32"]}' 'notify: [{command: /bin/true}]' 'feeds:' \
    "  - {name: scorer, kind: scores, type: ndjson, url: \"file://$folder/scores\", interval: 1s}" \
    "  - {name: drop, kind: list, type: list, url: \"file://$folder/list\", interval: 1s}"
  sed -i 's/^api: {/&group: adm, /' "$folder/smtpfence.yaml"
  echo 198.51.100.0/24 > "$folder/list"
  write_scores "$folder/scores" 1 "$(incident 192.0.2.11 300)" "$(incident 2001:db8:0:11::1 300)"
  start_daemon
  wait_for 10 state_of 192.0.2.11/32 blockedForSpam
  wait_for 10 no_problem
  refute can_connect a "$MAIL4" 25
  refute can_connect a "$MAIL6" 25
  tests/lifecycle/openapi answers /run/smtpfence/smtpfence.sock "$folder/scores"
  end_test
}
