/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of a feed that only `type: crowdsec` has. */
#ifndef SMTPFENCE_CONFIG_FEED_CROWDSEC_H
#define SMTPFENCE_CONFIG_FEED_CROWDSEC_H

#include "config/config.h"
#include "config/field.h"

extern const struct field feed_scope_item; /* enum config_scope */
extern const struct field feed_type_item;  /* char * */

/* Whether these keys fit the rest of @feed, which was read from @node. 0 or -EINVAL. */
int feed_check_crowdsec(const struct source *source, const yaml_node_t *node,
			const struct config_feed *feed);

#endif
