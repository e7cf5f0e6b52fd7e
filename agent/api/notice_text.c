/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The facts of a notice as the values of its template. */
#include <inttypes.h>
#include <string.h>

#include "api/notice.h"
#include "api/spam.h"
#include "base/clock.h"
#include "base/prefix.h"
#include "base/text.h"
#include "config/notice.h"

/* The longest: all feeds, or a Message-ID. */
#define VALUE_MAX 1024

_Static_assert(VALUE_MAX > LEDGER_SOURCES_MAX * (SENTENCE_SOURCE_MAX + 2), "all feeds fit");
_Static_assert(VALUE_MAX > EVIDENCE_MESSAGE_ID_MAX, "a Message-ID fits");

struct letter {
	const struct notice *notice;
	char value[VALUE_MAX]; /* the one that was asked for last */
};

static const char *put(struct letter *letter, const char *text)
{
	snprintf(letter->value, VALUE_MAX, "%s", text);
	text_make_printable(letter->value);
	return letter->value;
}

static const char *put_number(struct letter *letter, int64_t number)
{
	snprintf(letter->value, VALUE_MAX, "%" PRId64, number);
	return letter->value;
}

static const char *yes(bool is_so)
{
	return is_so ? "yes" : NULL;
}

static const char *put_feeds(struct letter *letter)
{
	const struct notice *notice = letter->notice;
	size_t used = 0;

	letter->value[0] = '\0';
	for (size_t i = 0; i < notice->feed_count; i++)
		used += (size_t)snprintf(letter->value + used, VALUE_MAX - used, "%s%s",
					 i ? ", " : "", notice->feeds[i]);
	return letter->value;
}

static const char *put_source(struct letter *letter)
{
	const struct notice *notice = letter->notice;

	if (!notice->sentenced || notice_is_wider(notice) || !spam_is_source(&notice->ip))
		return NULL;
	return spam_source_format(&notice->ip, letter->value);
}

/* Of the sentence; where a list wants the block as well, its end tells nothing. */
static const char *sentence_text(struct letter *letter, enum notice_placeholder name)
{
	const struct notice *notice = letter->notice;
	const struct sentence *sentence = &notice->row.sentence;
	bool alone = notice->feed_count == 0 && notice->row.state == SENTENCE_BLOCKED;

	switch (name) {
	case NOTICE_SINCE:
		return time_format(sentence->date, letter->value);
	case NOTICE_UNTIL:
		return alone ? time_format(sentence->date + (int64_t)sentence->time, letter->value)
			     : NULL;
	case NOTICE_REMAINING:
		return alone && notice->left ? duration_format(notice->left, letter->value) : NULL;
	case NOTICE_LENGTH:
		return duration_format(sentence->time, letter->value);
	case NOTICE_SCORER:
		return notice->by_hand ? NULL : put(letter, sentence->source);
	case NOTICE_SCORE:
		return notice->by_hand ? NULL : put_number(letter, sentence->score);
	case NOTICE_REASON:
		return put(letter, sentence->reason);
	case NOTICE_AUTOMATIC:
		return yes(alone && !notice->on_request);
	case NOTICE_ON_REQUEST:
		return yes(alone && notice->on_request);
	case NOTICE_SERVED:
		return yes(notice->left == 0);
	default:
		return NULL;
	}
}

static const char *mail_text(struct letter *letter, enum notice_placeholder name, size_t item)
{
	const struct notice_mail *mail = &letter->notice->mails[item];

	switch (name) {
	case NOTICE_DATE:
		return time_format(mail->date, letter->value);
	case NOTICE_DESTINATION:
		return mail->destination.length
			       ? prefix_format_short(&mail->destination, letter->value)
			       : "-";
	case NOTICE_MESSAGE_ID:
		return mail->message_id[0] ? put(letter, mail->message_id) : "-";
	default:
		return put_number(letter, mail->spam_score);
	}
}

static const char *count_text(struct letter *letter, uint64_t count)
{
	return count ? put_number(letter, (int64_t)count) : NULL;
}

static const char *text_of(size_t name, size_t item, void *userdata)
{
	struct letter *letter = userdata;
	const struct notice *notice = letter->notice;

	switch ((enum notice_placeholder)name) {
	case NOTICE_IP:
		return prefix_format_short(&notice->ip, letter->value);
	case NOTICE_SOURCE:
		return put_source(letter);
	case NOTICE_BLOCK:
		return notice_is_wider(notice) ? prefix_format(&notice->row.prefix, letter->value)
					       : NULL;
	case NOTICE_BY_HAND:
		return yes(notice->by_hand);
	case NOTICE_LISTED:
		return put_feeds(letter);
	case NOTICE_MONITOR:
		return yes(notice->monitor);
	case NOTICE_UNBLOCKING:
		return yes(notice->row.state == SENTENCE_UNBLOCKING);
	case NOTICE_OFFENCES:
		return count_text(letter, notice->offences);
	case NOTICE_NEXT_LENGTH:
		return notice->next_time ? duration_format(notice->next_time, letter->value) : NULL;
	case NOTICE_ATTEMPTS:
		return count_text(letter, notice->hits.attempts);
	case NOTICE_MAIL_COUNT:
		return count_text(letter, notice->mail_count);
	case NOTICE_MORE_MAILS:
		return count_text(letter, notice->mail_count - notice->mails_kept);
	case NOTICE_DATE:
	case NOTICE_DESTINATION:
	case NOTICE_MESSAGE_ID:
	case NOTICE_SPAM_SCORE:
		return mail_text(letter, (enum notice_placeholder)name, item);
	default:
		return notice->sentenced ? sentence_text(letter, (enum notice_placeholder)name)
					 : NULL;
	}
}

/* The mails are the only list. */
static size_t mails_kept(size_t name, void *userdata)
{
	const struct letter *letter = userdata;

	(void)name;
	return letter->notice->mails_kept;
}

char *notice_render(const struct template *template, const struct notice *notice)
{
	struct letter letter = {.notice = notice};
	const struct template_values values = {text_of, mails_kept, &letter};

	return template_render(template, &values);
}
