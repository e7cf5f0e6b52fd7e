/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "usage/report.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/value.h"

#define FORMAT_VERSION 1
#define SLICE	       1000 /* rows: about 10 ms */
#define SOURCES_MAX    3000 /* of a report: below the 1 MiB that a NATS server takes */

DEFINE_CLEANUP(cJSON *, cJSON_Delete)
DEFINE_CLEANUP(char *, cJSON_free)

static cJSON *head_json(const struct window *window)
{
	char host[HOST_NAME_MAX + 1] = "";
	cJSON *head = cJSON_CreateObject();

	gethostname(host, sizeof(host) - 1);
	return value_if(
		value_add(head, "version", cJSON_CreateNumber(FORMAT_VERSION)) &&
			value_add(head, "host", cJSON_CreateString(host)) &&
			value_add(head, "boot_id", cJSON_CreateString(window->boot_id)) &&
			value_add(head, "sequence", cJSON_CreateNumber((double)window->sequence)) &&
			value_add(head, "from", value_time(window->from)) &&
			value_add(head, "to", value_time(window->to)),
		head);
}

/* The object without its last brace: the list of sources follows as its last member. */
static int write_head(FILE *out, const struct window *window)
{
	_cleanup_(cJSON_Deletep) cJSON *head = head_json(window);
	_cleanup_(cJSON_freep) char *text = head ? cJSON_PrintUnformatted(head) : NULL;

	if (!text)
		return -ENOMEM;
	fprintf(out, "%.*s,\"sources\":[", (int)strlen(text) - 1, text);
	return 0;
}

static int write_row(FILE *out, const struct counters_source *source, bool first)
{
	_cleanup_(cJSON_Deletep) cJSON *row = counters_source_json(source);
	_cleanup_(cJSON_freep) char *text = row ? cJSON_PrintUnformatted(row) : NULL;

	if (!text)
		return -ENOMEM;
	fprintf(out, "%s\n%s", first ? "" : ",", text);
	return 0;
}

int report_read(struct report *report, struct counters *counters, struct error *error)
{
	*report = (struct report){0};
	return counters_sources(counters, &report->sources, &report->count, error);
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

int report_begin(struct report *report, const struct window *window, FILE *out, struct error *error)
{
	report->begin = report->next;
	report->end = report->begin + smaller(report->count - report->begin, SOURCES_MAX);
	report->out = out;
	return write_head(out, window) < 0 ? error_set(error, -ENOMEM, "out of memory") : 0;
}

int report_go_on(struct report *report, struct error *error)
{
	size_t end = report->next + smaller(report->end - report->next, SLICE);

	for (; report->next < end; report->next++)
		if (write_row(report->out, &report->sources[report->next],
			      report->next == report->begin) < 0)
			return error_set(error, -ENOMEM, "out of memory");
	if (report->next < report->end)
		return 1;
	fputs("\n]}\n", report->out);
	return 0;
}

bool report_is_last(const struct report *report)
{
	return report->end == report->count;
}

void report_clear(struct report *report)
{
	free(report->sources);
	*report = (struct report){0};
}
