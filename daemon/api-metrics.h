#pragma once
/* The Metrics interface over struct manager. */
#include "bus/object.h"

extern const struct object_interface api_metrics_interface;
