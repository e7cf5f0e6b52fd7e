/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a NATS server is reached. The options are kept; the connection is opened anew whenever one is
 * needed, so that renewed certificates and keys count. Every call that takes a connection waits for
 * the network: they are for threads of their own and for programs without an event loop.
 */
#ifndef SMTPFENCE_NATS_LINK_H
#define SMTPFENCE_NATS_LINK_H

#include <nats/nats.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "config/link.h"

#define LINK_PATIENCE_MSEC 2000 /* for a connection, and for each answer */

/* NULL stands for "none". */
struct link_options {
	const char *servers; /* nats:// or tls://, several with commas between */
	const char *name;    /* under which the server lists the connection */
	const char *ca_file; /* PEM; trusted beside the system's authorities */
	const char *cert_file;
	const char *key_file;
	const char *nkey_file;	      /* an NKey seed, mode 0600 */
	const char *credentials_file; /* a JWT and its seed, mode 0600 */
};

/* What is configured, in its own memory: @config has to outlive what is returned. */
struct link_options link_configured(const struct config_link *config);

struct link;

/* Copies @options. 0 or -ENOMEM. */
int link_new(const struct link_options *options, struct link **ret, struct error *error);
void link_free(struct link *link);
DEFINE_CLEANUP(struct link *, link_free)

/*
 * Connects once, to whichever of the servers answers. libnats does not reconnect by itself: after
 * an outage the caller has to ask what it has missed. Negative errno: see link_error; -EACCES also
 * for a secret that others may read.
 */
int link_open(const struct link *link, natsConnection **ret, struct error *error);

/*
 * The errno for @status, @error set from @format and what libnats says. -ECONNREFUSED: no server;
 * -ETIMEDOUT; -ENOENT: no such stream; -EACCES: not let in; -EKEYREJECTED: TLS; -EPIPE: the
 * connection is gone; -ENOMEM; -EPROTO: anything else.
 */
int link_error(natsStatus status, struct error *error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
