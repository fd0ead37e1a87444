#include "cli/question.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool question_ask(const char *question) {
	char answer[16];
	if (!isatty(STDIN_FILENO))
		return false;
	fprintf(stderr, "%s [y/N] ", question);
	if (!fgets(answer, sizeof(answer), stdin))
		return false;
	answer[strcspn(answer, "\r\n")] = '\0';
	return !strcasecmp(answer, "y") || !strcasecmp(answer, "yes");
}
