#pragma once
/* Chance, for waits that must not be the same for all. */
#include <stdint.h>

/* Any 64-bit number; 0 where this machine has no source of chance. */
uint64_t chance_number(void);
