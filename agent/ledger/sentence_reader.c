/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ledger/sentence_reader.h"

#include "base/prefix.h"

void sentence_reader_begin(struct sentence_reader *reader, struct store *store)
{
	reader->store = store;
	reader->count = reader->next = 0;
	reader->ahead = 1;
	reader->read = reader->all = false;
}

static int add(const struct sentence *sentence, void *userdata)
{
	struct sentence_reader *reader = userdata;

	reader->items[reader->count++] = *sentence;
	return 0;
}

/* Nothing is read in vain for long, wherever the next prefix lies. */
static void judge_ahead(struct sentence_reader *reader)
{
	if (reader->next < reader->count)
		reader->ahead = 1;
	else if (reader->count > 0 && reader->ahead < SENTENCES_AHEAD)
		reader->ahead *= 2;
}

static int read_ahead(struct sentence_reader *reader, const struct smtpfence_prefix *from,
		      struct error *error)
{
	struct sentence_filter filter = {.from = from};
	int r;

	judge_ahead(reader);
	filter.limit = reader->ahead;
	reader->count = reader->next = 0;
	r = store_each_sentence(reader->store, &filter, add, reader, error);
	reader->read = r >= 0;
	reader->all = reader->count < reader->ahead;
	return r;
}

/* Whether what was read ahead tells of @prefix. What was asked for may be another one by now. */
static bool is_at_hand(const struct sentence_reader *reader, const struct smtpfence_prefix *prefix)
{
	if (!reader->read || prefix_compare(prefix, &reader->asked) <= 0)
		return false;
	return reader->all || prefix_compare(prefix, &reader->items[reader->count - 1].prefix) <= 0;
}

int sentence_read(struct sentence_reader *reader, const struct smtpfence_prefix *prefix,
		  const struct sentence **ret, struct error *error)
{
	int order, r = is_at_hand(reader, prefix) ? 0 : read_ahead(reader, prefix, error);

	reader->asked = *prefix;
	while (r >= 0 && reader->next < reader->count) {
		order = prefix_compare(&reader->items[reader->next].prefix, prefix);
		if (order > 0)
			break;
		*ret = &reader->items[reader->next++];
		if (order == 0)
			return 1;
	}
	return r;
}
