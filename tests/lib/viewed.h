/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that can be seen of a ledger as one text: sentences, evidence, audit trail, kernel, counts.
 */
#ifndef SMTPFENCE_TESTS_VIEWED_H
#define SMTPFENCE_TESTS_VIEWED_H

#include "lib/ledgered.h"

struct view {
	struct ledgered *f;
	FILE *stream;
};

static inline int view_evidence(const struct evidence *evidence, const char *source, void *userdata)
{
	const struct view *view = userdata;

	fprintf(view->stream, "  evidence %lld %lld %s %s\n", (long long)evidence->date,
		(long long)evidence->spam_score, evidence->message_id, source);
	return 0;
}

static inline void view_kernel(const struct view *view, const char *prefix)
{
	struct smtpfence_block block;

	if (kernel_entry(view->f, prefix, &block))
		fprintf(view->stream, "  kernel %u %llu\n", block.action,
			(unsigned long long)block.deadline);
}

static inline int view_row(const struct ledger_row *row, void *userdata)
{
	const struct view *view = userdata;
	const struct sentence *s = &row->sentence;
	char text[PREFIX_TEXT_MAX];

	fprintf(view->stream, "%s action %d state %d", prefix_format(&row->prefix, text),
		(int)row->action, (int)row->state);
	if (row->has_sentence)
		fprintf(view->stream,
			" date %lld time %llu served %llu deadline %llu offences %u score %u "
			"ended %lld detected %lld by %s for %s",
			(long long)s->date, (unsigned long long)s->time,
			(unsigned long long)s->served, (unsigned long long)s->deadline, s->offences,
			s->score, (long long)s->last_end, (long long)s->last_detected, s->source,
			s->reason);
	fprintf(view->stream, " remaining %llu\n", (unsigned long long)row->remaining);
	view_kernel(view, text);
	return store_each_evidence(view->f->store, &row->prefix, 0, view_evidence, userdata, NULL);
}

static inline int view_audit(const struct audit *audit, void *userdata)
{
	const struct view *view = userdata;

	fprintf(view->stream, "%lld %lld %s %s %s %s\n", (long long)audit->id, (long long)audit->ts,
		audit->event, audit->state, audit->source, audit->reason);
	return 0;
}

/* The caller frees it. */
static inline char *view_of(struct ledgered *f)
{
	static const struct ledger_filter filters[] = {{.sentenced = true}, {.by_state = false}};
	struct ledger_report report = ledger_report(f->ledger);
	char *text = NULL;
	size_t size;
	struct view view = {.f = f, .stream = open_memstream(&text, &size)};

	for (size_t i = 0; i < ARRAY_SIZE(filters); i++)
		assert_ok(f, ledger_each(f->ledger, &filters[i], view_row, &view, &f->error));
	assert_ok(f, store_each_audit(f->store, 0, 0, view_audit, &view, &f->error));
	fprintf(view.stream, "%zu %zu %zu\n", report.blocked_ipv4, report.blocked_ipv6,
		report.refused);
	fclose(view.stream);
	return text;
}

#endif
