/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What may stand in the template of a customer's notice (see base/template.h). */
#ifndef SMTPFENCE_CONFIG_NOTICE_H
#define SMTPFENCE_CONFIG_NOTICE_H

#include "base/template.h"

/*
 * X(NAME, name, kind, meaning). A fact that does not apply, or is not known, is empty; times are in
 * RFC 3339, durations as "1h30m". A yes-or-no is "yes" or empty.
 */
/* clang-format off */
#define NOTICE_PLACEHOLDERS(X) \
	X(IP,          ip,          TEXT, "the address, or IPv6 unit, that the notice is about") \
	X(SOURCE,      source,      TEXT, "its name in the API's calls under /ip/; empty where they do not know it") \
	X(BLOCK,       block,       TEXT, "the wider prefix that is blocked, if it is not the address itself") \
	X(SINCE,       since,       TEXT, "when the sentence began") \
	X(UNTIL,       until,       TEXT, "when it is served") \
	X(REMAINING,   remaining,   TEXT, "how long that is from now") \
	X(LENGTH,      length,      TEXT, "its whole length") \
	X(SCORER,      scorer,      TEXT, "the feed that has told of the spam") \
	X(SCORE,       score,       TEXT, "the score that it gave") \
	X(BY_HAND,     by_hand,     TEXT, "yes where somebody has blocked it by hand") \
	X(LISTED,      listed,      TEXT, "the lists that it stands on, with commas between") \
	X(REASON,      reason,      TEXT, "as the scorer, or who blocked it, has told it") \
	X(AUTOMATIC,   automatic,   TEXT, "yes where the block ends by itself") \
	X(ON_REQUEST,  on_request,  TEXT, "yes where it ends when somebody asks for it") \
	X(SERVED,      served,      TEXT, "yes where the sentence is served: its end may be asked for") \
	X(MONITOR,     monitor,     TEXT, "yes where the mode is monitor: nothing is dropped") \
	X(UNBLOCKING,  unblocking,  TEXT, "yes where it is ending right now") \
	X(OFFENCES,    offences,    TEXT, "how many count, this one included") \
	X(NEXT_LENGTH, next_length, TEXT, "how long the block after one more offence will be") \
	X(ATTEMPTS,    attempts,    TEXT, "attempts to connect to port 25 during this block") \
	X(MAIL_COUNT,  mail_count,  TEXT, "how many mails were told of") \
	X(MORE_MAILS,  more_mails,  TEXT, "how many of them are not among mails") \
	X(MAILS,       mails,       LIST, "the newest of them") \
	X(DATE,        date,        MAIL, "in mails: when it was sent") \
	X(DESTINATION, destination, MAIL, "in mails: where to; - where that is not known") \
	X(MESSAGE_ID,  message_id,  MAIL, "in mails: its Message-ID; - where that is not known") \
	X(SPAM_SCORE,  spam_score,  MAIL, "in mails: its own score")
/* clang-format on */

enum notice_placeholder {
#define NOTICE_ENUM(NAME, name, kind, meaning) NOTICE_##NAME,
	NOTICE_PLACEHOLDERS(NOTICE_ENUM)
#undef NOTICE_ENUM
		NOTICE_PLACEHOLDER_COUNT,
};

/* By enum notice_placeholder. */
extern const struct template_names notice_names;

/* A line each, for --help. */
void notice_print_placeholders(void);

#endif
