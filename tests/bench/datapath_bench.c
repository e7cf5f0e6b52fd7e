/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the datapath costs, as one table. tests/bench/datapath builds the network that it needs.
 *
 * usage: datapath_bench [PART…]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "datapath.h"
#include "table.h"

static const struct part {
	const char *name;
	bool (*run)(void);
} parts[] = {
	{"frames", bench_frames},
	{"entries", bench_entries},
	{"veth", bench_veth},
	{"tap", bench_tap},
};

static const struct part *find_part(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(parts); i++)
		if (!strcmp(parts[i].name, name))
			return &parts[i];
	fprintf(stderr, "datapath_bench: there is no part \"%s\"\n", name);
	exit(2);
}

int main(int argc, char **argv)
{
	const struct part *wanted[ARRAY_SIZE(parts)];
	size_t count = 0, i;
	bool ok = true;

	for (i = 1; i < (size_t)argc && count < ARRAY_SIZE(parts); i++)
		wanted[count++] = find_part(argv[i]);
	for (i = 0; argc == 1 && i < ARRAY_SIZE(parts); i++)
		wanted[count++] = &parts[i];
	print_heading();
	for (i = 0; i < count; i++)
		ok &= wanted[i]->run();
	puts(ok ? "every limit holds" : "a limit is MISSED");
	return ok ? 0 : 1;
}
