/*
 * UTF-8: decode, and clean what is shown to people.
 */

#ifndef _WZP_UTF8_H_INCLUDED_
#define _WZP_UTF8_H_INCLUDED_


#include "wzp/wzp_base.h"


/*
 * Decode the code point at p (RFC 3629: no overlong forms, no surrogates,
 * nothing above 10FFFF).  Returns its length in bytes, 0 if it is not valid
 * or cut short.  len > 0.
 */
size_t wzp_utf8_decode(uint32_t *cp, const uint8_t *p, size_t len);

bool wzp_utf8_valid(const uint8_t *p, size_t len);

/*
 * Copy at most max bytes of text into dst, which holds max + 1 and gets a
 * NUL.  Left out are bytes that are not UTF-8 and characters that move the
 * cursor or turn the writing around: C0, DEL, C1, line and paragraph
 * separators, bidirectional controls, byte order marks, interlinear
 * annotation and non-characters.  Ends before the first character that does
 * not fit.  Returns the length.
 */
size_t wzp_utf8_clean(char *dst, size_t max, const char *src, size_t len);


#endif /* _WZP_UTF8_H_INCLUDED_ */
