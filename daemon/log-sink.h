#pragma once
/* Where log lines go: the journal with fields when stderr is the journal, else stderr as text. */

/* Once, at the start of main(). */
void log_sink_install(void);
