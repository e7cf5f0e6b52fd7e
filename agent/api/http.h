/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life of a request, as callbacks of libmicrohttpd. */
#ifndef SMTPFENCE_API_HTTP_H
#define SMTPFENCE_API_HTTP_H

#include <microhttpd.h>

#include "api/internal.h"
#include "api/waiting.h"

struct http {
	struct api *api;
	struct waiting waiting;
	bool is_public; /* only public routes, and whoever asks is answered */
};

/* MHD_OPTION_URI_LOG_CALLBACK: the only one that sees the path before it is decoded. */
void *http_begin(void *userdata, const char *uri, struct MHD_Connection *connection);

/* MHD_AccessHandlerCallback; @userdata is a struct http. */
enum MHD_Result http_handle(void *userdata, struct MHD_Connection *connection, const char *url,
			    const char *method, const char *version, const char *data, size_t *size,
			    void **request_pointer);

/* MHD_OPTION_NOTIFY_COMPLETED */
void http_end(void *userdata, struct MHD_Connection *connection, void **request_pointer,
	      enum MHD_RequestTerminationCode code);

#endif
