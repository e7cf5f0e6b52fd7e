/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "api/notice.h"

#include <errno.h>
#include <string.h>

#include "api/handlers.h"
#include "api/input.h"
#include "api/reply.h"
#include "base/prefix.h"
#include "base/text.h"
#include "policy/policy.h"

bool notice_is_wider(const struct notice *notice)
{
	return prefix_compare(&notice->ip, &notice->row.prefix) != 0;
}

/* -ENOENT: nothing blocks it. */
static int find_block(const struct api_context *context, const struct smtpfence_prefix *asked,
		      struct notice *notice, struct error *error)
{
	const struct smtpfence_prefix unit = policy_unit(&context->config->policy, asked);
	struct ledger_row *row = &notice->row;
	char ip[PREFIX_TEXT_MAX], allowed[PREFIX_TEXT_MAX];
	int r = ledger_decides(context->ledger, asked, row, error);

	if (r < 0)
		return r;
	if (row->action == SMTPFENCE_ACTION_ALLOW && row->state != SENTENCE_UNBLOCKING)
		return error_set(error, -ENOENT, "%s is not blocked: %s is on the allowlist",
				 prefix_format_short(asked, ip),
				 prefix_format_short(&row->prefix, allowed));
	notice->ip = prefix_contains(&unit, &row->prefix) ? row->prefix : unit;
	return 0;
}

/*
 * Who wants the block is in the row's sources: first whose sentence runs, then who lists it. What
 * is allowed, and only about to be let go, no list has a say in.
 */
static void tell_causes(struct notice *notice, const struct moment *now)
{
	struct ledger_row *row = &notice->row;
	const struct sentence *sentence = &row->sentence;
	size_t count = row->action == SMTPFENCE_ACTION_DROP ? row->source_count : 0;

	notice->sentenced = row->has_sentence && sentence->state != SENTENCE_UNBLOCKED;
	for (size_t i = notice->sentenced; i < count; i++)
		notice->feeds[notice->feed_count++] = row->sources[i];
	if (!notice->sentenced)
		return;
	notice->by_hand = strcmp(sentence->source, "manual") == 0;
	notice->on_request = sentence->deadline == 0;
	notice->left = policy_left(sentence, now);
}

/* Who is blocked for what others have done gets no warning of what it would cost next time. */
static void tell_costs(struct notice *notice, const struct config_policy *policy,
		       const struct moment *now)
{
	if (!notice->sentenced || notice_is_wider(notice))
		return;
	notice->offences = policy_offences(policy, &notice->row.sentence, now->wall);
	notice->next_time = policy_time(policy, notice->offences);
}

struct collection {
	struct notice *notice;
	size_t total;
};

static int collect_mail(const struct evidence *evidence, const char *source, void *userdata)
{
	struct collection *collection = userdata;
	struct notice *notice = collection->notice;
	struct notice_mail *mail;

	(void)source;
	notice->mail_count += evidence->date > notice->row.sentence.last_end;
	if (collection->total++ >= NOTICE_MAILS_MAX)
		return 0;
	mail = &notice->mails[collection->total - 1];
	*mail = (struct notice_mail){.date = evidence->date,
				     .destination = evidence->destination,
				     .spam_score = evidence->spam_score};
	store_cut_text(mail->message_id, sizeof(mail->message_id), evidence->message_id);
	text_make_printable(mail->message_id);
	return 0;
}

/* Those that were sent since the sentence before; where the scorer's dates are older, all. */
static int tell_mails(struct notice *notice, struct store *store, struct error *error)
{
	struct collection collection = {.notice = notice};
	int r;

	if (!notice->sentenced || notice_is_wider(notice))
		return 0;
	r = store_each_evidence(store, &notice->row.prefix, 0, collect_mail, &collection, error);
	if (notice->mail_count == 0)
		notice->mail_count = collection.total;
	notice->mails_kept =
		notice->mail_count < NOTICE_MAILS_MAX ? notice->mail_count : NOTICE_MAILS_MAX;
	return r;
}

static int make_notice(const struct api_context *context, const struct smtpfence_prefix *asked,
		       struct notice *notice, struct error *error)
{
	const struct moment now = clock_now();
	int r = find_block(context, asked, notice, error);

	if (r < 0)
		return r;
	notice->monitor = fence_mode(context->fence) == SMTPFENCE_MODE_MONITOR;
	tell_causes(notice, &now);
	tell_costs(notice, &context->config->policy, &now);
	if (!notice_is_wider(notice))
		notice->has_hits =
			counters_hits(context->counters, &notice->row.prefix, &notice->hits) == 0;
	return tell_mails(notice, context->store, error);
}

int notice_get(struct api *api, struct request *request, struct reply *reply, struct error *error)
{
	_cleanup_free_ char *text = NULL;
	struct smtpfence_prefix asked;
	struct notice notice = {};
	int r = input_argument(request, &asked, error);

	if (r >= 0)
		r = make_notice(&api->context, &asked, &notice, error);
	if (r < 0)
		return r;
	text = notice_render(api->context.config->notice.template, &notice);
	if (!text)
		return error_set(error, -ENOMEM, "out of memory");
	return reply_json(reply, notice_json(&notice, text), error);
}
