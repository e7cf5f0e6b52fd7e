/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/incident.h"

#include <stdlib.h>
#include <string.h>

void incident_clear(struct incident *incident)
{
	for (size_t i = 0; i < incident->evidence_count; i++)
		free(incident->evidence[i].message_id);
	free(incident->evidence);
	free(incident->reason);
	memset(incident, 0, sizeof(*incident));
}
