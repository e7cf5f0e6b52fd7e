/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A JSON object whose members are long arrays of objects (RFC 8259), one element at a time: in
 * memory there is never more than one of them.
 */
#ifndef SMTPFENCE_FEED_ELEMENTS_H
#define SMTPFENCE_FEED_ELEMENTS_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include "base/error.h"

/* Of one element, and of one member that nobody asked for, bytes. */
#define ELEMENT_LENGTH_MAX (64U << 10)

#define ELEMENT_MEMBERS_MAX 8 /* that can be asked for */

/* Takes one element of the member. 0, or a negative errno with @error, which ends the reading. */
typedef int (*element_fn)(const char *member, const cJSON *element, void *userdata,
			  struct error *error);

/*
 * Reads @stream to its end, and calls @fn for each element of the members in @members, a list that
 * ends with NULL; such a member is an array of objects or null. Others are skipped. @name stands
 * in errors. Returns how many of the members were there; -EBADMSG: not a whole object, a member
 * twice, an element that is too long or not an object, text behind the object; -EIO; -ENOMEM; what
 * @fn returned. What @fn has taken before an error is not to be used.
 */
int elements_read(FILE *stream, const char *name, const char *const *members, element_fn fn,
		  void *userdata, struct error *error);

#endif
