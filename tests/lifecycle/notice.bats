#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The customer's notice: what `smtpfence notice` prints, and the template that an operator replaces.

setup_file() {
  . tests/lib/host.bash
  make_hypervisor
  make_guest a 11 veth-a
}

teardown_file() {
  end_servers
}

setup() {
  . tests/lib/daemon.bash
  begin_test
  write_config "$(scores_feed)"
  write_scores "$folder/scores.ndjson" 1
}

teardown() {
  end_test
}

use_template() {
  printf '%s\n' "$1" > "$folder/notice.txt"
}

says() {
  [ "$(smtpfence notice 192.0.2.11)" = "$1" ]
}

@test "a customer is told what happened, and what a second offence costs" {
  write_scores "$folder/scores.ndjson" 2 "$(incident 192.0.2.11 300)"
  start_daemon
  wait_for 10 state_of 192.0.2.11/32 blockedForSpam
  refute can_connect a "$MAIL4" 25
  smtpfence notice 192.0.2.11 > "$folder/text"
  cat "$folder/text"
  grep -q '^Your IP address 192.0.2.11 cannot send mail' "$folder/text"
  grep -qE "^  Destination IP: $MAIL4 - Message-ID: [0-9]+@guest.example.com - Spam score: 300$" \
    "$folder/text"
  grep -qE '^  Attempts to connect to mail servers since then: [1-9]' "$folder/text"
  grep -q 'The next block will last 4h.$' "$folder/text"
  refute grep '.\{101\}' "$folder/text"
  [ "$(smtpfence notice 192.0.2.11 -j | jq -r .next_time)" -eq 14400 ]
  smtpfence notice 192.0.2.11 -j | jq -re '.text | startswith("Your IP address")'
}

@test "who is not blocked gets no notice, and exit status 1" {
  start_daemon
  run smtpfence notice 192.0.2.11
  [ "$status" -eq 1 ]
  [ "$output" = "smtpfence: 192.0.2.11 is not blocked" ]
  run smtpfence notice 192.0.2
  [ "$status" -eq 2 ]
  stop_daemon
  run smtpfence notice 192.0.2.11
  [ "$status" -eq 3 ]
}

@test "an operator's template is in force after a reload; a bad one is refused, and the last stays" {
  use_template '{{ip}} est bloqué'
  start_daemon
  smtpfence block 192.0.2.11 --for 1h
  echo "notice: {template: $folder/notice.txt}" >> "$folder/smtpfence.yaml"
  reload_daemon
  wait_for 10 says '192.0.2.11 est bloqué'

  use_template '{{#mails}}'
  run "$build/sbin/smtpfenced" --config "$folder/smtpfence.yaml" --check
  [ "$status" -eq 2 ]
  [[ $output == *"$folder/notice.txt:1: 'mails' is not closed"* ]]
  run smtpfence config check "$folder/smtpfence.yaml"
  [ "$status" -eq 2 ]
  [[ $output == *"$folder/notice.txt:1: 'mails' is not closed"* ]]
  reload_daemon
  wait_for 10 problem "$folder/notice.txt:1: 'mails' is not closed"
  says '192.0.2.11 est bloqué'

  use_template '{{ip}}: {{length}}'
  reload_daemon
  wait_for 10 says '192.0.2.11: 1h'
  no_problem
}
