/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random numbers that a seed determines: the same on every machine. */
#ifndef SMTPFENCE_TESTS_FRAMES_DICE_H
#define SMTPFENCE_TESTS_FRAMES_DICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dice {
	uint64_t state;
};

/* Dice of their own for every number, whatever was rolled for the others. */
struct dice take_dice(uint64_t seed, uint64_t number);

uint64_t roll(struct dice *dice);

/* 0 to @sides - 1. */
unsigned int roll_below(struct dice *dice, unsigned int sides);

/* True once in @times. */
bool roll_one_in(struct dice *dice, unsigned int times);

void roll_bytes(struct dice *dice, uint8_t *ret_bytes, size_t count);

#endif
