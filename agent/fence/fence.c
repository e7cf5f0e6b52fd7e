/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fence/fence.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "fence/bpffs.h"
#include "fence/load.h"
#include "fence/messages.h"
#include "fence/private.h"
#include "fence/settings.h"
#include "skel/smtpfence.skel.h"

static int begin(struct fence *fence, const struct config *config, struct error *error)
{
	int r;

	messages_to_log();
	fence->config = config;
	snprintf(fence->bpffs, sizeof(fence->bpffs), "%s", config->bpffs);
	r = bpffs_prepare(fence->bpffs, error);
	if (r < 0)
		return r;
	r = load_generation(fence, config, error);
	return r < 0 ? r : settings_begin(fence, config, error);
}

int fence_open(const struct config *config, struct fence **ret, struct error *error)
{
	_cleanup_(fence_freep) struct fence *fence = calloc(1, sizeof(*fence));
	int r;

	if (!fence)
		return error_set(error, -ENOMEM, "out of memory");
	r = begin(fence, config, error);
	if (r < 0)
		return r;
	*ret = STEAL(fence);
	return 0;
}

void fence_free(struct fence *fence)
{
	if (!fence)
		return;
	watch_stop(&fence->watch);
	smtpfence_bpf__destroy(fence->skeleton);
	free(fence);
}
