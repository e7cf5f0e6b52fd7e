/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ledger/item.h"

#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/prefix.h"
#include "ledger/wall.h"

/* One that has ended is none, though the store may still have it. */
void item_add_listing(struct item *item, const struct listing *listing, const char *feed,
		      int64_t now)
{
	if (listing->until > 0 && listing->until <= now)
		return;
	item->until = item->listings ? listing_later(item->until, listing->until) : listing->until;
	if (item->listings < LEDGER_SOURCES_MAX)
		store_cut_text(item->feeds[item->listings], SENTENCE_SOURCE_MAX, feed);
	item->listings++;
}

struct own_listings {
	struct item *item;
	int64_t now;
};

/* Listings of the prefix itself come first: behind them the walk is ended. */
static int add_own_listing(const struct listing *listing, const char *feed, void *userdata)
{
	struct own_listings *own = userdata;

	if (prefix_compare(&listing->prefix, &own->item->prefix) != 0)
		return 1;
	item_add_listing(own->item, listing, feed, own->now);
	return 0;
}

void item_begin(struct item *item, const struct ledger *ledger,
		const struct smtpfence_prefix *prefix)
{
	item->prefix = *prefix;
	item->sentenced = false;
	item->state = SENTENCE_UNBLOCKED;
	item->deadline = 0;
	item->allowed = allowlist_has(&ledger->allow, prefix);
	item->listings = 0;
	item->until = 0;
}

int item_get(struct ledger *ledger, const struct smtpfence_prefix *prefix, struct item *ret,
	     struct error *error)
{
	struct own_listings own = {ret, wall_seconds(ledger)};
	struct sentence sentence;
	int r = store_get_sentence(ledger->store, prefix, &sentence, error);

	if (r < 0 && r != -ENOENT)
		return r;
	item_begin(ret, ledger, prefix);
	if (r >= 0) {
		ret->sentenced = true;
		ret->state = sentence.state;
		ret->deadline = sentence.deadline;
	}
	r = store_each_listing(ledger->store, prefix, NULL, add_own_listing, &own, error);
	return r < 0 ? r : 0;
}

/* The latest that anything wants; 0: something wants it without an end. */
static uint64_t deadline_of(const struct ledger *ledger, const struct item *item, bool running)
{
	uint64_t listed = wall_deadline(ledger, item->until);

	if (item->listings == 0)
		return item->deadline;
	if (listed == 0 || (running && item->deadline == 0))
		return 0;
	return running && item->deadline > listed ? item->deadline : listed;
}

bool item_wants_drop(const struct ledger *ledger, const struct item *item, struct entry *ret)
{
	bool running = item->sentenced && item->state == SENTENCE_BLOCKED;

	if (!running && item->listings == 0)
		return false;
	if (allowlist_covers(&ledger->allow, &item->prefix))
		return false;
	*ret = (struct entry){
		.prefix = item->prefix,
		.action = SMTPFENCE_ACTION_DROP,
		.deadline = deadline_of(ledger, item, running),
	};
	return true;
}

int item_find_cover(struct ledger *ledger, const struct smtpfence_prefix *prefix, struct item *ret,
		    struct error *error)
{
	unsigned int shortest = prefix_is_ipv4(prefix) ? SMTPFENCE_IPV4_BITS : 0;
	struct smtpfence_prefix wider = *prefix;
	char text[PREFIX_TEXT_MAX];
	struct entry entry;
	int r;

	while (wider.length > shortest) {
		prefix_cut(&wider, wider.length - 1);
		r = item_get(ledger, &wider, ret, error);
		if (r < 0)
			return r;
		if (item_wants_drop(ledger, ret, &entry))
			return 0;
	}
	return error_set(error, -ENOENT, "%s lies in no blocked prefix",
			 prefix_format(prefix, text));
}

/* Of a sentence, what a walk over all of them has to remember. */
struct key {
	struct smtpfence_prefix prefix;
	enum sentence_state state;
	uint64_t deadline;
};

/* So many are read from the store at once: whoever wants a page does not pay for all of them. */
#define KEYS_AT_ONCE 1024

/*
 * Three sorted sources become one. There may be a million listings, so these are streamed; the
 * allowlist stands ready in an array, the sentences in one that is filled again and again.
 */
struct merge {
	const struct ledger *ledger;
	const struct item_filter *filter;
	item_fn fn;
	void *userdata;
	struct error *error;
	struct key *keys; /* owned */
	size_t key_count;
	size_t next_key, next_allow;
	bool more_keys;	  /* in the store */
	int64_t now;	  /* on the wall clock */
	struct item item; /* begun, and more listings of it may follow */
	bool begun;
};

static void merge_clear(struct merge *merge)
{
	free(merge->keys);
}

static int add_key(const struct sentence *sentence, void *userdata)
{
	struct merge *merge = userdata;

	merge->more_keys = merge->key_count == KEYS_AT_ONCE;
	if (merge->more_keys)
		return 1;
	merge->keys[merge->key_count++] =
		(struct key){sentence->prefix, sentence->state, sentence->deadline};
	return 0;
}

/* Reads the sentences behind @after. */
static int read_keys(struct merge *merge, const struct smtpfence_prefix *after)
{
	const struct sentence_filter sentences = {.by_state = merge->filter->running,
						  .state = SENTENCE_BLOCKED,
						  .in = merge->filter->in,
						  .after = after};
	int r;

	merge->next_key = 0;
	merge->key_count = 0;
	merge->more_keys = false;
	r = store_each_sentence(merge->ledger->store, &sentences, add_key, merge, merge->error);
	return r < 0 ? r : 0;
}

static int pass_key(struct merge *merge)
{
	struct smtpfence_prefix last = merge->keys[merge->next_key++].prefix;

	return merge->next_key == merge->key_count && merge->more_keys ? read_keys(merge, &last)
								       : 0;
}

static int finish_item(struct merge *merge)
{
	if (!merge->begun)
		return 0;
	merge->begun = false;
	return merge->fn(&merge->item, merge->userdata);
}

/* The next allowlist entry that lies in the range of the walk, or NULL. */
static const struct smtpfence_prefix *allow_head(struct merge *merge)
{
	const struct allowlist *allow = &merge->ledger->allow;
	const struct smtpfence_prefix *in = merge->filter->in;

	while (merge->next_allow < allow->count && in &&
	       !prefix_contains(in, &allow->items[merge->next_allow]))
		merge->next_allow++;
	return merge->next_allow < allow->count ? &allow->items[merge->next_allow] : NULL;
}

static const struct key *key_head(const struct merge *merge)
{
	return merge->next_key < merge->key_count ? &merge->keys[merge->next_key] : NULL;
}

/* Hands over the item before it, and takes what the arrays have of @prefix. */
static int next_item(struct merge *merge, const struct smtpfence_prefix *prefix)
{
	const struct smtpfence_prefix *allow = allow_head(merge);
	const struct key *key = key_head(merge);
	int r = finish_item(merge);

	if (r != 0)
		return r;
	item_begin(&merge->item, merge->ledger, prefix);
	merge->begun = true;
	if (allow && prefix_compare(allow, prefix) == 0)
		merge->next_allow++;
	if (key && prefix_compare(&key->prefix, prefix) == 0) {
		merge->item.sentenced = true;
		merge->item.state = key->state;
		merge->item.deadline = key->deadline;
		r = pass_key(merge);
	}
	return r;
}

/* Which of the arrays goes on first, if that is before @end (NULL: anyway). */
static const struct smtpfence_prefix *array_head(struct merge *merge,
						 const struct smtpfence_prefix *end)
{
	const struct smtpfence_prefix *head = allow_head(merge);
	const struct key *key = key_head(merge);

	if (key && (!head || prefix_compare(&key->prefix, head) < 0))
		head = &key->prefix;
	return head && (!end || prefix_compare(head, end) < 0) ? head : NULL;
}

static int merge_until(struct merge *merge, const struct smtpfence_prefix *end)
{
	const struct smtpfence_prefix *head;
	int r = 0;

	while (r == 0 && (head = array_head(merge, end)))
		r = next_item(merge, head);
	return r;
}

static int merge_listing(const struct listing *listing, const char *feed, void *userdata)
{
	const struct smtpfence_prefix *prefix = &listing->prefix;
	struct merge *merge = userdata;
	int r = 0;

	if (!merge->begun || prefix_compare(&merge->item.prefix, prefix) != 0) {
		r = merge_until(merge, prefix);
		if (r == 0)
			r = next_item(merge, prefix);
	}
	if (r == 0)
		item_add_listing(&merge->item, listing, feed, merge->now);
	return r;
}

/* The allowlist's first one in the range of the walk, or before it. */
static size_t first_allowed(const struct ledger *ledger, const struct item_filter *filter)
{
	const struct smtpfence_prefix *after = filter->after;
	size_t first = filter->in ? allowlist_seek(&ledger->allow, filter->in) : 0, behind;

	if (!after)
		return first;
	behind = allowlist_seek(&ledger->allow, after) + allowlist_has(&ledger->allow, after);
	return behind > first ? behind : first;
}

int item_each(struct ledger *ledger, const struct item_filter *filter, item_fn fn, void *userdata,
	      struct error *error)
{
	_cleanup_(merge_clear) struct merge merge = {
		.ledger = ledger,
		.filter = filter,
		.fn = fn,
		.userdata = userdata,
		.error = error,
		.keys = calloc(KEYS_AT_ONCE, sizeof(*merge.keys)),
		.next_allow = first_allowed(ledger, filter),
		.now = wall_seconds(ledger),
	};
	int r = merge.keys ? read_keys(&merge, filter->after)
			   : error_set(error, -ENOMEM, "out of memory");

	if (r == 0)
		r = store_each_listing(ledger->store, filter->in, filter->after, merge_listing,
				       &merge, error);
	if (r == 0)
		r = merge_until(&merge, NULL);
	return r == 0 ? finish_item(&merge) : r;
}
