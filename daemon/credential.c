#include "daemon/credential.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "daemon/account-config.h"
#include "io/command.h"

struct credential {
	const struct account_config *config;
	bool is_refresh;
	credential_done_fn done;
	void *userdata;
	sd_event_source
		*deferred; /* files are read from the loop, so that the callback is as well */
	struct command *command;
};

static void credential_finish(
	struct credential *credential, const char *secret, const char *problem) {
	struct credential_result result = {
		.secret = secret,
		.kind = CREDENTIAL_PASSWORD,
		.reason = secret ? REASON_NONE : REASON_SECRET_FAILED,
		.problem = problem,
	};
	credential->done(&result, credential->userdata);
}

/* The first line is the secret; no line, or an empty one, is none. */
static char *first_line(const char *text) {
	size_t n = strcspn(text, "\r\n");
	return n > 0 ? memory_strndup(text, n) : NULL;
}

/* A secret that others can read is none: NULL when the file may be used, else a sentence. */
static char *check_file(const char *path, const struct stat *status) {
	if (!S_ISREG(status->st_mode))
		return memory_format("%s is not a regular file", path);
	if (status->st_uid != 0 && status->st_uid != geteuid())
		return memory_format("%s belongs to another user", path);
	if (status->st_mode & (S_IRWXG | S_IRWXO))
		return memory_format("%s can be read by others; chmod 600 mends it", path);
	if ((uint64_t)status->st_size > CREDENTIAL_MAX)
		return memory_format("%s is too large for a password", path);
	return NULL;
}

static char *read_secret(int fd, char **ret_problem, const char *path) {
	char *text = memory_zalloc(CREDENTIAL_MAX + 1, 1);
	size_t n = 0;
	ssize_t got = 0;
	while (n < CREDENTIAL_MAX && (got = read(fd, text + n, CREDENTIAL_MAX - n)) > 0)
		n += (size_t)got;
	char *secret = NULL;
	if (got < 0)
		*ret_problem = memory_format("%s cannot be read: %s", path, strerror(errno));
	else if (!(secret = first_line(text)))
		*ret_problem = memory_format("%s holds no password", path);
	memory_erase(text, n);
	free(text);
	return secret;
}

/* systemd's credentials are 0400 on a file system of their own; there the manager decides about
 * modes (an ACL shows as a group bit), here only about ordinary files. */
static char *load_file(const char *path, bool check_mode, char **ret_problem) {
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	if (fd < 0 || fstat(fd, &status) < 0) {
		*ret_problem = memory_format("%s cannot be read: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	char *secret = NULL;
	*ret_problem = check_mode ? check_file(path, &status) : NULL;
	if (!*ret_problem)
		secret = read_secret(fd, ret_problem, path);
	close(fd);
	return secret;
}

static char *load_credential(const char *name, char **ret_problem) {
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	if (!folder) {
		*ret_problem = memory_strdup("PasswordCredential= needs LoadCredential= in the "
					     "unit: there are no credentials here");
		return NULL;
	}
	CLEANUP_TEXT char *path = memory_format("%s/%s", folder, name);
	return load_file(path, false, ret_problem);
}

static int credential_on_deferred(sd_event_source *source, void *userdata) {
	struct credential *credential = userdata;
	const struct account_config *config = credential->config;
	CLEANUP_TEXT char *problem = NULL;
	CLEANUP_SECRET char *secret =
		config->password_file ? load_file(config->password_file, true, &problem)
				      : load_credential(config->password_credential, &problem);
	credential_finish(credential, secret, problem);
	return 0;
}

static void credential_on_command(
	struct command *command, const struct command_result *result, void *userdata) {
	struct credential *credential = userdata;
	const char *program = credential->config->password_command[0];
	CLEANUP_TEXT char *problem = NULL;
	CLEANUP_SECRET char *secret = NULL;
	if (result->problem)
		problem = memory_format("%s: %s", program, result->problem);
	else if (result->exit_status != 0)
		problem = memory_format(
			"%s failed with exit status %d", program, result->exit_status);
	else if (!(secret = first_line(result->output)))
		problem = memory_format("%s printed no password", program);
	credential_finish(credential, secret, problem);
}

static int credential_start_command(struct credential *credential, sd_event *loop) {
	const struct account_config *config = credential->config;
	CLEANUP_TEXT char *account = memory_format("POSTHORN_ACCOUNT=%s", config->id);
	CLEANUP_TEXT char *user = memory_format("POSTHORN_USER=%s", config->user);
	const char *refresh = credential->is_refresh ? "POSTHORN_REFRESH=1" : NULL;
	const char *const environment[] = { account, user, refresh, NULL };
	return command_new(loop, (const char *const *)config->password_command, environment,
		CREDENTIAL_COMMAND_USEC, credential_on_command, credential, &credential->command);
}

int credential_new(sd_event *loop, const struct credential_request *request,
	credential_done_fn done, void *userdata, struct credential **ret) {
	CLEANUP(credential_free) struct credential *credential = MEMORY_NEW(struct credential);
	const struct account_config *config = request->config;
	credential->config = config;
	credential->is_refresh = request->is_refresh;
	credential->done = done;
	credential->userdata = userdata;
	int r = config->password_command ? credential_start_command(credential, loop)
					 : sd_event_add_defer(loop, &credential->deferred,
						   credential_on_deferred, credential);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(credential);
	return 0;
}

struct credential *credential_free(struct credential *credential) {
	if (!credential)
		return NULL;
	command_free(credential->command);
	sd_event_source_disable_unref(credential->deferred);
	free(credential);
	return NULL;
}
