#pragma once
/* A question to the user, on his terminal. */
#include <stdbool.h>

/* True only for a yes. Without a terminal on standard input there is nobody to ask: no. */
bool question_ask(const char *question);
