#pragma once
/* Attributes and small macros, nothing clever. */
#include <stddef.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* The object that holds `member`, from a pointer to that member. */
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
#define NONNULL_RETURN __attribute__((returns_nonnull, warn_unused_result))

/* A local that owns: `CLEANUP(stream_free) struct stream *stream = NULL;`
 * Every module with an x_free() says DEFINE_CLEANUP(struct x, x_free) once, in its header. A local
 * may be there for its end alone: clang would call it unused. */
#define CLEANUP(function) __attribute__((cleanup(function##_cleanup), unused))
#define DEFINE_CLEANUP(type, function)                    \
	static inline void function##_cleanup(type **p) { \
		if (*p)                                   \
			(void)function(*p);               \
	}                                                 \
	struct macros_swallow_semicolon

/* Ownership leaves a local: the pointer is returned, the local is NULL. */
#define TAKE_PTR(ptr)                            \
	({                                       \
		__typeof__(ptr) *take_ = &(ptr); \
		__typeof__(ptr) taken_ = *take_; \
		*take_ = NULL;                   \
		taken_;                          \
	})

#define MIN(a, b)                                  \
	({                                         \
		__typeof__(a) min_a_ = (a);        \
		__typeof__(b) min_b_ = (b);        \
		min_a_ < min_b_ ? min_a_ : min_b_; \
	})
#define MAX(a, b)                                  \
	({                                         \
		__typeof__(a) max_a_ = (a);        \
		__typeof__(b) max_b_ = (b);        \
		max_a_ > max_b_ ? max_a_ : max_b_; \
	})

/* Time is always uint64_t microseconds; USEC_NEVER is "no deadline". */
#define USEC_PER_MSEC UINT64_C(1000)
#define USEC_PER_SEC UINT64_C(1000000)
#define USEC_PER_MINUTE (60 * USEC_PER_SEC)
#define USEC_PER_HOUR (60 * USEC_PER_MINUTE)
#define USEC_NEVER UINT64_MAX
