/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

int error_set(struct error *error, int code, const char *format, ...)
{
	struct error built; /* apart: an argument may point into @error */
	va_list arguments;

	if (!error)
		return code;
	va_start(arguments, format);
	vsnprintf(built.text, sizeof(built.text), format, arguments);
	va_end(arguments);
	text_make_printable(built.text);
	*error = built;
	return code;
}

int error_prefix(struct error *error, int code, const char *format, ...)
{
	char prefix[ERROR_TEXT_MAX];
	va_list arguments;

	if (!error)
		return code;
	va_start(arguments, format);
	vsnprintf(prefix, sizeof(prefix), format, arguments);
	va_end(arguments);
	return error_set(error, code, "%s: %s", prefix, error->text);
}
