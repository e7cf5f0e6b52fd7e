/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cleanup attributes: what goes out of scope is released. */
#ifndef SMTPFENCE_BASE_CLEANUP_H
#define SMTPFENCE_BASE_CLEANUP_H

#include <stdlib.h>
#include <stdio.h>
#include <unistd.h>

#define _cleanup_(function) __attribute__((cleanup(function)))

/* Defines NAMEp(type *) that calls @free_function on a pointer that is not NULL. */
#define DEFINE_CLEANUP(type, free_function)                                                        \
	static inline void free_function##p(type *pointer)                                         \
	{                                                                                          \
		if (*pointer)                                                                      \
			free_function(*pointer);                                                   \
	}

static inline void freep(void *pointer)
{
	free(*(void **)pointer);
}

static inline void closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void fclosep(FILE **file)
{
	if (*file)
		fclose(*file);
}

#define _cleanup_free_	 _cleanup_(freep)
#define _cleanup_close_	 _cleanup_(closep)
#define _cleanup_fclose_ _cleanup_(fclosep)

/* Takes the value out of a variable that would be cleaned up. */
#define STEAL(pointer)                                                                             \
	({                                                                                         \
		__typeof__(pointer) stolen_ = (pointer);                                           \
		(pointer) = NULL;                                                                  \
		stolen_;                                                                           \
	})

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#endif
