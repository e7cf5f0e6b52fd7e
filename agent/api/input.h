/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a request says: its path's prefix, its query, its body. All errors are for the client. */
#ifndef SMTPFENCE_API_INPUT_H
#define SMTPFENCE_API_INPUT_H

#include "api/internal.h"

/* The query parameter of that name, decoded; NULL: not there. */
const char *input_query(const struct request *request, const char *name);

/* Only parameters that @route knows. -EINVAL. */
int input_check_query(const struct request *request, const struct route *route,
		      struct error *error);

/* A query parameter that is a number; one that is not there leaves @ret alone. */
int input_query_number(const struct request *request, const char *name, int64_t min, int64_t max,
		       int64_t *ret, struct error *error);

/* A query parameter that is a time in RFC 3339; one that is not there leaves @ret alone. */
int input_query_time(const struct request *request, const char *name, int64_t *ret,
		     struct error *error);

/* `state`, if it is there. */
int input_query_state(const struct request *request, struct ledger_filter *filter,
		      struct error *error);

/* @name is what the prefix is called, for the error. -EINVAL. */
int input_prefix(const char *name, const char *text, struct smtpfence_prefix *ret,
		 struct error *error);

/* Of the path. */
int input_argument(const struct request *request, struct smtpfence_prefix *ret,
		   struct error *error);

enum input_type {
	INPUT_TEXT,   /* const char *, borrowed from the request; made printable */
	INPUT_BOOL,   /* bool */
	INPUT_NUMBER, /* uint64_t */
	INPUT_PREFIX, /* struct smtpfence_prefix */
};

struct input_field {
	const char *name;
	enum input_type type;
	bool required;
	void *value; /* left alone where the body does not have the field */
};

/*
 * The body: an object with only the fields given. An empty body is an empty object.
 * -EMEDIUMTYPE: not application/json; -EINVAL: the error names the field.
 */
int input_body(struct request *request, const struct input_field *fields, size_t count,
	       struct error *error);

#endif
