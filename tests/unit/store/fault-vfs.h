#pragma once
/* SQLite's layer over the operating system with faults on demand: it is the default one once it is
 * registered. A "change" is a write, a truncation, a sync or a removal; changes are counted from
 * fault_vfs_arm() on. */

enum fault {
	FAULT_NONE,
	FAULT_KILL, /* the process dies in the middle of the change, by SIGKILL */
	FAULT_POWER, /* so does the machine: of what was not synced, some is there, some not, some torn */
	FAULT_FULL, /* this change and all later ones fail: no space */
	FAULT_IO, /* ... by an I/O error */
	FAULT_READ, /* this read fails, and all later ones */
};

void fault_vfs_register(void);

/* `at`: which change (or read), from 1. `seed` decides what a power cut leaves. */
void fault_vfs_arm(enum fault fault, unsigned at, unsigned seed);
void fault_vfs_disarm(void);

/* Whether an armed fault has struck. */
int fault_vfs_has_struck(void);
