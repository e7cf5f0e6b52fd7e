#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

@test "OVHcloud's published example, step by step, against a running daemon" {
  tests/lifecycle/ovh-session
}
