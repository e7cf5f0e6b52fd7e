/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run.h"

#include <errno.h>
#include <linux/bpf.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#define SECOND	  1000000000ULL /* ns */
#define SMALL_MAP 1024		/* entries: large maps are slow to create and to empty */

static void check(int error, const char *what)
{
	if (error) {
		fprintf(stderr, "%s: %s\n", what, strerror(error < 0 ? -error : error));
		abort();
	}
}

bool kernel_has_frags(void)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, BPF_FUNC_xdp_load_bytes, NULL) == 1;
}

struct smtpfence_bpf *open_programs(bool frags)
{
	struct smtpfence_bpf *programs = smtpfence_bpf__open();
	struct bpf_program *program;

	if (!programs)
		return NULL;
	bpf_map__set_max_entries(programs->maps.blocks, SMALL_MAP);
	bpf_map__set_max_entries(programs->maps.block_hits, SMALL_MAP);
	bpf_map__set_max_entries(programs->maps.sources, SMALL_MAP);
	programs->rodata->have_xdp_load_bytes = frags;
	bpf_object__for_each_program(program,
				     programs->obj) if (frags && bpf_program__type(program) ==
									 BPF_PROG_TYPE_XDP)
		bpf_program__set_flags(program, BPF_F_XDP_HAS_FRAGS);
	return programs;
}

struct smtpfence_bpf *load_programs(bool frags)
{
	struct smtpfence_bpf *programs = open_programs(frags);

	if (programs && smtpfence_bpf__load(programs)) {
		smtpfence_bpf__destroy(programs);
		return NULL;
	}
	return programs;
}

struct smtpfence_prefix parse_prefix(const char *text)
{
	struct smtpfence_prefix prefix = {0};
	const char *slash = strchr(text, '/');
	char address[64];
	uint32_t bit;

	check(slash ? 0 : -22, text);
	snprintf(address, sizeof(address), "%.*s", (int)(slash - text), text);
	parse_address(prefix.address, address);
	prefix.length = strtoul(slash + 1, NULL, 10);
	if (!strchr(address, ':'))
		prefix.length += SMTPFENCE_IPV4_BITS;
	for (bit = prefix.length; bit < 128; bit++)
		prefix.address[bit / 8] &= ~(0x80 >> bit % 8);
	return prefix;
}

int stay_on_this_cpu(void)
{
	int cpu = sched_getcpu();
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu < 0 ? 0 : cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) == 0 ? 0 : -errno;
}

uint64_t boottime(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * SECOND + now.tv_nsec;
}

struct smtpfence_settings get_settings(struct smtpfence_bpf *programs)
{
	struct smtpfence_settings settings;
	uint32_t zero = 0;

	check(bpf_map_lookup_elem(bpf_map__fd(programs->maps.settings), &zero, &settings),
	      "read settings");
	return settings;
}

void set_settings(struct smtpfence_bpf *programs, const struct smtpfence_settings *settings)
{
	uint32_t zero = 0;

	check(bpf_map_update_elem(bpf_map__fd(programs->maps.settings), &zero, settings, BPF_ANY),
	      "write settings");
}

void judge_anew(struct smtpfence_bpf *programs)
{
	struct smtpfence_settings settings = get_settings(programs);

	settings.generation++;
	set_settings(programs, &settings);
}

void add_entry(struct smtpfence_bpf *programs, const struct smtpfence_prefix *prefix,
	       enum smtpfence_action action, uint64_t deadline)
{
	struct smtpfence_block block = {
		.deadline = deadline,
		.action = action,
		.length = prefix->length,
	};
	struct smtpfence_settings settings = get_settings(programs);
	bool exact = prefix->length == 128 || prefix->length == 64;
	const struct bpf_map *map = exact ? programs->maps.blocks : programs->maps.prefixes;
	int error = bpf_map_update_elem(bpf_map__fd(map), prefix, &block, BPF_NOEXIST);

	if (error == -EEXIST) {
		check(bpf_map_update_elem(bpf_map__fd(map), prefix, &block, BPF_EXIST), "replace");
		return;
	}
	check(error, "add an entry");
	settings.prefixes += !exact;
	set_settings(programs, &settings);
}

void add_exempt(struct smtpfence_bpf *programs, const struct smtpfence_prefix *prefix)
{
	struct smtpfence_settings settings = get_settings(programs);

	check(bpf_map_update_elem(bpf_map__fd(programs->maps.exempt_destinations), prefix,
				  &prefix->length, BPF_NOEXIST),
	      "add an exempt destination");
	settings.exempt++;
	set_settings(programs, &settings);
}

static uint64_t deadline_of(const char *colon)
{
	switch (colon[-1]) {
	case '~':
		return boottime() - SECOND;
	case '+':
		return boottime() + 3600 * SECOND;
	default:
		return 0;
	}
}

static void flip_last_bit(struct smtpfence_prefix *prefix)
{
	uint32_t bit = prefix->length - 1;

	check(prefix->length ? 0 : -EINVAL, "a prefix beside all addresses");
	prefix->address[bit / 8] ^= 0x80 >> bit % 8;
}

/* "ADDRESS/LENGTH", or "ADDRESS/SHORTEST-LONGEST". */
static void configure_entries(struct smtpfence_bpf *programs, enum smtpfence_action action,
			      const char *colon)
{
	const char *slash = strchr(colon, '/'), *dash = slash ? strchr(slash, '-') : NULL;
	unsigned long length = slash ? strtoul(slash + 1, NULL, 10) : 0;
	unsigned long longest = dash ? strtoul(dash + 1, NULL, 10) : length;
	struct smtpfence_prefix prefix;
	char text[64];

	check(slash ? 0 : -EINVAL, colon);
	for (; length <= longest; length++) {
		snprintf(text, sizeof(text), "%.*s/%lu", (int)(slash - colon - 1), colon + 1,
			 length);
		prefix = parse_prefix(text);
		if (colon[-1] == '!')
			flip_last_bit(&prefix);
		add_entry(programs, &prefix, action, deadline_of(colon));
	}
}

static void configure_setting(struct smtpfence_bpf *programs, const char *word)
{
	struct smtpfence_settings settings = get_settings(programs);

	if (!strncmp(word, "count:", 6))
		settings.ipv6_count_length = strtoul(word + 6, NULL, 10);
	else if (!strcmp(word, "monitor"))
		settings.mode = SMTPFENCE_MODE_MONITOR;
	else
		check(-EINVAL, word);
	set_settings(programs, &settings);
}

static void configure_word(struct smtpfence_bpf *programs, const char *word)
{
	const char *colon = strchr(word, ':');
	struct smtpfence_prefix prefix;

	if (colon && !strncmp(word, "drop", 4)) {
		configure_entries(programs, SMTPFENCE_ACTION_DROP, colon);
	} else if (colon && !strncmp(word, "allow", 5)) {
		configure_entries(programs, SMTPFENCE_ACTION_ALLOW, colon);
	} else if (colon && !strncmp(word, "exempt", 6)) {
		prefix = parse_prefix(colon + 1);
		add_exempt(programs, &prefix);
	} else {
		configure_setting(programs, word);
	}
}

void configure(struct smtpfence_bpf *programs, const char *text)
{
	char *copy = strdup(text), *rest = copy, *word;

	while ((word = strsep(&rest, " ")))
		if (*word)
			configure_word(programs, word);
	free(copy);
}

static void empty(const struct bpf_map *map)
{
	char key[64];

	while (!bpf_map_get_next_key(bpf_map__fd(map), NULL, key))
		check(bpf_map_delete_elem(bpf_map__fd(map), key), bpf_map__name(map));
}

/* All of a per-CPU array. */
static void zero(const struct bpf_map *map)
{
	uint32_t key, keys = bpf_map__max_entries(map);
	size_t size = ((size_t)bpf_map__value_size(map) + 7) / 8 * 8;
	void *values = calloc(libbpf_num_possible_cpus(), size);

	for (key = 0; key < keys; key++)
		check(bpf_map_update_elem(bpf_map__fd(map), &key, values, BPF_ANY),
		      bpf_map__name(map));
	free(values);
}

void reset_entries(struct smtpfence_bpf *programs)
{
	struct smtpfence_settings settings = {.generation = get_settings(programs).generation + 1};

	empty(programs->maps.blocks);
	empty(programs->maps.prefixes);
	empty(programs->maps.exempt_destinations);
	set_settings(programs, &settings);
}

void reset_maps(struct smtpfence_bpf *programs)
{
	struct smtpfence_settings settings = {0};

	reset_entries(programs);
	empty(programs->maps.sources);
	empty(programs->maps.block_hits);
	empty(programs->maps.interfaces);
	zero(programs->maps.totals);
	zero(programs->maps.recent);
	set_settings(programs, &settings);
}

int run_frame(const struct bpf_program *program, const struct built *frame,
	      struct smtpfence_answer *ret_answer)
{
	static uint8_t out[FRAME_MAX];
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame->bytes,
		    .data_size_in = frame->length, .data_out = out, .data_size_out = sizeof(out));
	int error;

	if (frame->length > RUN_MAX && bpf_program__type(program) == BPF_PROG_TYPE_XDP &&
	    !(bpf_program__flags(program) & BPF_F_XDP_HAS_FRAGS))
		return RUN_REFUSED;
	memset(out, 0, sizeof(*ret_answer));
	error = bpf_prog_test_run_opts(bpf_program__fd(program), &options);
	if (error == -EINVAL || (error && frame->length > RUN_MAX))
		return RUN_REFUSED;
	check(error, "BPF_PROG_TEST_RUN");
	if (ret_answer)
		memcpy(ret_answer, out, sizeof(*ret_answer));
	return options.retval;
}
