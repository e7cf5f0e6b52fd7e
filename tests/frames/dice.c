/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dice.h"

#include <string.h>

#define GOLDEN 0x9e3779b97f4a7c15ULL

struct dice take_dice(uint64_t seed, uint64_t number)
{
	struct dice dice = {.state = seed};

	dice.state = roll(&dice) ^ number;
	dice.state = roll(&dice);
	return dice;
}

/* SplitMix64 (Steele, Lea and Flood, 2014). */
uint64_t roll(struct dice *dice)
{
	uint64_t value = dice->state += GOLDEN;

	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9ULL;
	value = (value ^ value >> 27) * 0x94d049bb133111ebULL;
	return value ^ value >> 31;
}

unsigned int roll_below(struct dice *dice, unsigned int sides)
{
	return (roll(dice) >> 32) * sides >> 32;
}

bool roll_one_in(struct dice *dice, unsigned int times)
{
	return !roll_below(dice, times);
}

void roll_bytes(struct dice *dice, uint8_t *ret_bytes, size_t count)
{
	while (count) {
		uint64_t value = roll(dice);
		size_t size = count < sizeof(value) ? count : sizeof(value);

		memcpy(ret_bytes, &value, size);
		ret_bytes += size;
		count -= size;
	}
}
