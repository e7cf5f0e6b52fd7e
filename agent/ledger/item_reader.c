/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Items of many prefixes, one after the other. */
#include "ledger/item.h"

#include "base/prefix.h"
#include "ledger/wall.h"

int item_reader_open(struct item_reader *reader, struct ledger *ledger, struct error *error)
{
	*reader = (struct item_reader){.ledger = ledger, .now = wall_seconds(ledger)};
	return store_finder_new(ledger->store, &reader->finder, error);
}

void item_reader_close(struct item_reader *reader)
{
	store_finder_free(reader->finder);
}

static int add_sentence(const struct sentence *sentence, void *userdata)
{
	struct item_reader *reader = userdata;

	reader->sentences[reader->sentence_count++] =
		(struct item_sentence){sentence->prefix, sentence->state, sentence->deadline};
	return 0;
}

static int read_ahead(struct item_reader *reader, const struct smtpfence_prefix *from,
		      struct error *error)
{
	const struct sentence_filter filter = {.from = from, .limit = ITEM_SENTENCES_AHEAD};
	int r;

	reader->sentence_count = 0;
	reader->next_sentence = 0;
	r = store_each_sentence(reader->ledger->store, &filter, add_sentence, reader, error);
	reader->all = reader->sentence_count < ITEM_SENTENCES_AHEAD;
	reader->read = r >= 0;
	reader->from = *from;
	return r;
}

/* Whether what was read ahead tells of @prefix. */
static bool is_at_hand(const struct item_reader *reader, const struct smtpfence_prefix *prefix)
{
	if (!reader->read || prefix_compare(prefix, &reader->from) < 0)
		return false;
	if (reader->all)
		return true;
	return prefix_compare(prefix, &reader->sentences[reader->sentence_count - 1].prefix) <= 0;
}

static int find_sentence(struct item_reader *reader, struct item *item, struct error *error)
{
	const struct item_sentence *sentence;
	int order = 1, r = 0;

	if (!is_at_hand(reader, &item->prefix))
		r = read_ahead(reader, &item->prefix, error);
	while (r >= 0 && reader->next_sentence < reader->sentence_count) {
		sentence = &reader->sentences[reader->next_sentence];
		order = prefix_compare(&sentence->prefix, &item->prefix);
		if (order >= 0)
			break;
		reader->next_sentence++;
	}
	if (r < 0 || order != 0)
		return r;
	item->sentenced = true;
	item->state = sentence->state;
	item->deadline = sentence->deadline;
	return 0;
}

struct found {
	struct item *item;
	int64_t now;
};

static int add_found(const struct listing *listing, const char *feed, void *userdata)
{
	struct found *found = userdata;

	item_add_listing(found->item, listing, feed, found->now);
	return 0;
}

int item_read(struct item_reader *reader, const struct smtpfence_prefix *prefix, struct item *ret,
	      struct error *error)
{
	struct found found = {ret, reader->now};
	int r;

	item_begin(ret, reader->ledger, prefix);
	r = find_sentence(reader, ret, error);
	return r < 0 ? r : store_find_listings(reader->finder, prefix, add_found, &found, error);
}
