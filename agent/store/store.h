/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The truth on disk: sentences and their history, evidence, lists, the allowlist, feed cursors
 * and the audit trail. The only user of SQLite. Every change runs inside store_begin and
 * store_commit; a commit is durable (WAL, synchronous=FULL) when it returns.
 */
#ifndef SMTPFENCE_STORE_STORE_H
#define SMTPFENCE_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/entry.h"
#include "base/error.h"
#include "base/incident.h"
#include "base/listing.h"
#include "base/sentence.h"

struct store;

/*
 * Opens or makes @path (folder and file, mode 0700 and 0600) and brings an older schema up to
 * date. -EBUSY: another daemon has it; -EPROTO: made by a newer version; -EBADMSG: not a database
 * or damaged (the error says how to go on).
 */
int store_open(const char *path, struct store **ret, struct error *error);
void store_free(struct store *store);
DEFINE_CLEANUP(struct store *, store_free)

int store_begin(struct store *store, struct error *error);
int store_commit(struct store *store, struct error *error);
void store_rollback(struct store *store); /* no-op outside a transaction */

/*
 * @fn is called after each commit that has added to the audit trail, from inside store_commit: it
 * must not use the store, only see to it that somebody does later. NULL: nobody.
 */
typedef void (*store_watch_fn)(void *userdata);
void store_watch_audit(struct store *store, store_watch_fn fn, void *userdata);

/* Puts @text (NULL: nothing) into a field of @size bytes: cut between characters of UTF-8. */
void store_cut_text(char *ret, size_t size, const char *text);

/* -ENOENT: never heard of. */
int store_get_sentence(struct store *store, const struct smtpfence_prefix *prefix,
		       struct sentence *ret, struct error *error);
int store_put_sentence(struct store *store, const struct sentence *sentence, struct error *error);

/* Called once a row; a return other than 0 ends the walk and is returned by it. */
typedef int (*sentence_fn)(const struct sentence *sentence, void *userdata);

struct sentence_filter {
	bool by_state;
	enum sentence_state state;
	const struct smtpfence_prefix *in;    /* NULL: all */
	const struct smtpfence_prefix *after; /* NULL: from the first; not with ends_before */
	const struct smtpfence_prefix *from;  /* the same, itself included; not with after */
	uint64_t ends_before; /* CLOCK_BOOTTIME ns: running, deadline not later; 0: all */
	size_t limit;	      /* 0: none */
};

/*
 * In the order of prefix_compare; with ends_before what ends first comes first. @fn must not change
 * the store.
 */
int store_each_sentence(struct store *store, const struct sentence_filter *filter, sentence_fn fn,
			void *userdata, struct error *error);

/* How many are in that state. */
int store_count_sentences(struct store *store, enum sentence_state state, size_t *ret,
			  struct error *error);

/* A source that is blocked or unblocking, or was at some time since then. */
struct offender {
	struct smtpfence_prefix prefix;
	enum sentence_state state;
	uint64_t spams; /* pieces of evidence against it since then */
};

typedef int (*offender_fn)(const struct offender *offender, void *userdata);
/* @since: s since 1970. In the order of prefix_compare. */
int store_each_offender(struct store *store, int64_t since, offender_fn fn, void *userdata,
			struct error *error);

/* The earliest deadline of a running sentence; 0: none. */
int store_next_deadline(struct store *store, uint64_t *ret, struct error *error);

/*
 * `served` and `deadline` count on the boot's clock. After a reboot they are reckoned anew, once,
 * at store_open, from the last note of both clocks: to be made every minute, and before store_free.
 */
int store_note_clock(struct store *store, struct error *error);

#define EVIDENCE_MAX		1000 /* pieces kept of one source: older ones give way */
#define EVIDENCE_MESSAGE_ID_MAX 512

/*
 * Keeps what is new of @evidence: one mail is one piece, however often it is told. Returns how
 * many were new.
 */
int store_add_evidence(struct store *store, const struct smtpfence_prefix *prefix,
		       const char *source, const struct evidence *evidence, size_t count,
		       struct error *error);
typedef int (*evidence_fn)(const struct evidence *evidence, const char *source, void *userdata);
/* Newest first, at most @limit (0: all). */
int store_each_evidence(struct store *store, const struct smtpfence_prefix *prefix, size_t limit,
			evidence_fn fn, void *userdata, struct error *error);

/*
 * Lists: what a feed lists, each prefix until its own end. A reading of a list is compared with
 * what is stored; the difference is what is then written, and told to the kernel.
 */
struct list_reading {
	/* Both in the order of prefix_compare, no prefix twice or in both. */
	const struct listing *named;
	size_t named_count;
	const struct smtpfence_prefix *removed;
	size_t removed_count;
	bool delta;    /* what is neither named nor removed stays; else it goes, or … */
	bool lingers;  /* … stays until its own end, if it has one */
	int64_t until; /* end of what is named without one; 0: none */
	int64_t now;   /* s since 1970: what has ended by then is as if not named */
};

enum list_edit_kind { LIST_ADD, LIST_EXTEND, LIST_REMOVE };

struct list_edit {
	struct smtpfence_prefix prefix;
	enum list_edit_kind kind; /* LIST_EXTEND: listed before, with another end */
	int64_t until;		  /* its end from now on, s since 1970; 0: none */
};

struct list_change {
	struct list_edit *edits; /* owned; in the order of prefix_compare */
	size_t count;
	size_t added, removed; /* of these */
	size_t before;	       /* entries that the list had */
};

void list_change_clear(struct list_change *change);

/* @ret is overwritten. */
int store_compare_list(struct store *store, const char *feed, const struct list_reading *reading,
		       struct list_change *ret, struct error *error);
/* What has ended by @now, at most @limit of one feed, as the change that removes it. */
int store_find_ended(struct store *store, int64_t now, size_t limit, char feed[SENTENCE_SOURCE_MAX],
		     struct list_change *ret, struct error *error);
/* In place: for changes that are small, or small against the list. */
int store_change_list(struct store *store, const char *feed, const struct list_change *change,
		      struct error *error);

/* A large change is written beside the list in force, and takes its place in one step. */
struct list_writer {
	const struct list_change *change; /* borrowed */
	int64_t list, from;		  /* ids: of the new list, and of the old one */
	struct smtpfence_prefix next;	  /* of the old one, not written yet */
	size_t edits, written;		  /* edits that were made; entries of the new list so far */
	bool drained;			  /* the old one has no more */
};

/* Each of these four in a transaction of its own, between which anything but the list may change.
 */
int store_begin_list(struct store *store, const char *feed, const struct list_change *change,
		     struct list_writer *ret, struct error *error);
/* One part. 1: there is more; 0: it is complete. */
int store_write_list(struct store *store, struct list_writer *writer, struct error *error);
/* From now on it is the feed's list. */
int store_put_list(struct store *store, const char *feed, const struct list_writer *writer,
		   struct error *error);
/* It is given up; no-op when it has been put. */
int store_drop_list(struct store *store, const struct list_writer *writer, struct error *error);

/* Removes at most @limit (0: all) chunks of lists that are no more. 1: there may be more. */
int store_sweep_lists(struct store *store, size_t limit, struct error *error);
/* When the first listing ends, s since 1970; 0: none does. */
int store_next_listing_end(struct store *store, int64_t *ret, struct error *error);

/* One that has ended may still be there: see store_find_ended. */
typedef int (*listing_fn)(const struct listing *listing, const char *feed, void *userdata);
/*
 * @in NULL: all; otherwise listings inside it; only those behind @after unless that is NULL. In the
 * order of prefix_compare.
 */
int store_each_listing(struct store *store, const struct smtpfence_prefix *in,
		       const struct smtpfence_prefix *after, listing_fn fn, void *userdata,
		       struct error *error);
/*
 * The same for one prefix after the other, cheap when asked in order. Nothing may be written
 * between store_finder_new and store_finder_free.
 */
struct store_finder;
int store_finder_new(struct store *store, struct store_finder **ret, struct error *error);
int store_find_listings(struct store_finder *finder, const struct smtpfence_prefix *prefix,
			listing_fn fn, void *userdata, struct error *error);
/* 1: some feed lists exactly that prefix beyond @now; 0: none; or a negative errno. */
int store_is_listed(struct store_finder *finder, const struct smtpfence_prefix *prefix, int64_t now,
		    struct error *error);
void store_finder_free(struct store_finder *finder);
DEFINE_CLEANUP(struct store_finder *, store_finder_free)

/* Forgets lists of feeds that are not among @names. Returns how many feeds' lists. */
int store_keep_lists(struct store *store, const char *const *names, size_t count,
		     struct error *error);

/* The allowlist that was made at run time; the configuration's own is not in here. */
int store_allow_add(struct store *store, const struct smtpfence_prefix *prefix, const char *reason,
		    struct error *error); /* -EEXIST */
int store_allow_remove(struct store *store, const struct smtpfence_prefix *prefix,
		       struct error *error); /* -ENOENT */
typedef int (*allow_fn)(const struct smtpfence_prefix *prefix, int64_t added, const char *reason,
			void *userdata);
int store_each_allow(struct store *store, allow_fn fn, void *userdata, struct error *error);

struct feed_cursor {
	uint64_t epoch; /* of what counts the serials; 0: there is one only */
	uint64_t serial;
	int64_t generated;
	int64_t applied; /* s since 1970 */
	uint64_t records;
};

int store_get_cursor(struct store *store, const char *feed, struct feed_cursor *ret,
		     struct error *error); /* -ENOENT */
int store_put_cursor(struct store *store, const char *feed, const struct feed_cursor *cursor,
		     struct error *error);
int store_drop_cursor(struct store *store, const char *feed, struct error *error);

/*
 * The audit trail, and at the same time the events: who did what to which source, when, why. It
 * holds the last AUDIT_MAX rows: older ones are pruned now and then.
 */
#define AUDIT_MAX      1000000
#define AUDIT_TEXT_MAX 256

struct audit {
	int64_t id;	/* set by the store, ever growing */
	int64_t ts;	/* s since 1970 */
	char event[32]; /* "blocked" "unblocking" "unblocked" "evidence" "allowed" … */
	bool has_prefix;
	struct smtpfence_prefix prefix;
	char state[24];			  /* after it; may be empty */
	uint64_t time;			  /* length of the sentence, s; 0 where there is none */
	char source[SENTENCE_SOURCE_MAX]; /* who: feed, "manual uid=0", "timer", "config" */
	char reason[AUDIT_TEXT_MAX];
	char interface[16]; /* may be empty */
};

int store_add_audit(struct store *store, const struct audit *audit, struct error *error);

/* The id of the newest one there ever was; 0: none yet. */
int store_newest_audit(struct store *store, int64_t *ret, struct error *error);

typedef int (*audit_fn)(const struct audit *audit, void *userdata);
/*
 * The ones after @after_id, oldest first, at most @limit (0: all); with @after_id < 0 the last
 * @limit.
 */
int store_each_audit(struct store *store, int64_t after_id, size_t limit, audit_fn fn,
		     void *userdata, struct error *error);

/* The last @limit (0: all) of exactly that prefix, oldest first. */
int store_each_audit_of(struct store *store, const struct smtpfence_prefix *prefix, size_t limit,
			audit_fn fn, void *userdata, struct error *error);

/* Receivers of notices: the id of the last event that @name has. -ENOENT: never heard of. */
int store_get_receiver(struct store *store, const char *name, int64_t *ret, struct error *error);
/*
 * Outside a transaction. It outlives the process when it returns, but not yet the power: there is
 * one for each event that is delivered, and to deliver the last ones again does less harm than to
 * let everybody wait for the disk that often.
 */
int store_put_receiver(struct store *store, const char *name, int64_t delivered,
		       struct error *error);
/* Forgets receivers that are not among @names. */
int store_keep_receivers(struct store *store, const char *const *names, size_t count,
			 struct error *error);

/* Small settings that outlive the daemon ("mode"). An unset key reads as an empty string. */
int store_get_setting(struct store *store, const char *key, char *ret, size_t size,
		      struct error *error);
int store_put_setting(struct store *store, const char *key, const char *value, struct error *error);

#endif
