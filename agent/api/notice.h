/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a customer is told of a block: the facts, and the text that the template makes of them. */
#ifndef SMTPFENCE_API_NOTICE_H
#define SMTPFENCE_API_NOTICE_H

#include "api/internal.h"

#define NOTICE_MAILS_MAX 10 /* a letter, and no log */

struct notice_mail {
	int64_t date;				  /* s since 1970 */
	struct smtpfence_prefix destination;	  /* length 0: not told */
	char message_id[EVIDENCE_MESSAGE_ID_MAX]; /* printable; empty: not told */
	int64_t spam_score;
};

struct notice {
	struct smtpfence_prefix ip; /* what was asked for, IPv6 cut to its unit */
	struct ledger_row row;	    /* what blocks it: itself, or a wider prefix */
	bool monitor;		    /* nothing is dropped */
	bool sentenced;		    /* its sentence runs; otherwise only a list wants it */
	bool by_hand;
	const char *feeds[LEDGER_SOURCES_MAX]; /* that list it; in `row` */
	size_t feed_count;
	bool on_request;
	uint64_t left;	    /* s until the sentence is served; 0: it is */
	uint32_t offences;  /* of `ip`, that count now */
	uint64_t next_time; /* s, of the sentence for one more */
	bool has_hits;
	struct smtpfence_hits hits;		    /* of `row` */
	struct notice_mail mails[NOTICE_MAILS_MAX]; /* the newest first */
	size_t mails_kept, mail_count;
};

/* It is wider than what was asked for. What else is in it is not the customer's business. */
bool notice_is_wider(const struct notice *notice);

/* The text; owned by the caller. NULL: out of memory. */
char *notice_render(const struct template *template, const struct notice *notice);

/* The answer. NULL: out of memory. */
cJSON *notice_json(const struct notice *notice, const char *text);

#endif
