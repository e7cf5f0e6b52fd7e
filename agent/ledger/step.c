/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ledger/step.h"

#include <errno.h>

#include "base/prefix.h"
#include "ledger/gather.h"

int step_load(struct ledger *ledger, const struct smtpfence_prefix *prefix, struct sentence *ret,
	      struct error *error)
{
	int r = store_get_sentence(ledger->store, prefix, ret, error);

	if (r == -ENOENT)
		*ret = (struct sentence){.prefix = *prefix};
	return r == -ENOENT ? 0 : r;
}

int step_read(struct sentence_reader *reader, const struct smtpfence_prefix *prefix,
	      struct sentence *ret, struct error *error)
{
	const struct sentence *known;
	int r = sentence_read(reader, prefix, &known, error);

	if (r > 0)
		*ret = *known;
	else if (r == 0)
		*ret = (struct sentence){.prefix = *prefix};
	return r < 0 ? r : 0;
}

/* What the kernel has to be told of it. */
static int note(struct change *change, const struct smtpfence_prefix *prefix, unsigned int effects,
		struct error *error)
{
	int r = 0;

	if (effects & (POLICY_BEGINS | POLICY_REPLACED))
		r = prefix_list_add(&change->touched, prefix);
	else if (effects & POLICY_ENDS)
		r = prefix_list_add(&change->lifted, prefix);
	if (r < 0)
		return error_set(error, r, "out of memory");
	change->begun += (effects & (POLICY_BEGINS | POLICY_REPLACED)) != 0;
	return 0;
}

static int note_wanted(struct change *change, const struct smtpfence_prefix *prefix, bool came,
		       struct error *error)
{
	int r = prefix_list_add(came ? &change->came : &change->went, prefix);

	return r < 0 ? error_set(error, r, "out of memory") : 0;
}

static const char *event_name(unsigned int effects)
{
	if (effects & (POLICY_BEGINS | POLICY_REPLACED))
		return "blocked";
	if (effects & POLICY_ENDS)
		return "unblocking";
	if (effects & POLICY_FREE)
		return "unblocked";
	return effects & POLICY_PARDONED ? "forgiven" : "evidence";
}

static int keep_evidence(struct change *change, const struct sentence *sentence,
			 const struct policy_case *happens, const struct cause *cause,
			 struct error *error)
{
	const struct incident *incident = happens->incident;

	if (!incident) /* a request brings none */
		return 0;
	return store_add_evidence(change->ledger->store, &sentence->prefix, cause->source,
				  incident->evidence, incident->evidence_count, error);
}

static int write_down(struct change *change, const struct sentence *sentence, unsigned int effects,
		      const struct cause *cause, struct error *error)
{
	int r = store_put_sentence(change->ledger->store, sentence, error);

	return r < 0 ? r : change_audit(change, event_name(effects), NULL, sentence, cause, error);
}

/* Evidence alone: an incident that tells nothing new is no event. Returns whether it was one. */
static int add_evidence(struct change *change, const struct sentence *was,
			const struct sentence *sentence, const struct policy_case *happens,
			const struct cause *cause, struct error *error)
{
	int r = keep_evidence(change, sentence, happens, cause, error);

	if (r < 0)
		return r;
	if (r > 0 || sentence->score != was->score) {
		r = write_down(change, sentence, POLICY_EVIDENCE, cause, error);
		return r < 0 ? r : 1;
	}
	if (sentence->last_detected != was->last_detected)
		return store_put_sentence(change->ledger->store, sentence, error);
	return 0;
}

/* One that begins, ends or is gone. */
static int carry_out(struct change *change, enum sentence_state was, struct sentence *sentence,
		     const struct policy_case *happens, unsigned int effects,
		     const struct cause *cause, struct error *error)
{
	long came = (sentence->state == SENTENCE_BLOCKED) - (was == SENTENCE_BLOCKED);
	int r = 0;

	if (effects & (POLICY_BEGINS | POLICY_REPLACED)) {
		store_cut_text(sentence->source, sizeof(sentence->source), cause->source);
		store_cut_text(sentence->reason, sizeof(sentence->reason), cause->reason);
	}
	if (effects & POLICY_EVIDENCE)
		r = keep_evidence(change, sentence, happens, cause, error);
	if (r >= 0)
		r = write_down(change, sentence, effects, cause, error);
	if (r >= 0 && came != 0)
		r = note_wanted(change, &sentence->prefix, came > 0, error);
	return r < 0 ? r : note(change, &sentence->prefix, effects, error);
}

int step_take(struct change *change, struct sentence *sentence, const struct policy_case *happens,
	      const struct cause *cause, struct error *error)
{
	const struct config_policy *policy = &change->ledger->config->policy;
	const struct sentence was = *sentence;
	unsigned int effects = policy_step(policy, sentence, happens, &change->now);
	int r = 0;

	if (effects == POLICY_EVIDENCE) {
		r = add_evidence(change, &was, sentence, happens, cause, error);
		return r <= 0 ? r : POLICY_EVIDENCE;
	}
	if (effects && effects != POLICY_REFUSED)
		r = carry_out(change, was.state, sentence, happens, effects, cause, error);
	return r < 0 ? r : (int)effects;
}

int step_take_each(struct change *change, const struct sentence_filter *filter,
		   enum policy_event event, const struct cause *cause, struct error *error)
{
	const struct policy_case happens = {.event = event};
	_cleanup_(prefix_list_clear) struct prefix_list list = {0};
	struct sentence_reader reader;
	struct sentence sentence;
	int r = gather_sentences(&list, change->ledger->store, filter, error);

	sentence_reader_begin(&reader, change->ledger->store);
	for (size_t i = 0; i < list.count && r >= 0; i++) {
		r = step_read(&reader, &list.items[i], &sentence, error);
		if (r >= 0)
			r = step_take(change, &sentence, &happens, cause, error);
	}
	return r < 0 ? r : (int)list.count;
}
