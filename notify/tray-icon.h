#pragma once
/* The icon with the number of unread messages on it, drawn. Trays show an icon and nothing else in
 * common: labels and overlays are left out by most of them. Pure. */
#include <stddef.h>
#include <stdint.h>

/* More is drawn as "99+". */
#define TRAY_ICON_NUMBER_MAX 99U

/* Pixels of a square of `size`: rows from the top, each pixel alpha, red, green, blue (not
 * premultiplied), as IconPixmap wants them. Owned; 4 * size * size bytes. A number of 0 is not
 * drawn. `size` is from 1 to 256. */
uint8_t *tray_icon_draw(unsigned size, uint64_t number);
