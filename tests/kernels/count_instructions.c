/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loads the programs as the agent does and prints what the verifier went through for each:
 *
 *   instructions PROGRAM COUNT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "frames/run.h"

#define LOG_STATISTICS 4 /* BPF_LOG_STATS, which is not in the kernel's uapi headers */
#define LOG_SIZE       65536
#define PROGRAMS_MAX   16

/* bpf_prog_info.verified_insns says the same from 5.16 on only. */
static int count_of(const char *log)
{
	const char *line = strstr(log, "processed ");
	int count;

	return line && sscanf(line, "processed %d insns", &count) == 1 ? count : -1;
}

int main(void)
{
	static char logs[PROGRAMS_MAX][LOG_SIZE];
	struct smtpfence_bpf *programs = open_programs(kernel_has_frags());
	struct bpf_program *program = NULL;
	size_t i, count = 0;
	int error;

	if (!programs)
		return EXIT_FAILURE;
	while (count < PROGRAMS_MAX &&
	       (program = bpf_object__next_program(programs->obj, program))) {
		bpf_program__set_log_level(program, LOG_STATISTICS);
		bpf_program__set_log_buf(program, logs[count++], LOG_SIZE);
	}
	error = smtpfence_bpf__load(programs);
	for (i = 0; i < count; i++) {
		program = bpf_object__next_program(programs->obj, i ? program : NULL);
		if (error)
			fputs(logs[i], stderr);
		else
			printf("instructions %s %d\n", bpf_program__name(program),
			       count_of(logs[i]));
	}
	smtpfence_bpf__destroy(programs);
	return error ? EXIT_FAILURE : EXIT_SUCCESS;
}
