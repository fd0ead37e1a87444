#pragma once
/* Says when a file of the configuration folders was written, made or taken away. */
#include "base/macros.h"

struct config_watch;

typedef void (*config_watch_fn)(void *userdata);

/* `folders`: NULL-terminated; those that are not there yet are watched for. */
struct config_watch *config_watch_new(
	const char *const *folders, config_watch_fn on_changed, void *userdata);
struct config_watch *config_watch_free(struct config_watch *w);
DEFINE_CLEANUP(struct config_watch, config_watch_free);
