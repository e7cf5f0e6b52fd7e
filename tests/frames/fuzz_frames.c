/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compares bpf/ with the reference on as many frames as one likes; stops at a disagreement. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "differential.h"
#include "entry_points.h"

#define EXIT_DISAGREEMENT 1
#define EXIT_TROUBLE	  2
#define PROGRESS	  65536 /* frames */

struct options {
	uint64_t frames, seed, first;
	const char *save; /* folder */
};

static void die(const char *what, const char *why)
{
	fprintf(stderr, "fuzz_frames: %s: %s\n", what, why);
	exit(EXIT_TROUBLE);
}

static uint64_t parse_number(const char *text)
{
	char *end;
	uint64_t number;

	errno = 0;
	number = strtoull(text, &end, 0);
	if (errno || end == text || *end)
		die(text, "not a number");
	return number;
}

static uint64_t random_seed(void)
{
	uint32_t seed;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		die("getrandom", strerror(errno));
	return seed;
}

static struct options parse_options(int argc, char **argv)
{
	static const struct option known[] = {
		{"frames", required_argument, NULL, 'n'},
		{"seed", required_argument, NULL, 's'},
		{"first", required_argument, NULL, 'f'},
		{"save", required_argument, NULL, 'd'},
		{NULL, 0, NULL, 0},
	};
	struct options options = {.frames = 1000000, .seed = random_seed(), .save = "."};
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) >= 0) {
		switch (option) {
		case 'n':
			options.frames = parse_number(optarg);
			break;
		case 's':
			options.seed = parse_number(optarg);
			break;
		case 'f':
			options.first = parse_number(optarg);
			break;
		case 'd':
			options.save = optarg;
			break;
		default:
			fprintf(stderr, "usage: fuzz_frames [--frames N] [--seed N] [--first N] "
					"[--save FOLDER]\n");
			exit(EXIT_TROUBLE);
		}
	}
	if (optind < argc)
		die(argv[optind], "not an option");
	return options;
}

/* Frames a second since @start, a reading of boottime(). */
static double rate(uint64_t frames, uint64_t start)
{
	return frames * 1e9 / (boottime() - start + 1);
}

static void show_progress(const struct options *options, uint64_t done, uint64_t start)
{
	if (!isatty(STDOUT_FILENO) || done % PROGRESS)
		return;
	printf("\r%" PRIu64 " of %" PRIu64 " frames, %.0f a second", done, options->frames,
	       rate(done, start));
	fflush(stdout);
}

static void show_reasons(const struct differential *differential)
{
	int reason;

	for (reason = 0; reason < SMTPFENCE_REASON_COUNT; reason++)
		printf("%-18s %12" PRIu64 "\n", reason_label(reason), differential->seen[reason]);
}

static void save_frame(const struct options *options, const struct built *frame, uint64_t number)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/disagreement-%" PRIu64 "-%" PRIu64 ".frame", options->save,
		 options->seed, number);
	file = fopen(path, "w");
	if (!file)
		die(path, strerror(errno));
	if (fwrite(frame->bytes, 1, frame->length, file) != frame->length || fclose(file))
		die(path, strerror(errno));
	printf("saved as %s; again: --seed %" PRIu64 " --first %" PRIu64 " --frames 1\n", path,
	       options->seed, number);
}

static void show_disagreement(const struct options *options,
			      const struct differential *differential, uint64_t number)
{
	const struct built *frame = &differential->frame;
	size_t i;

	printf("\nseed %" PRIu64 ", frame %" PRIu64 ": %s\n", options->seed, number,
	       differential->complaint);
	for (i = 0; i < frame->length; i++)
		printf("%02x", frame->bytes[i]);
	putchar('\n');
	save_frame(options, frame, number);
}

int main(int argc, char **argv)
{
	struct options options = parse_options(argc, argv);
	static struct differential differential;
	uint64_t start, done;

	if (differential_open(&differential, options.seed))
		return EXIT_TROUBLE;
	start = boottime();
	for (done = 0; done < options.frames; done++) {
		if (!differential_agrees(&differential, options.first + done)) {
			show_disagreement(&options, &differential, options.first + done);
			return EXIT_DISAGREEMENT;
		}
		show_progress(&options, done, start);
	}
	if (isatty(STDOUT_FILENO))
		printf("\r\033[K");
	show_reasons(&differential);
	printf("%" PRIu64 " frames, 0 disagreements (seed %" PRIu64 ", %.0f frames a second)\n",
	       done, options.seed, rate(done, start));
	differential_close(&differential);
	return EXIT_SUCCESS;
}
