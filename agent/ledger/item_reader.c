/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Items of many prefixes, one after the other. */
#include "ledger/item.h"

#include "base/prefix.h"
#include "ledger/wall.h"

int item_reader_open(struct item_reader *reader, struct ledger *ledger, struct error *error)
{
	*reader = (struct item_reader){.ledger = ledger, .now = wall_seconds(ledger)};
	sentence_reader_begin(&reader->sentences, ledger->store);
	return store_finder_new(ledger->store, &reader->finder, error);
}

void item_reader_close(struct item_reader *reader)
{
	store_finder_free(reader->finder);
}

static int find_sentence(struct item_reader *reader, struct item *item, struct error *error)
{
	const struct sentence *sentence;
	int r = sentence_read(&reader->sentences, &item->prefix, &sentence, error);

	if (r <= 0)
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

int item_is_covered(struct item_reader *reader, const struct smtpfence_prefix *prefix,
		    unsigned int from, struct error *error)
{
	struct smtpfence_prefix wider;
	struct entry entry;
	struct item item;
	int r = 0;

	if (prefix_is_ipv4(prefix) && from < SMTPFENCE_IPV4_BITS)
		from = SMTPFENCE_IPV4_BITS;
	/* The widest first: that is the order of the store. */
	for (unsigned int length = from; length < prefix->length && r == 0; length++) {
		wider = *prefix;
		prefix_cut(&wider, length);
		r = item_read(reader, &wider, &item, error);
		if (r >= 0)
			r = item_wants_drop(reader->ledger, &item, &entry);
	}
	return r;
}
