/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a reader has read, on its way to be in force: handed to the target a step at a time, so that
 * the event loop turns meanwhile. What the guard holds stays here until somebody decides.
 */
#ifndef SMTPFENCE_FEED_INTAKE_H
#define SMTPFENCE_FEED_INTAKE_H

#include "feed/reader.h"

/*
 * Called once for each batch, maybe before intake_take returns. @code: 0, or a negative errno as
 * feed_target.step returns it, with @error. The report's serial, records and errors_apply have been
 * seen to; reader_succeed or reader_fail are the callee's.
 */
typedef void (*intake_done_fn)(int code, const struct error *error, void *userdata);

/* Takes over @batch, also when it fails. While another one is under way: -EAGAIN. */
void intake_take(struct reader *reader, struct feed_batch *batch, intake_done_fn done,
		 void *userdata);

bool intake_is_busy(const struct reader *reader);

/*
 * The same for the batch that is held, past the guard. -ENOENT: none is; -EBUSY: one is under way;
 * -ESTALE: it is not @held, the number in the report: another reading took its place.
 */
int intake_take_held(struct reader *reader, uint64_t held, intake_done_fn done, void *userdata,
		     struct error *error);

/* Ends what is under way, and forgets what is held. */
void intake_clear(struct reader *reader);

#endif
