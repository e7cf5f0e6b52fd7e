/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where everything meets: incidents, lists, requests and timers come in one at a time; policy is
 * asked, the store is written, the fence is told. The store is the truth; the kernel's maps are
 * made equal to its projection:
 *
 *   for every prefix with a running sentence or on a list, unless the allowlist covers it: DROP,
 *   until the last of what wants it ends, or without a deadline if one of these has no end;
 *   for every allowlist prefix inside such a prefix: ALLOW.
 */
#ifndef SMTPFENCE_LEDGER_LEDGER_H
#define SMTPFENCE_LEDGER_LEDGER_H

#include <systemd/sd-event.h>

#include "config/config.h"
#include "feed/feed.h"
#include "fence/fence.h"
#include "store/store.h"

struct ledger;

/*
 * Brings the store and the kernel to one state: ends what ended meanwhile, applies the allowlist,
 * forgets lists whose feed is gone, syncs the maps. Then keeps timers on @event: one for the next
 * deadline, one a minute for the audit that compares maps and store. Owns none of its arguments.
 */
int ledger_open(sd_event *event, const struct config *config, struct store *store,
		struct fence *fence, struct ledger **ret, struct error *error);
void ledger_free(struct ledger *ledger);
DEFINE_CLEANUP(struct ledger *, ledger_free)

/* Another configuration: policy, allowlist, lists. Running sentences keep their length. */
int ledger_reconfigure(struct ledger *ledger, const struct config *config, struct error *error);

/* Takes over what feeds say, with the ledger as userdata. -ESTALE, -EBUSY (guard), -ENOSPC, … */
extern const struct feed_target ledger_target;

/* Fits fence_interface_fn, with the ledger as userdata: that a port is open to spam is an event. */
void ledger_note_interface(const struct fence_interface *interface, bool gone, void *userdata);

/* Who asks: for the audit trail. */
struct ledger_actor {
	unsigned int uid;
};

struct ledger_block_request {
	struct smtpfence_prefix prefix;
	uint64_t time;	    /* s; 0: as policy says */
	const char *reason; /* may be NULL */
	bool force;	    /* also a prefix wider than /24 or /48 */
};

/*
 * By hand. IPv6 addresses are cut to their unit. A running sentence is replaced: it begins now and
 * is no new offence. On return it is on disk and in the kernel. -EEXIST: covered by the allowlist;
 * -EDOM: too wide without force; -ERANGE: longer than policy.max; -ENOSPC: on disk, but the map
 * is full. @ret may be NULL.
 */
int ledger_block(struct ledger *ledger, const struct ledger_block_request *request,
		 const struct ledger_actor *actor, struct sentence *ret, struct error *error);

struct ledger_unblock_request {
	struct smtpfence_prefix prefix;
	bool force;   /* before its end */
	bool forgive; /* takes the offence back; implies force */
};

/*
 * -ENOENT: not blocked (the error names the wider entry that covers it, if any); -EBUSY: "This IP
 * address is still blocked for N seconds"; -EPERM: on a feed's list. Asking for a sentence that is
 * ending already is no error.
 */
int ledger_unblock(struct ledger *ledger, const struct ledger_unblock_request *request,
		   const struct ledger_actor *actor, struct sentence *ret, struct error *error);

/*
 * -EEXIST, -ENOENT; -EPERM: it stands in the configuration. Adding lifts what it covers at once.
 */
int ledger_allow_add(struct ledger *ledger, const struct smtpfence_prefix *prefix,
		     const char *reason, const struct ledger_actor *actor, struct error *error);
int ledger_allow_remove(struct ledger *ledger, const struct smtpfence_prefix *prefix,
			const struct ledger_actor *actor, struct error *error);

/* Stays over restarts until the configuration's own `mode` is changed. */
int ledger_set_mode(struct ledger *ledger, enum smtpfence_mode mode,
		    const struct ledger_actor *actor, struct error *error);

/* Whether somebody has paused it; stays over restarts. */
int ledger_pause_feed(struct ledger *ledger, const char *feed, bool paused,
		      const struct ledger_actor *actor, struct error *error);
/* A scorer that begins anew, with a lower serial, is heard again: the one in force is forgotten. */
int ledger_reset_feed(struct ledger *ledger, const char *feed, const struct ledger_actor *actor,
		      struct error *error);
/* Somebody has what the guard holds of it applied: for the audit trail. */
int ledger_note_applied(struct ledger *ledger, const char *feed, const struct ledger_actor *actor,
			struct error *error);

/* What `list` shows: a sentence, listings and allow entries merged, one a prefix. */
#define LEDGER_SOURCES_MAX 8
struct ledger_row {
	struct smtpfence_prefix prefix;
	enum smtpfence_action action; /* ALLOW: the allowlist covers it */
	enum sentence_state state;    /* of the prefix: a listing in force counts as blocked */
	bool has_sentence;	      /* `sentence` is valid: it runs, or ran once */
	struct sentence sentence;
	uint64_t remaining; /* s, rounded up; 0 without a deadline */
	char sources[LEDGER_SOURCES_MAX][SENTENCE_SOURCE_MAX]; /* who wants it: feeds, "manual" … */
	size_t source_count;
};

typedef int (*ledger_row_fn)(const struct ledger_row *row, void *userdata);

struct ledger_filter {
	bool by_state;
	/* Listings count as blocked. By default all but unblocked, and what is allowed. */
	enum sentence_state state;
	bool sentenced; /* all that have a sentence, also one that is over, and nothing else */
	const struct smtpfence_prefix *in;    /* NULL: everywhere */
	const struct smtpfence_prefix *after; /* NULL: from the first */
};

/* In the order of prefix_compare. A return of @fn other than 0 ends the walk. */
int ledger_each(struct ledger *ledger, const struct ledger_filter *filter, ledger_row_fn fn,
		void *userdata, struct error *error);

/*
 * What is known of the source @prefix: its own row, or for an address inside a unit the unit's.
 * -ENOENT: nothing.
 */
int ledger_show(struct ledger *ledger, const struct smtpfence_prefix *prefix,
		struct ledger_row *ret, struct error *error);

/*
 * Who decides over mail from @prefix: the narrowest that it is, or lies in, of all that is blocked,
 * unblocking or on the allowlist. -ENOENT: nobody does, it is free.
 */
int ledger_decides(struct ledger *ledger, const struct smtpfence_prefix *prefix,
		   struct ledger_row *ret, struct error *error);

/*
 * A range that reputation lists punish as a whole: an IPv6 /64 or IPv4 /24, or a wider one that
 * was blocked as such.
 */
#define LEDGER_RECENTLY ((int64_t)30 * 86400) /* s */
struct ledger_range {
	struct smtpfence_prefix prefix;
	size_t blocked_now;	 /* sources that are blocked, or unblocking */
	size_t blocked_recently; /* these, and those whose sentence has ended recently */
	uint64_t spams;		 /* pieces of evidence against them, recently */
	bool split;		 /* a /64 in which sentences are for single addresses */
};

/* The range that @source lies in; @source itself where that is wider. */
struct smtpfence_prefix ledger_range_of(const struct smtpfence_prefix *source);

/* Those with a source that is, or was recently, blocked. In the order of prefix_compare; free(). */
int ledger_ranges(struct ledger *ledger, struct ledger_range **ret, size_t *ret_count,
		  struct error *error);

/* What the ledger has seen go wrong, and its own counts, for status and metrics. */
struct ledger_report {
	size_t blocked_ipv4, blocked_ipv6;		  /* DROP entries wanted in the kernel */
	size_t refused;					  /* of these, not in force: map full */
	uint64_t drift_missing, drift_wrong, drift_extra; /* found and mended by audits */
	uint64_t transitions_blocked, transitions_unblocking, transitions_unblocked;
	uint64_t applies; /* changes put in force, and how long they took: a histogram */
	double apply_seconds_sum;
	uint64_t apply_buckets[8]; /* <= LEDGER_BUCKETS[i] seconds, not cumulative */
};
extern const double ledger_buckets[8];

struct ledger_report ledger_report(const struct ledger *ledger);

#endif
