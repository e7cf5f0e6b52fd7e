/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the transfers share. */
#ifndef SMTPFENCE_TRANSFER_INTERNAL_H
#define SMTPFENCE_TRANSFER_INTERNAL_H

#include <curl/curl.h>
#include <stdbool.h>
#include <zlib.h>

#include "transfer/transfer.h"

DEFINE_CLEANUP(CURLU *, curl_url_cleanup)
DEFINE_CLEANUP(char *, curl_free)

/* The body of an answer, as far as it has come. */
struct body {
	uint64_t limit, size; /* bytes, decoded */
	bool begun;	      /* its headers were looked at */
	bool packed;	      /* with gzip; `stream` unpacks it */
	bool at_end;	      /* packed only: nothing is missing */
	z_stream stream;
};

struct transfer {
	struct transfers *transfers;
	struct transfer *previous, *next; /* in the list of `transfers` */
	CURL *curl;
	struct curl_slist *headers;
	char *url;	/* where the request goes: another one after a redirect */
	char *url_text; /* what was asked for first, fit for logs */
	struct body body;
	uint64_t deadline; /* CLOCK_BOOTTIME, ns */
	unsigned int redirects;
	bool is_get;
	transfer_write_fn write;
	transfer_done_fn done;
	void *userdata;
	int code;	    /* why its body is not taken; 0: it is */
	struct error error; /* to go with it */
	char detail[CURL_ERROR_SIZE];
};

/* transfer.c: a request that is not under way yet. */
int transfer_new(const struct transfer_request *request, struct transfer **ret,
		 struct error *error);
void transfer_free(struct transfer *transfer);
DEFINE_CLEANUP(struct transfer *, transfer_free)

/* 1: there is a redirect, and the transfer is ready to follow it; 0: none; negative errno. */
int transfer_redirect(struct transfer *transfer, struct error *error);

/* The errno of what libcurl ended with, @error set; 0: an answer came. */
int transfer_outcome(struct transfer *transfer, CURLcode code, struct error *error);
struct transfer_result transfer_result(const struct transfer *transfer);

/* A header of the last answer; NULL: there is none. Valid until the next request. */
const char *transfer_header(const struct transfer *transfer, const char *name);

/* body.c */
size_t body_take(char *data, size_t size, size_t count, void *transfer); /* CURLOPT_WRITEFUNCTION */
/* Whether the whole of it has come. 0 or a negative errno. */
int body_end(struct transfer *transfer, struct error *error);
void body_clear(struct body *body);

/* url.c */
/* The scheme, host and port are the same. */
bool url_same_origin(const char *a, const char *b);
bool url_is_https(const char *url);

#endif
