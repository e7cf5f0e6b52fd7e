/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A configuration is taken whole, or refused with a place: FILE:LINE:COLUMN. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config/config.h"
#include "fuzz/fuzz.h"

/* In memory: a fuzzer that writes to a disk is a slow one. */
static const char *path_of(const uint8_t *bytes, size_t size)
{
	static char path[32];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("config", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	ALWAYS(ftruncate(fd, 0) == 0);
	ALWAYS(pwrite(fd, bytes, size, 0) == (ssize_t)size);
	return path;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const char *path = path_of(bytes, size);
	struct config *config = NULL;
	struct error error = {0};
	int r = config_load(path, &config, &error);

	ALWAYS((r >= 0) == (config != NULL));
	if (config) {
		ALWAYS(config->interface_count > 0);
		ALWAYS(config->policy.multiplier_count > 0);
	} else {
		check_refusal(&error);
		ALWAYS(strncmp(error.text, path, strlen(path)) == 0);
	}
	config_free(config);
	return 0;
}
