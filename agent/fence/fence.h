/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's side of the daemon: programs loaded, maps pinned and filled, hooks attached to
 * interfaces as they come and go. The only writer of the maps. What it attached stays in force
 * when the daemon ends, however it ends; only fence_unload() takes it away.
 *
 * The order is fence_open, fence_sync (populate), fence_watch (attach): nothing is attached over
 * empty maps.
 */
#ifndef SMTPFENCE_FENCE_FENCE_H
#define SMTPFENCE_FENCE_FENCE_H

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "base/entry.h"
#include "config/config.h"

struct fence;

/*
 * Loads the programs and takes over the maps pinned under config->bpffs, or makes new ones.
 * Maps of another layout (settings.schema) or other limits are replaced as one: new maps stand
 * beside the old ones, which enforce until fence_watch has moved every hook over.
 * Mounts bpffs on /sys/fs/bpf where nothing is mounted there. Errors say what to do
 * (-EPERM: needs CAP_BPF and CAP_NET_ADMIN; …).
 *
 * Puts on_block, the exempt destinations and, in new maps, the mode of @config in force. Maps that
 * were taken over keep their mode: it may have been overridden, and must not change and change
 * back. @config is borrowed until fence_rewatch gets another.
 */
int fence_open(const struct config *config, struct fence **ret, struct error *error);

/* Leaves everything in force and frees what the daemon held. */
void fence_free(struct fence *fence);
DEFINE_CLEANUP(struct fence *, fence_free)

struct fence_changes {
	size_t added, updated, removed;
	size_t refused; /* not in force, because the map is full; what was in it stays */
};

/*
 * Makes `blocks` and `prefixes` equal to @wanted by difference: what is right is not touched, and
 * no source that is in both is ever missing in between. -ENOSPC: some did not fit (see
 * @ret_changes->refused); all that fitted is in force, and what was in before stays.
 */
int fence_sync(struct fence *fence, const struct entries *wanted, struct fence_changes *ret_changes,
	       struct error *error);

/* One entry, now in force on return. -ENOSPC: the map is full; the error names the limit. */
int fence_set(struct fence *fence, const struct entry *entry, struct error *error);

/* One entry confirmed gone on return; also 0 when there was none. */
int fence_clear(struct fence *fence, const struct smtpfence_prefix *prefix, struct error *error);

/* One of several entries to be set, or cleared. */
struct fence_edit {
	struct entry entry; /* of one to be cleared, prefix and action count */
	bool clear;
	bool done; /* in force, or confirmed gone */
	bool held; /* it waits for another that could not be done */
};

/*
 * The same for several, in a few calls of the kernel, and in an order in which no exception (ALLOW)
 * is away while a block around it is in force: a block whose exception does not fit waits for it.
 * What goes goes after what comes; what does not fit before gets the room that this makes.
 * Sets `done` of each; returns the first problem after trying all, -ENOSPC only if there is no
 * other.
 */
int fence_edit_each(struct fence *fence, struct fence_edit *edits, size_t count,
		    struct error *error);

/* What the kernel holds for exactly the prefixes of @edits, whatever they are to become. */
struct fence_present {
	bool there;
	enum smtpfence_action action;
	uint64_t deadline;
};

int fence_look_each(struct fence *fence, const struct fence_edit *edits, size_t count,
		    struct fence_present *ret, struct error *error);

/*
 * A look at the whole maps in slices of about a millisecond, between which they may change: what
 * comes or goes meanwhile may be told or not.
 */
struct fence_review;

int fence_review_begin(struct fence *fence, struct fence_review **ret, struct error *error);
void fence_review_free(struct fence_review *review);
DEFINE_CLEANUP(struct fence_review *, fence_review_free)

/*
 * The next entries, in no order, borrowed until the next call; none: that were all. Puts right what
 * the datapath goes by that looks for prefixes only where there are any.
 */
int fence_review_read(struct fence_review *review, const struct entries **ret, struct error *error);

/*
 * After that: what was dropped by entries that are gone is shown until entries with drops fill more
 * than half of their map; then it is forgotten. 1: there is more to do; 0: that was all.
 */
int fence_review_hits(struct fence_review *review, struct error *error);

/* What the entry of @prefix has dropped so far is forgotten: its next drop is its first. */
int fence_forget_hits(struct fence *fence, const struct smtpfence_prefix *prefix,
		      struct error *error);

/* on_block and exempt destinations of @config, now in force. The mode stays: see fence_set_mode. */
int fence_configure(struct fence *fence, const struct config *config, struct error *error);

/* Whether it is the configuration's, or one set by hand over it, the caller knows. */
int fence_set_mode(struct fence *fence, enum smtpfence_mode mode, struct error *error);
enum smtpfence_mode fence_mode(const struct fence *fence);

/* An interface that a rule of the configuration names, and what it got. */
struct fence_interface {
	char name[16];
	unsigned int ifindex;
	enum smtpfence_role role;
	enum smtpfence_hook hook;
	bool covered;
	char reason[160]; /* why this hook, or why none */
};

/* Called after an interface appeared, changed or went: @gone, or its new state. */
typedef void (*fence_interface_fn)(const struct fence_interface *interface, bool gone,
				   void *userdata);

/*
 * Subscribes to rtnetlink, attaches to every interface that the configuration names, and goes on
 * doing so from @event. Interfaces are looked at again every minute as well, and at once when
 * netlink lost messages. @fn may be NULL.
 */
int fence_watch(struct fence *fence, sd_event *event, fence_interface_fn fn, void *userdata,
		struct error *error);

/*
 * Goes over to other interface rules: attaches, moves and detaches by difference. @config takes
 * the place of the borrowed one, also on an error.
 */
int fence_rewatch(struct fence *fence, const struct config *config, struct error *error);

size_t fence_interface_count(const struct fence *fence);
const struct fence_interface *fence_interface_at(const struct fence *fence, size_t index);

/*
 * Takes everything of ours under @bpffs out of the kernel: hooks of all interfaces, programs,
 * maps, pins. Needs no struct fence, and works beside a dead daemon. 0 also if nothing was there.
 */
int fence_unload(const char *bpffs, struct error *error);

#endif
