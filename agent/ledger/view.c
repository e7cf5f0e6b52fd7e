/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `list` and `show` show: one row a prefix, with all that is wanted of it. */
#include <errno.h>
#include <string.h>

#include "base/prefix.h"
#include "ledger/item.h"
#include "ledger/requests.h"
#include "policy/policy.h"

static void add_source(struct ledger_row *row, const char *source)
{
	if (row->source_count < LEDGER_SOURCES_MAX)
		store_cut_text(row->sources[row->source_count++], SENTENCE_SOURCE_MAX, source);
}

static void add_sources(const struct ledger *ledger, const struct item *item,
			struct ledger_row *row)
{
	if (item->state != SENTENCE_UNBLOCKED)
		add_source(row, row->sentence.source);
	for (size_t i = 0; i < item->listings && i < LEDGER_SOURCES_MAX; i++)
		add_source(row, item->feeds[i]);
	if (item->allowed)
		add_source(row, allowlist_configured(&ledger->config->policy.allow, &item->prefix)
					? "config"
					: SOURCE_MANUAL);
}

static enum sentence_state state_of(const struct ledger *ledger, const struct item *item)
{
	struct entry entry;

	return item_wants_drop(ledger, item, &entry) ? SENTENCE_BLOCKED : item->state;
}

static int fill_row(struct ledger *ledger, const struct item *item, struct ledger_row *row,
		    struct error *error)
{
	struct entry entry;
	int r;

	*row = (struct ledger_row){
		.prefix = item->prefix,
		.action = allowlist_covers(&ledger->allow, &item->prefix) ? SMTPFENCE_ACTION_ALLOW
									  : SMTPFENCE_ACTION_DROP,
		.state = state_of(ledger, item),
		.has_sentence = item->sentenced,
	};
	if (item->sentenced) {
		r = store_get_sentence(ledger->store, &item->prefix, &row->sentence, error);
		if (r < 0)
			return r;
	}
	if (item_wants_drop(ledger, item, &entry) && entry.deadline)
		row->remaining = clock_seconds_left(entry.deadline, clock_boot_ns());
	add_sources(ledger, item, row);
	return 0;
}

struct view {
	struct ledger *ledger;
	const struct ledger_filter *filter;
	ledger_row_fn fn;
	void *userdata;
	struct error *error;
};

static bool is_wanted(const struct view *view, const struct item *item)
{
	const struct ledger_filter *filter = view->filter;
	enum sentence_state state = state_of(view->ledger, item);

	if (filter->by_state && state != filter->state)
		return false;
	if (filter->sentenced || (filter->by_state && state == SENTENCE_UNBLOCKED))
		return item->sentenced;
	return state != SENTENCE_UNBLOCKED || item->allowed || item->listings > 0;
}

static int show_item(const struct item *item, void *userdata)
{
	struct view *view = userdata;
	struct ledger_row row;
	int r;

	if (!is_wanted(view, item))
		return 0;
	r = fill_row(view->ledger, item, &row, view->error);
	return r < 0 ? r : view->fn(&row, view->userdata);
}

int ledger_each(struct ledger *ledger, const struct ledger_filter *filter, ledger_row_fn fn,
		void *userdata, struct error *error)
{
	struct view view = {ledger, filter, fn, userdata, error};
	const struct item_filter items = {.in = filter->in, .after = filter->after};

	return item_each(ledger, &items, show_item, &view, error);
}

static bool decides(const struct ledger *ledger, const struct item *item)
{
	struct entry entry;

	return item->allowed || item->state == SENTENCE_UNBLOCKING ||
	       item_wants_drop(ledger, item, &entry);
}

int ledger_decides(struct ledger *ledger, const struct smtpfence_prefix *prefix,
		   struct ledger_row *ret, struct error *error)
{
	unsigned int shortest = prefix_is_ipv4(prefix) ? SMTPFENCE_IPV4_BITS : 0;
	struct smtpfence_prefix wider = *prefix;
	char text[PREFIX_TEXT_MAX];
	struct item item;

	for (unsigned int length = prefix->length + 1; length-- > shortest;) {
		int r;

		prefix_cut(&wider, length);
		r = item_get(ledger, &wider, &item, error);
		if (r < 0)
			return r;
		if (decides(ledger, &item))
			return fill_row(ledger, &item, ret, error);
	}
	return error_set(error, -ENOENT, "%s is not blocked", prefix_format_short(prefix, text));
}

static bool is_known(const struct item *item)
{
	return item->sentenced || item->listings > 0 || item->allowed;
}

int ledger_show(struct ledger *ledger, const struct smtpfence_prefix *prefix,
		struct ledger_row *ret, struct error *error)
{
	const struct smtpfence_prefix unit = policy_unit(&ledger->config->policy, prefix);
	char text[PREFIX_TEXT_MAX];
	struct item item;
	int r = item_get(ledger, prefix, &item, error);

	if (r >= 0 && !is_known(&item))
		r = item_get(ledger, &unit, &item, error);
	if (r < 0)
		return r;
	if (!is_known(&item))
		return error_set(error, -ENOENT, "%s: nothing is known of it",
				 prefix_format(prefix, text));
	return fill_row(ledger, &item, ret, error);
}
