/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The real programs and maps, loaded and pinned as the daemon does it; filled by hand. */
#ifndef SMTPFENCE_TESTS_PINNED_H
#define SMTPFENCE_TESTS_PINNED_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/prefix.h"
#include "counters/counters.h"
#include "lib/bpffs.h"
#include "skel/smtpfence.skel.h"

struct pinned {
	char folder[BPFFS_FOLDER_MAX];
	struct smtpfence_bpf *bpf;
	struct counters *counters; /* opened on them */
	struct error error;
};

static inline struct smtpfence_prefix pinned_prefix(const char *text)
{
	struct smtpfence_prefix prefix;

	assert_int_equal(prefix_parse(text, &prefix), 0);
	return prefix;
}

static inline void pinned_put(const struct bpf_map *map, const void *key, const void *value)
{
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(map), key, value, BPF_ANY), 0);
}

static inline void pinned_put_settings(struct pinned *pinned, uint64_t schema,
				       enum smtpfence_mode mode)
{
	struct smtpfence_settings settings = {
		.schema = schema, .mode = mode, .prefixes = 1, .ipv6_count_length = 64};
	__u32 zero = 0;

	pinned_put(pinned->bpf->maps.settings, &zero, &settings);
}

static inline void pinned_put_block(const struct bpf_map *map, const char *text,
				    enum smtpfence_action action, uint64_t deadline)
{
	struct smtpfence_prefix prefix = pinned_prefix(text);
	struct smtpfence_block block = {deadline, action, prefix.length};

	pinned_put(map, &prefix, &block);
}

static inline int pinned_pin(const struct pinned *pinned, int fd, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", pinned->folder, name);
	return bpf_obj_pin(fd, path);
}

static inline int pinned_pin_all(const struct pinned *pinned)
{
	char path[64];
	struct bpf_map *map;

	bpf_object__for_each_map(map, pinned->bpf->obj)
	{
		/* Names of .rodata and the like are not in the contract. */
		if (strchr(bpf_map__name(map), '.') == NULL &&
		    pinned_pin(pinned, bpf_map__fd(map), bpf_map__name(map)) != 0)
			return -1;
	}
	snprintf(path, sizeof(path), "%s/programs", pinned->folder);
	if (mkdir(path, 0700) != 0)
		return -1;
	return pinned_pin(pinned, bpf_program__fd(pinned->bpf->progs.smtpfence_check),
			  COUNTERS_PIN_CHECK);
}

/* For cmocka: @state becomes a struct pinned. */
static inline int pinned_setup(void **state)
{
	struct pinned *pinned = calloc(1, sizeof(*pinned));

	*state = pinned;
	if (!pinned || !bpffs_mount(pinned->folder, 0))
		return -1;
	pinned->bpf = smtpfence_bpf__open_and_load();
	if (!pinned->bpf || pinned_pin_all(pinned) != 0)
		return -1;
	pinned_put_settings(pinned, SMTPFENCE_SCHEMA, SMTPFENCE_MODE_ENFORCE);
	return counters_open(pinned->folder, &pinned->counters, &pinned->error);
}

static inline int pinned_teardown(void **state)
{
	struct pinned *pinned = *state;

	counters_free(pinned->counters);
	smtpfence_bpf__destroy(pinned->bpf);
	bpffs_unmount(pinned->folder);
	free(pinned);
	return 0;
}

#define PINNED_TEST(name) cmocka_unit_test_setup_teardown(name, pinned_setup, pinned_teardown)

#endif
