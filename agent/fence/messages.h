/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libbpf has to say. */
#ifndef SMTPFENCE_FENCE_MESSAGES_H
#define SMTPFENCE_FENCE_MESSAGES_H

/* Sends libbpf's messages to the log, one level lower: what matters is in our own errors. */
void messages_to_log(void);

#endif
