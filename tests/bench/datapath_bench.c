/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the datapath costs, as one table. tests/bench/datapath builds the network that it needs.
 *
 * usage: datapath_bench [PART…]
 */
#include <stdio.h>
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
};

static bool is_wanted(const char *name, char **wanted, int count)
{
	int i;

	for (i = 0; i < count; i++)
		if (!strcmp(wanted[i], name))
			return true;
	return count == 0;
}

int main(int argc, char **argv)
{
	bool ok = true;
	size_t i;

	print_heading();
	for (i = 0; i < ARRAY_SIZE(parts); i++)
		if (is_wanted(parts[i].name, argv + 1, argc - 1))
			ok &= parts[i].run();
	puts(ok ? "every limit holds" : "a limit is MISSED");
	return ok ? 0 : 1;
}
