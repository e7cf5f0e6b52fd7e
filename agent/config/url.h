/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * URLs of servers. They may hold what makes a server trust us: no error quotes one. How a URL is
 * taken apart is libcurl's to say when it is used; here is what can be said of it before.
 */
#ifndef SMTPFENCE_CONFIG_URL_H
#define SMTPFENCE_CONFIG_URL_H

#include "config/scalar.h"

/* https://, or http:// to 127.0.0.0/8, [::1] or localhost; without a user and a password. */
SCALAR_PARSER(parse_url);

/* nats://HOST[:PORT] or tls://HOST[:PORT], one or more with commas between, all alike. */
SCALAR_PARSER(parse_nats_urls);

#endif
