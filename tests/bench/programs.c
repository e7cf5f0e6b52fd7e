/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "programs.h"

#include <arpa/inet.h>
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/bpf.h>

#include <bpf/bpf.h>

#include "base/cleanup.h"

#define REPEAT 200000 /* frames a measurement: some milliseconds */

#define SOURCES 65536 /* as by default */

#define XDP_FILTER "/usr/lib/*/bpf/xdpfilt_alw_ip.o"
/* In the value of its maps: the key is a source (xdp-tools 1.3.1, common_kern_user.h). */
#define XDP_FILTER_SOURCE 1

static void die(const char *what, int error)
{
	fprintf(stderr, "%s: %s\n", what, strerror(error < 0 ? -error : error));
	exit(1);
}

int load_empty(enum bpf_prog_type type, int result)
{
	const struct bpf_insn pass[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = result},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int program = bpf_prog_load(type, "empty", "GPL", pass, 2, NULL);

	if (program < 0)
		die("cannot load a BPF program (root?)", program);
	return program;
}

struct smtpfence_bpf *load_fence(const char *entries, uint32_t room)
{
	struct smtpfence_interface guest = {.role = SMTPFENCE_ROLE_GUEST};
	struct smtpfence_bpf *fence = open_programs(kernel_has_frags());
	uint32_t ifindex = TEST_IFINDEX;

	if (fence && room)
		bpf_map__set_max_entries(fence->maps.blocks, room);
	if (fence)
		bpf_map__set_max_entries(fence->maps.sources, SOURCES);
	if (!fence || smtpfence_bpf__load(fence))
		die("cannot load smtpfence (root?)", errno);
	configure(fence, entries);
	bpf_map_update_elem(bpf_map__fd(fence->maps.interfaces), &ifindex, &guest, BPF_ANY);
	return fence;
}

/* The value of a per-CPU map: one a CPU. */
static void drop_source(const struct bpf_object *object, const char *map, const void *key)
{
	int cpus = libbpf_num_possible_cpus(), i;
	_cleanup_free_ uint64_t *values = calloc(cpus, sizeof(*values));
	const struct bpf_map *filter = bpf_object__find_map_by_name(object, map);
	int error = filter && values ? 0 : -ENOENT;

	for (i = 0; !error && i < cpus; i++)
		values[i] = XDP_FILTER_SOURCE;
	if (!error)
		error = bpf_map_update_elem(bpf_map__fd(filter), key, values, BPF_ANY);
	if (error)
		die(map, error);
}

/* It complains of sections that only libxdp knows. */
static int say_nothing(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level;
	(void)format;
	(void)arguments;
	return 0;
}

/* With maps of its own, which its file wants to pin. */
static struct bpf_object *open_xdp_filter(const char *path)
{
	libbpf_print_fn_t print = libbpf_set_print(say_nothing);
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct bpf_map *map;

	if (object) {
		bpf_object__for_each_map(map, object) bpf_map__set_pin_path(map, NULL);
		bpf_program__set_type(bpf_object__next_program(object, NULL), BPF_PROG_TYPE_XDP);
		if (bpf_object__load(object)) {
			bpf_object__close(object);
			object = NULL;
		}
	}
	libbpf_set_print(print);
	return object;
}

int load_xdp_filter(const char *ipv4, const char *ipv6)
{
	struct bpf_object *object;
	uint8_t key[16];
	glob_t found;

	if (glob(XDP_FILTER, 0, NULL, &found)) {
		fprintf(stderr, "%s is not there: install Debian's xdp-tools\n", XDP_FILTER);
		return -ENOENT;
	}
	object = open_xdp_filter(found.gl_pathv[0]);
	globfree(&found);
	if (!object)
		die("xdp-filter is installed, but does not load", errno);
	inet_pton(AF_INET, ipv4, key);
	drop_source(object, "filter_ipv4", key);
	inet_pton(AF_INET6, ipv6, key);
	drop_source(object, "filter_ipv6", key);
	return bpf_program__fd(bpf_object__next_program(object, NULL));
}

static double cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

/* The kernel rounds what it measures to whole ns, a sixth of an empty program: so by CPU time. */
struct cost measure_trial(const void *what)
{
	const struct trial *trial = what;
	LIBBPF_OPTS(bpf_test_run_opts, options, .repeat = REPEAT, .data_in = trial->frame->bytes,
		    .data_size_in = trial->frame->length);
	double start = cpu_ns(), each;
	int error = bpf_prog_test_run_opts(trial->program, &options);

	each = (cpu_ns() - start) / REPEAT;
	if (error)
		die("BPF_PROG_TEST_RUN", error);
	if ((int)options.retval != trial->result) {
		fprintf(stderr, "a program returned %d, expected %d\n", (int)options.retval,
			trial->result);
		exit(1);
	}
	return (struct cost){.wall = each, .cpu = each};
}
