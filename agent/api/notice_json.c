/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "api/notice.h"
#include "base/prefix.h"
#include "base/value.h"

static cJSON *mail_json(const struct notice_mail *mail)
{
	char destination[PREFIX_TEXT_MAX] = "";
	cJSON *row = cJSON_CreateObject();

	if (mail->destination.length > 0)
		prefix_format_short(&mail->destination, destination);
	return value_if(
		value_add(row, "date", value_time(mail->date)) &&
			value_add(row, "destination", value_text(destination)) &&
			value_add(row, "message_id", value_text(mail->message_id)) &&
			value_add(row, "spam_score", cJSON_CreateNumber((double)mail->spam_score)),
		row);
}

static cJSON *mails_json(const struct notice *notice)
{
	cJSON *array = cJSON_CreateArray();
	bool complete = true;

	for (size_t i = 0; i < notice->mails_kept && complete; i++)
		complete = value_append(array, mail_json(&notice->mails[i]));
	return value_if(complete, array);
}

static cJSON *feeds_json(const struct notice *notice)
{
	return cJSON_CreateStringArray(notice->feeds, (int)notice->feed_count);
}

static const char *release_of(const struct notice *notice)
{
	if (!notice->sentenced || notice->feed_count > 0)
		return NULL;
	return notice->on_request ? "on-request" : "automatic";
}

static bool fill_sentence(cJSON *object, const struct notice *notice)
{
	const struct sentence *sentence = &notice->row.sentence;
	bool known = notice->sentenced, ends = known && notice->feed_count == 0;
	int64_t until = sentence->date + (int64_t)sentence->time;

	return value_add(object, "since", value_time(known ? sentence->date : 0)) &&
	       value_add(object, "until", value_time(ends ? until : 0)) &&
	       value_add(object, "remaining", value_number(ends, (double)notice->left)) &&
	       value_add(object, "time", value_number(known, (double)sentence->time)) &&
	       value_add(object, "release", value_text(release_of(notice))) &&
	       value_add(object, "source", value_text(known ? sentence->source : NULL)) &&
	       value_add(object, "score", value_number(known, sentence->score)) &&
	       value_add(object, "reason", value_text(known ? sentence->reason : NULL)) &&
	       value_add(object, "offences", value_number(known, notice->offences)) &&
	       value_add(object, "next_time",
			 value_number(notice->next_time > 0, (double)notice->next_time));
}

cJSON *notice_json(const struct notice *notice, const char *text)
{
	cJSON *object = cJSON_CreateObject();
	char ip[PREFIX_TEXT_MAX];

	prefix_format_short(&notice->ip, ip);
	return value_if(
		value_add(object, "ip", cJSON_CreateString(ip)) &&
			value_add(object, "block", value_prefix(&notice->row.prefix)) &&
			value_add(object, "state",
				  cJSON_CreateString(sentence_state_name(notice->row.state))) &&
			value_add(object, "monitor", cJSON_CreateBool(notice->monitor)) &&
			fill_sentence(object, notice) &&
			value_add(object, "listed", feeds_json(notice)) &&
			value_add(object, "attempts",
				  value_number(notice->has_hits, (double)notice->hits.attempts)) &&
			value_add(object, "mail_count",
				  cJSON_CreateNumber((double)notice->mail_count)) &&
			value_add(object, "mails", mails_json(notice)) &&
			value_add(object, "text", cJSON_CreateString(text)),
		object);
}
