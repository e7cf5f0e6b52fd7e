/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel says: reads the pinned maps and runs the pinned program `check`. The daemon and
 * the command line use the same code, so that both show the same truth, and the latter still does
 * when the daemon is dead. Writes nothing.
 */
#ifndef SMTPFENCE_COUNTERS_COUNTERS_H
#define SMTPFENCE_COUNTERS_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <cjson/cJSON.h>

#include "smtpfence/abi.h"
#include "base/cleanup.h"
#include "base/entry.h"
#include "base/error.h"

/* Folders and files under the bpffs folder, beside one pin a map (its name in DESIGN). */
#define COUNTERS_PIN_CHECK "programs/check"

struct counters;

/* Opens the maps pinned under @bpffs. -ENOENT: nothing is loaded; -EPERM; -EPROTO: other schema. */
int counters_open(const char *bpffs, struct counters **ret, struct error *error);
void counters_free(struct counters *counters);
DEFINE_CLEANUP(struct counters *, counters_free)

/* Per-CPU values summed. Owned by the caller (free()). */
struct counters_source {
	struct smtpfence_source_key key;
	struct smtpfence_source value; /* destinations: OR of all CPUs */
	unsigned int destinations;     /* estimated number of different destinations */
};

int counters_sources(struct counters *counters, struct counters_source **ret, size_t *ret_count,
		     struct error *error);

/* The entries that are in force, as the kernel has them, expired ones included. */
int counters_entries(struct counters *counters, struct entries *ret, struct error *error);

/* Drops of one entry; all zero when it was never hit. */
int counters_hits(struct counters *counters, const struct smtpfence_prefix *prefix,
		  struct smtpfence_hits *ret);

struct counters_totals {
	struct smtpfence_total reasons[SMTPFENCE_REASON_COUNT];
};

int counters_totals(struct counters *counters, struct counters_totals *ret);

/* Totals of one interface; -ENOENT when it has none. */
int counters_interface(struct counters *counters, unsigned int ifindex,
		       struct smtpfence_interface *ret);

int counters_settings(struct counters *counters, struct smtpfence_settings *ret);

struct counters_map {
	const char *name;
	size_t entries;
	size_t max;
};

/*
 * Fill of every map with a limit, in the order of DESIGN. Returns how many were written. Whoever
 * asks again at once may get the same numbers: counting a big map takes ten milliseconds.
 */
#define COUNTERS_MAPS 6
size_t counters_maps(struct counters *counters, struct counters_map ret[COUNTERS_MAPS]);

/*
 * Asks the loaded program what a SYN from @source to port 25 of @destination would get.
 * Addresses are single and of one family (-EINVAL otherwise).
 */
int counters_check(struct counters *counters, const struct smtpfence_prefix *source,
		   const struct smtpfence_prefix *destination, struct smtpfence_answer *ret,
		   struct error *error);

/* The destination that `check` takes when none is named: a documentation address. */
struct smtpfence_prefix counters_check_destination(const struct smtpfence_prefix *source);

const char *counters_reason_label(enum smtpfence_reason reason);
enum smtpfence_verdict counters_reason_verdict(enum smtpfence_reason reason);
const char *counters_reason_sentence(enum smtpfence_reason reason);

/* As JSON, in the forms of DESIGN section 9; NULL: out of memory. The caller owns the result. */
enum counters_sort {
	COUNTERS_SORT_PACKETS,
	COUNTERS_SORT_BYTES,
	COUNTERS_SORT_ATTEMPTS,
	COUNTERS_SORT_DROPPED,
	COUNTERS_SORT_DESTINATIONS,
};

/* "packets" "bytes" "attempts" "dropped" "destinations"; -EINVAL. */
int counters_sort_parse(const char *text, enum counters_sort *ret);

/* One row of the list below. */
cJSON *counters_source_json(const struct counters_source *source);

/* The @top sources (0: all), largest first. Owned by the caller (free()). */
int counters_sources_sorted(struct counters *counters, enum counters_sort sort, size_t top,
			    struct counters_source **ret, size_t *ret_count, struct error *error);

/* The same as an array. */
cJSON *counters_sources_json(struct counters *counters, enum counters_sort sort, size_t top,
			     struct error *error);
cJSON *counters_maps_json(struct counters *counters);
/* {source, destination, verdict, reason, prefix, remaining} */
cJSON *counters_check_json(const struct smtpfence_prefix *source,
			   const struct smtpfence_prefix *destination,
			   const struct smtpfence_answer *answer);

#endif
