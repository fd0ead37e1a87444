#include "cli/account-place.h"

#include "base/memory.h"

void account_place_find(const char *domain, struct account_place *ret) {
	*ret = (struct account_place){
		.host = memory_format("imap.%s", domain),
		.how = "the usual name below the domain of the address",
	};
}

void account_place_deinit(struct account_place *place) {
	place->host = memory_free(place->host);
}
