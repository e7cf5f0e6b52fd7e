/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HTTP transfers inside the event loop: nothing here waits. https only, but for http to a loopback
 * address; TLS 1.2 or later, the server's certificate is always verified. Redirects are followed
 * for GET, at most TRANSFER_REDIRECTS_MAX times and only to https; headers of the request and the
 * client's certificate go to nobody but the server that was named first. No text from here holds a
 * URL's user, password, query or fragment, nor a header: tokens are in there.
 */
#ifndef SMTPFENCE_TRANSFER_TRANSFER_H
#define SMTPFENCE_TRANSFER_TRANSFER_H

#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "base/error.h"

#define TRANSFER_REDIRECTS_MAX 5

struct transfers; /* what a daemon has under way, and its open connections */
struct transfer;  /* one request; valid until `done` is called or transfer_cancel */

/* What came. Strings live as long as the call of `done`; NULL: there was no such header. */
struct transfer_result {
	unsigned int status;  /* of HTTP; 0: no answer */
	uint64_t size;	      /* of the body, decoded, bytes */
	uint64_t retry_after; /* s; 0: not told */
	const char *etag;
	const char *last_modified;
	const char *content_type;
};

/*
 * A piece of the body, decoded. A negative errno ends the transfer, and is what `done` gets. Called
 * for status 200 to 299 only: what an error or a redirect has to say is nobody's data.
 */
typedef int (*transfer_write_fn)(const void *data, size_t size, void *userdata,
				 struct error *error);

/*
 * Called once, from the event loop, never from inside transfer_start. @code 0: an answer came,
 * whatever its status. Otherwise a negative errno and @error, which names the URL:
 *
 *   -EFBIG          the body is larger than `size_limit`
 *   -ETIMEDOUT      one of the time limits
 *   -ECONNREFUSED   no connection; -EHOSTUNREACH: no such host
 *   -EKEYREJECTED   a certificate, the server's or the client's
 *   -ELOOP          too many redirects; -EPERM: a redirect to something else than https
 *   -EPROTO         anything else that went wrong on the wire
 *
 * It may start and cancel transfers, but must not free the struct transfers.
 */
typedef void (*transfer_done_fn)(int code, const struct transfer_result *result,
				 const struct error *error, void *userdata);

/* Everything is copied; NULL and 0 stand for "none" unless told otherwise. */
struct transfer_request {
	const char *url;
	const char *method;	    /* NULL: GET */
	const char *const *headers; /* "Name: value" */
	size_t header_count;
	const void *body; /* NULL: none */
	size_t body_size;
	const char *ca_file;   /* PEM; NULL: the system's authorities */
	const char *cert_file; /* PEM; with its key in key_file */
	const char *key_file;
	uint64_t time_limit;	   /* s for the whole; at least 1 */
	uint64_t stall_limit;	   /* s with less than one byte a second; 0: no limit of its own */
	uint64_t size_limit;	   /* bytes of the decoded body; 0: none is wanted */
	const char *etag;	   /* asks for 304 where it is still this one */
	const char *last_modified; /* the same, as the server wrote it */
	transfer_write_fn write;   /* NULL: the body is thrown away */
	transfer_done_fn done;
	void *userdata;
};

int transfers_new(sd_event *event, struct transfers **ret, struct error *error);
/* Ends what is under way; nobody is told. */
void transfers_free(struct transfers *transfers);
DEFINE_CLEANUP(struct transfers *, transfers_free)

/* -EINVAL: the URL, a header; -EACCES, -ENOENT, …: a file cannot be read; -ENOMEM. */
int transfer_start(struct transfers *transfers, const struct transfer_request *request,
		   struct transfer **ret, struct error *error);
/* `done` is not called. Not from inside `write`: return an error there. */
void transfer_cancel(struct transfer *transfer);

/*
 * Whether transfer_start would take this URL: https://, or http:// to 127.0.0.0/8, ::1 or
 * localhost. 0, -EINVAL or -ENOMEM.
 */
int transfer_check_url(const char *url, struct error *error);

/* "https://host:port/path", fit for logs. NULL: not a URL, or out of memory. Owned by the caller.
 */
char *transfer_url_text(const char *url);

#endif
