/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making the answer. */
#ifndef SMTPFENCE_API_REPLY_H
#define SMTPFENCE_API_REPLY_H

#include <stdio.h>

#include "api/internal.h"

/* 200 and @json, which is taken over. NULL: out of memory. */
int reply_json(struct reply *reply, cJSON *json, struct error *error);

/* {"message":…} with the status that fits @code, a negative errno. */
void reply_error(struct reply *reply, int code, const struct error *error);

/* A text that is written bit by bit. */
struct reply_text {
	FILE *stream;
	char *text;
	size_t size;
};

int reply_text_open(struct reply_text *text, struct error *error);
/* Ends it and makes it the answer, with 200. */
int reply_text_finish(struct reply_text *text, struct reply *reply, const char *type,
		      struct error *error);
void reply_text_clear(struct reply_text *text);

/*
 * An array that may be very long: its rows go out as text one by one, because a tree of all of
 * them would take some hundred megabytes for a full block map.
 */
struct reply_array {
	struct reply_text text;
	bool any;
};

int reply_array_open(struct reply_array *array, struct error *error);
/* Takes @row over; NULL: -ENOMEM. */
int reply_array_add(struct reply_array *array, cJSON *row);
int reply_array_finish(struct reply_array *array, struct reply *reply, struct error *error);
void reply_array_clear(struct reply_array *array);

#endif
