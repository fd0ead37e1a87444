#pragma once
/* A new account: little is asked, the rest is found, and it is tried before anything is kept. */
#include <stdbool.h>

struct account_creation {
	const char *address; /* "ada@example.org"; also the account's id */
	const char *host; /* NULL: to be found */
	const char *user; /* NULL: the address */
	bool is_system;
	bool is_sure; /* --yes: what was found is taken without a question */
	bool wants_push; /* --push: it is kept only when a message was pushed */
};

/* An exit code, after it has said what there was to say. Nothing is left behind by a failure. */
int account_creation_run(const struct account_creation *creation);

/* Where a password is that is in a file. Owned. */
char *account_creation_secret_path(const char *folder, const char *id);
/* 1: it is in the key ring; 0: in its file; negative errno. */
int account_creation_keep_secret(
	const char *folder, const char *id, bool is_system, const char *password);

/* The password of an account that goes; what is not there is no error. */
void account_creation_forget_secret(const char *folder, const char *id, bool is_system);
