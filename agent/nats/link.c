/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nats/link.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "nats/deadline.h"
#include "nats/nkey.h"

#define SERVERS_MAX 16
#define TLS_SCHEME  "tls://"

/* libnats keeps to LINK_PATIENCE_MSEC wherever it can: this is for where it cannot. */
#define DEADLINE_MSEC (LINK_PATIENCE_MSEC + 500)

struct link {
	char *servers, *name, *ca_file, *cert_file, *key_file, *nkey_file, *credentials_file;
};

DEFINE_CLEANUP(natsOptions *, natsOptions_Destroy)

struct link_options link_configured(const struct config_link *config)
{
	return (struct link_options){
		.servers = config->url,
		.name = "smtpfence",
		.ca_file = config->ca_file,
		.cert_file = config->cert_file,
		.key_file = config->key_file,
		.nkey_file = config->nkey_file,
		.credentials_file = config->credentials_file,
	};
}

static bool copy(char **ret, const char *text)
{
	*ret = text ? strdup(text) : NULL;
	return *ret || !text;
}

int link_new(const struct link_options *options, struct link **ret, struct error *error)
{
	_cleanup_(link_freep) struct link *link = calloc(1, sizeof(*link));

	if (!link || !copy(&link->servers, options->servers) || !copy(&link->name, options->name) ||
	    !copy(&link->ca_file, options->ca_file) ||
	    !copy(&link->cert_file, options->cert_file) ||
	    !copy(&link->key_file, options->key_file) ||
	    !copy(&link->nkey_file, options->nkey_file) ||
	    !copy(&link->credentials_file, options->credentials_file))
		return error_set(error, -ENOMEM, "out of memory");
	*ret = STEAL(link);
	return 0;
}

void link_free(struct link *link)
{
	if (!link)
		return;
	free(link->servers);
	free(link->name);
	free(link->ca_file);
	free(link->cert_file);
	free(link->key_file);
	free(link->nkey_file);
	free(link->credentials_file);
	free(link);
}

static int errno_of(natsStatus status)
{
	switch (status) {
	case NATS_NO_SERVER:
		return -ECONNREFUSED;
	case NATS_TIMEOUT:
	case NATS_MISSED_HEARTBEAT:
		return -ETIMEDOUT;
	case NATS_NOT_FOUND:
		return -ENOENT;
	case NATS_CONNECTION_AUTH_FAILED:
	case NATS_NOT_PERMITTED:
		return -EACCES;
	case NATS_SSL_ERROR:
		return -EKEYREJECTED;
	case NATS_CONNECTION_CLOSED:
	case NATS_CONNECTION_DISCONNECTED:
	case NATS_STALE_CONNECTION:
	case NATS_IO_ERROR:
		return -EPIPE;
	case NATS_NO_MEMORY:
		return -ENOMEM;
	default:
		return -EPROTO;
	}
}

int link_error(natsStatus status, struct error *error, const char *format, ...)
{
	natsStatus of = NATS_OK;
	const char *last = nats_GetLastError(&of);
	char what[ERROR_TEXT_MAX], detail[ERROR_TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	/* What was last said in this thread may be of an older failure. */
	snprintf(detail, sizeof(detail), "%s",
		 last && *last && of == status ? last : natsStatus_GetText(status));
	text_make_printable(detail); /* much of it comes from the server */
	return error_set(error, errno_of(status), "%.200s: %.300s", what, detail);
}

static natsStatus set_servers(natsOptions *options, const struct link *link)
{
	_cleanup_free_ char *text = strdup(link->servers);
	const char *servers[SERVERS_MAX];
	char *rest, *server;
	int count = 0;

	if (!text)
		return NATS_NO_MEMORY;
	server = strtok_r(text, ",", &rest);
	for (; server && count < SERVERS_MAX; server = strtok_r(NULL, ",", &rest))
		servers[count++] = server;
	return natsOptions_SetServers(options, servers, count);
}

static int check_secret(const char *path, struct error *error)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return error_set(error, -errno, "%s: cannot be read: %s", path, strerror(errno));
	if (status.st_mode & (S_IRWXG | S_IRWXO))
		return error_set(error, -EACCES, "%s: others may read it: chmod 600 %s", path,
				 path);
	return 0;
}

static int set_nkey(natsOptions *options, const struct link *link, struct error *error)
{
	char public[NKEY_PUBLIC_MAX];
	int r = check_secret(link->nkey_file, error);
	natsStatus s;

	if (r >= 0)
		r = nkey_public(link->nkey_file, public, error);
	if (r < 0)
		return r;
	s = natsOptions_SetNKeyFromSeed(options, public, link->nkey_file);
	return s == NATS_OK ? 0 : link_error(s, error, "%s", link->nkey_file);
}

static int set_credentials(natsOptions *options, const struct link *link, struct error *error)
{
	int r = check_secret(link->credentials_file, error);
	natsStatus s;

	if (r < 0)
		return r;
	s = natsOptions_SetUserCredentialsFromFiles(options, link->credentials_file, NULL);
	return s == NATS_OK ? 0 : link_error(s, error, "%s", link->credentials_file);
}

static int set_tls(natsOptions *options, const struct link *link, struct error *error)
{
	natsStatus s = NATS_OK;

	if (strstr(link->servers, TLS_SCHEME))
		s = natsOptions_SetSecure(options, true);
	if (s == NATS_OK && link->ca_file)
		s = natsOptions_LoadCATrustedCertificates(options, link->ca_file);
	if (s != NATS_OK)
		return link_error(s, error, "%s", link->ca_file ? link->ca_file : "TLS");
	if (link->cert_file)
		s = natsOptions_LoadCertificatesChain(options, link->cert_file, link->key_file);
	return s == NATS_OK ? 0 : link_error(s, error, "%s", link->cert_file);
}

static int set_options(natsOptions *options, const struct link *link, struct error *error)
{
	natsStatus s = set_servers(options, link);
	int r = 0;

	if (s == NATS_OK)
		s = natsOptions_SetAllowReconnect(options, false);
	/* Nobody but the configuration says where to connect to, and to how many. */
	if (s == NATS_OK)
		s = natsOptions_SetIgnoreDiscoveredServers(options, true);
	if (s == NATS_OK)
		s = natsOptions_SetTimeout(options, LINK_PATIENCE_MSEC);
	if (s == NATS_OK && link->name)
		s = natsOptions_SetName(options, link->name);
	if (s != NATS_OK)
		return link_error(s, error, "%s", link->servers);
	if (link->nkey_file)
		r = set_nkey(options, link, error);
	if (r >= 0 && link->credentials_file)
		r = set_credentials(options, link, error);
	return r < 0 ? r : set_tls(options, link, error);
}

static int connect_in_time(const struct link *link, natsOptions *options, natsConnection **ret,
			   struct error *error)
{
	struct deadline deadline;
	natsStatus s;
	bool late;
	int r = deadline_begin(&deadline, DEADLINE_MSEC);

	if (r < 0)
		return error_set(error, r, "%s: cannot set a timer: %s", link->servers,
				 strerror(-r));
	s = natsConnection_Connect(ret, options);
	late = deadline_end(&deadline);
	if (s == NATS_OK)
		return 0;
	if (late)
		return error_set(error, -ETIMEDOUT,
				 "%s: no answer while the connection was made (TLS)",
				 link->servers);
	return link_error(s, error, "%s", link->servers);
}

int link_open(const struct link *link, natsConnection **ret, struct error *error)
{
	_cleanup_(natsOptions_Destroyp) natsOptions *options = NULL;
	natsStatus s;
	int r;

	s = natsOptions_Create(&options);
	if (s != NATS_OK)
		return link_error(s, error, "%s", link->servers);
	r = set_options(options, link, error);
	if (r < 0)
		return r;
	return connect_in_time(link, options, ret, error);
}
