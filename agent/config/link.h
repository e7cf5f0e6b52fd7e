/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a server is reached, be it a web server or one of NATS: of feeds, notices and usage reports.
 */
#ifndef SMTPFENCE_CONFIG_LINK_H
#define SMTPFENCE_CONFIG_LINK_H

#include <stdbool.h>

/* What is not named is NULL. */
struct config_link {
	char *url;
	char *ca_file;	 /* PEM; NULL: the system's authorities */
	char *cert_file; /* PEM, with key_file */
	char *key_file;	 /* PEM */
	/* Of NATS: */
	char *nkey_file;	/* mode 0600 */
	char *credentials_file; /* mode 0600 */
	char *domain;		/* of JetStream, behind a leaf node */
};

/* Whether both lead to the same server, in the same way. */
bool config_same_link(const struct config_link *a, const struct config_link *b);

/* Releases what it holds. */
void config_link_clear(struct config_link *link);

#endif
