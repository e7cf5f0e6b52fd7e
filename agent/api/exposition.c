/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "api/exposition.h"

void exposition_head(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP smtpfence_%s %s.\n# TYPE smtpfence_%s %s\n", name, help, name, type);
}

static void write_label(FILE *out, const struct exposition_label *label)
{
	fprintf(out, "%s=\"", label->name);
	for (const char *at = label->value; *at; at++) {
		if (*at == '\n') {
			fputs("\\n", out);
			continue;
		}
		if (*at == '\\' || *at == '"')
			fputc('\\', out);
		fputc(*at, out);
	}
	fputc('"', out);
}

void exposition_sample(FILE *out, const char *name, const struct exposition_label *labels,
		       double value)
{
	const char *separator = "{";

	fprintf(out, "smtpfence_%s", name);
	for (; labels && labels->name; labels++) {
		fputs(separator, out);
		write_label(out, labels);
		separator = ",";
	}
	fprintf(out, "%s %.15g\n", *separator == ',' ? "}" : "", value);
}
