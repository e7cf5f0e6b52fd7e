/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nats/subject.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

const char *subject_host(char host[SUBJECT_HOST_MAX])
{
	memset(host, 0, SUBJECT_HOST_MAX);
	gethostname(host, SUBJECT_HOST_MAX - 1);
	for (char *c = host; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '-')
			*c = '_';
	return host;
}
