#include "login-words.h"

#include <assert.h>
#include <string.h>

#include "base/memory.h"
#include "transcript.h"

static const char *word(struct login_words *w, const char *words, const char *key) {
	char *text = transcript_value(words, key);
	if (!text)
		return NULL;
	assert(w->n_texts < ARRAY_SIZE(w->texts));
	return w->texts[w->n_texts++] = text;
}

static enum sasl_mechanism mechanism(const char *words, const char *key) {
	CLEANUP_TEXT char *text = transcript_value(words, key);
	return text ? sasl_mechanism_from_word(text, strlen(text)) : SASL_MECHANISM_NONE;
}

static void bind(struct sasl_binding *binding, const char *words, const char *key) {
	CLEANUP_TEXT char *text = transcript_value(words, key);
	binding->n = text ? MIN(strlen(text), SASL_BINDING_MAX) : 0;
	if (text)
		memcpy(binding->bytes, text, binding->n);
}

void login_words_init(struct login_words *w, const char *host, const char *words) {
	*w = (struct login_words){ 0 };
	const char *user = word(w, words, "user");
	const char *password = word(w, words, "password");
	const char *token = word(w, words, "token");
	const char *nonce = word(w, words, "nonce");
	const char *secret = token ? token : password ? password : "alice-pw";
	CLEANUP_TEXT char *none = transcript_value(words, "secret");
	CLEANUP_TEXT char *certificate = transcript_value(words, "certificate");
	w->settings = (struct login_settings){
		.host = host,
		.port = 993,
		.user = user ? user : "alice",
		.auth_user = word(w, words, "auth-user"),
		.secret = none ? NULL : secret,
		.is_token = token != NULL,
		.has_certificate = certificate != NULL,
		.auth = mechanism(words, "auth"),
		.floor = mechanism(words, "floor"),
		.nonce = nonce ? nonce : "fyko+d2lbbFgONRv9qkxdawL",
	};
	bind(&w->bindings.of[SASL_BINDING_TLS_EXPORTER], words, "exporter");
	bind(&w->bindings.of[SASL_BINDING_TLS_SERVER_END_POINT], words, "end-point");
	bind(&w->bindings.of[SASL_BINDING_TLS_UNIQUE], words, "unique");
}

void login_words_deinit(struct login_words *w) {
	for (unsigned i = 0; i < w->n_texts; i++)
		free(w->texts[i]);
}
