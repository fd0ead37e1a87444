/* Shapes with a signed distance: a pixel is covered as far as the edge of the shape runs through it.
 * The horn is that of org.posthorn.Posthorn.svg. */
#include "notify/tray-icon.h"

#include "base/macros.h"
#include "base/memory.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>

#define SIZE_MAX_PIXELS 256

/* The drawing is made for so many units. */
#define UNITS 128

#define YELLOW 0xF6D32D
#define DARK 0x3D3846
#define RED 0xC01C28
#define WHITE 0xFFFFFF

struct point {
	float x, y;
};

struct shape {
	const struct point *points;
	unsigned n;
	float radius; /* of the pen, or of the corners */
	bool is_filled; /* a polygon; else a line */
	uint32_t colour;
};

/* Where the drawing's units are on the picture, in pixels. */
struct place {
	float x, y, scale;
};

struct picture {
	uint8_t *argb;
	unsigned size;
};

/* --- distance --- */

static float segment_distance(struct point p, struct point a, struct point b) {
	struct point ab = { b.x - a.x, b.y - a.y }, ap = { p.x - a.x, p.y - a.y };
	float length = ab.x * ab.x + ab.y * ab.y;
	float t = length > 0 ? (ap.x * ab.x + ap.y * ab.y) / length : 0;

	t = t < 0 ? 0 : t > 1 ? 1 : t;
	return hypotf(ap.x - t * ab.x, ap.y - t * ab.y);
}

/* A ray to the right crosses the edge. */
static bool is_crossed(struct point p, struct point a, struct point b) {
	return (a.y > p.y) != (b.y > p.y) && p.x < a.x + (p.y - a.y) * (b.x - a.x) / (b.y - a.y);
}

static float distance(const struct shape *shape, struct point p) {
	float nearest = INFINITY;
	bool is_inside = false;

	for (unsigned i = 0; i < shape->n; i++) {
		struct point a = shape->points[i], b = shape->points[(i + 1) % shape->n];

		if (!shape->is_filled && i + 1 == shape->n && shape->n > 1)
			break;
		nearest = fminf(nearest, segment_distance(p, a, b));
		is_inside ^= shape->is_filled && is_crossed(p, a, b);
	}
	return (is_inside ? -nearest : nearest) - shape->radius;
}

/* --- colour --- */

/* One colour over what is there. */
static void cover(uint8_t *argb, uint32_t colour, float alpha) {
	float below = (float)argb[0] / 255, all = alpha + below * (1 - alpha);

	if (all <= 0)
		return;
	for (unsigned i = 1; i < 4; i++) {
		float over = (float)(colour >> (8 * (3 - i)) & 0xFF);

		argb[i] = (uint8_t)lroundf(
			(over * alpha + (float)argb[i] * below * (1 - alpha)) / all);
	}
	argb[0] = (uint8_t)lroundf(all * 255);
}

static void draw(struct picture *picture, const struct shape *shape, const struct place *place) {
	for (unsigned y = 0; y < picture->size; y++)
		for (unsigned x = 0; x < picture->size; x++) {
			struct point p = {
				((float)x + 0.5F - place->x) / place->scale,
				((float)y + 0.5F - place->y) / place->scale,
			};
			float alpha = 0.5F - distance(shape, p) * place->scale;

			if (alpha > 0)
				cover(&picture->argb[4 * (y * picture->size + x)], shape->colour,
					fminf(alpha, 1));
		}
}

/* --- the horn --- */

#define SHAPE(list, ...) \
	{ .points = (list), .n = sizeof(list) / sizeof((list)[0]), __VA_ARGS__ }

static const struct point plate[] = { { 32, 32 }, { 96, 32 }, { 96, 96 }, { 32, 96 } };
static const struct point pipe[] = { { 24, 42 }, { 78, 42 } };
static const struct point turn[] = {
	{ 52, 42 },
	{ 42, 44 },
	{ 33.6F, 49.6F },
	{ 28, 58 },
	{ 26, 68 },
	{ 28, 78 },
	{ 33.6F, 86.4F },
	{ 42, 92 },
	{ 52, 94 },
	{ 62, 92 },
	{ 70.4F, 86.4F },
	{ 76, 78 },
	{ 78, 68 },
};
static const struct point bell[] = {
	{ 76, 38 },
	{ 88, 37 },
	{ 97, 33 },
	{ 108, 22 },
	{ 108, 62 },
	{ 97, 51 },
	{ 88, 47 },
	{ 76, 46 },
};
static const struct point mouthpiece[] = { { 24, 42 } };

static const struct shape horn[] = {
	SHAPE(plate, .radius = 24, .is_filled = true, .colour = YELLOW),
	SHAPE(pipe, .radius = 4, .colour = DARK),
	SHAPE(turn, .radius = 4, .colour = DARK),
	SHAPE(bell, .is_filled = true, .colour = DARK),
	SHAPE(mouthpiece, .radius = 7, .colour = DARK),
};

/* --- the number: strokes in a field of four by six --- */

#define GLYPH_WIDTH 4
#define GLYPH_HEIGHT 6
#define GLYPH_GAP 1.8F
#define PEN 0.55F
#define MARGIN 2.2F

#define PLUS 10

static const struct point zero[] = { { 0, 1.2F }, { 0, 4.8F }, { 1.2F, 6 }, { 2.8F, 6 },
	{ 4, 4.8F }, { 4, 1.2F }, { 2.8F, 0 }, { 1.2F, 0 }, { 0, 1.2F } };
static const struct point one[] = { { 0.8F, 1.5F }, { 2.5F, 0 }, { 2.5F, 6 } };
static const struct point two[] = { { 0, 1.3F }, { 1.2F, 0 }, { 2.8F, 0 }, { 4, 1.2F }, { 4, 2.2F },
	{ 0, 6 }, { 4, 6 } };
static const struct point three[] = { { 0, 0 }, { 4, 0 }, { 1.8F, 2.4F }, { 3, 2.4F }, { 4, 3.4F },
	{ 4, 4.9F }, { 2.9F, 6 }, { 1.1F, 6 }, { 0, 5 } };
static const struct point four[] = { { 3, 6 }, { 3, 0 }, { 0, 4 }, { 4, 4 } };
static const struct point five[] = { { 4, 0 }, { 0.4F, 0 }, { 0.2F, 2.5F }, { 2.9F, 2.5F },
	{ 4, 3.5F }, { 4, 4.9F }, { 2.9F, 6 }, { 1.1F, 6 }, { 0, 5.2F } };
static const struct point six[] = { { 3.6F, 0.3F }, { 1.8F, 0 }, { 0.3F, 2 }, { 0, 4 }, { 0, 5 },
	{ 1, 6 }, { 3, 6 }, { 4, 5 }, { 4, 3.5F }, { 3, 2.6F }, { 1, 2.6F }, { 0, 3.8F } };
static const struct point seven[] = { { 0, 0 }, { 4, 0 }, { 1.5F, 6 } };
static const struct point eight[] = { { 1, 2.8F }, { 0, 2 }, { 0, 1 }, { 1, 0 }, { 3, 0 }, { 4, 1 },
	{ 4, 2 }, { 3, 2.8F }, { 1, 2.8F }, { 0, 3.8F }, { 0, 5 }, { 1, 6 }, { 3, 6 }, { 4, 5 },
	{ 4, 3.8F }, { 3, 2.8F } };
static const struct point nine[] = { { 0.4F, 5.7F }, { 2.2F, 6 }, { 3.7F, 4 }, { 4, 2 }, { 4, 1 },
	{ 3, 0 }, { 1, 0 }, { 0, 1 }, { 0, 2.5F }, { 1, 3.4F }, { 3, 3.4F }, { 4, 2.2F } };
static const struct point plus[] = { { 0.4F, 3 }, { 3.6F, 3 }, { 2, 3 }, { 2, 1.4F }, { 2, 4.6F } };

#define STROKE(list) SHAPE(list, .radius = PEN, .colour = WHITE)

static const struct shape glyphs[] = {
	STROKE(zero),
	STROKE(one),
	STROKE(two),
	STROKE(three),
	STROKE(four),
	STROKE(five),
	STROKE(six),
	STROKE(seven),
	STROKE(eight),
	STROKE(nine),
	[PLUS] = STROKE(plus),
};

static unsigned glyphs_of(uint64_t number, unsigned ret[3]) {
	unsigned shown = number < TRAY_ICON_NUMBER_MAX ? (unsigned)number : TRAY_ICON_NUMBER_MAX;
	unsigned n = 0;

	if (shown >= 10)
		ret[n++] = shown / 10;
	ret[n++] = shown % 10;
	if (number > shown)
		ret[n++] = PLUS;
	return n;
}

/* In the lower right corner, as large as it can be and leave some of the horn. */
static void draw_number(struct picture *picture, uint64_t number) {
	unsigned list[3], n = glyphs_of(number, list);
	float text_width = (float)n * GLYPH_WIDTH + (float)(n - 1) * GLYPH_GAP;
	float width = text_width + 2 * MARGIN, height = GLYPH_HEIGHT + 2 * MARGIN;
	float size = (float)picture->size, scale = fminf(0.62F * size / height, size / width);
	struct place place = { size - (width - MARGIN) * scale, size - (height - MARGIN) * scale,
		scale };
	const struct point corners[] = { { 1, 1 }, { text_width - 1, 1 },
		{ text_width - 1, GLYPH_HEIGHT - 1 }, { 1, GLYPH_HEIGHT - 1 } };
	const struct shape badge =
		SHAPE(corners, .radius = 1 + MARGIN, .is_filled = true, .colour = RED);

	draw(picture, &badge, &place);
	for (unsigned i = 0; i < n; i++) {
		draw(picture, &glyphs[list[i]], &place);
		place.x += (GLYPH_WIDTH + GLYPH_GAP) * scale;
	}
}

uint8_t *tray_icon_draw(unsigned size, uint64_t number) {
	struct picture picture = { .size = size };
	/* The plate has a margin of eight units for shadows that no tray draws. */
	const struct place place = { -(float)size / 16, -(float)size / 16,
		(float)size / (UNITS - 16) };

	assert(size > 0 && size <= SIZE_MAX_PIXELS);
	picture.argb = MEMORY_NEW_ARRAY(uint8_t, 4 * (size_t)size * size);
	for (size_t i = 0; i < ARRAY_SIZE(horn); i++)
		draw(&picture, &horn[i], &place);
	if (number > 0)
		draw_number(&picture, number);
	return picture.argb;
}
