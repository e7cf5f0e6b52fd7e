/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "turns.h"

#include <stdio.h>
#include <stdlib.h>

static void take_turn(struct contender *contender, size_t round)
{
	struct cost cost = contender->measure(contender->what);

	contender->wall.values[round] = cost.wall;
	contender->cpu.values[round] = cost.cpu;
}

void take_turns(struct contender *contenders, size_t count, size_t rounds)
{
	size_t round, i;

	if (rounds > ROUNDS_MAX)
		abort();
	for (round = 0; round < rounds; round++)
		for (i = 0; i < count; i++)
			take_turn(&contenders[round % 2 ? count - 1 - i : i], round);
	for (i = 0; i < count; i++)
		contenders[i].wall.rounds = contenders[i].cpu.rounds = rounds;
}

static int by_size(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

struct quartiles quartiles(const struct series *series)
{
	struct series sorted = *series;

	qsort(sorted.values, sorted.rounds, sizeof(sorted.values[0]), by_size);
	return (struct quartiles){
		.lower = sorted.values[sorted.rounds / 4],
		.median = sorted.values[sorted.rounds / 2],
		.upper = sorted.values[sorted.rounds * 3 / 4],
	};
}

struct quartiles ratios(const struct series *of, const struct series *to)
{
	struct series ratio = {.rounds = of->rounds};
	size_t i;

	for (i = 0; i < ratio.rounds; i++)
		ratio.values[i] = of->values[i] / to->values[i];
	return quartiles(&ratio);
}
