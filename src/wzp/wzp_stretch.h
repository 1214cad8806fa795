/*
 * Time stretching of speech by waveform similarity: one period of the voice
 * is taken out of a frame, or played twice, where the next one is alike; where
 * it is quiet, any piece.  Pitch stays, and nothing clicks.  48 kHz mono,
 * no state, no allocation.
 */

#ifndef _WZP_STRETCH_H_INCLUDED_
#define _WZP_STRETCH_H_INCLUDED_


#include "wzp/wzp_base.h"


#define WZP_STRETCH_MIN     120         /* samples: 2.5 ms, 400 Hz           */
#define WZP_STRETCH_MAX     720         /* 15 ms, 67 Hz                      */
#define WZP_STRETCH_TICK    480         /* where it is quiet: 10 ms or none  */

/* How alike two periods must be, as a correlation. */
#define WZP_STRETCH_CAREFUL 0.9f
#define WZP_STRETCH_HASTY   0.6f


/*
 * Take at most `most` samples out of the n of pcm; returns how many, 0 when
 * there is no good place.
 */
size_t wzp_stretch_shorten(int16_t *pcm, size_t n, size_t most, float alike);

/*
 * Put samples in; pcm has room for n + WZP_STRETCH_MAX.  Returns how many, 0
 * when there is no good place.
 */
size_t wzp_stretch_lengthen(int16_t *pcm, size_t n, float alike);


#endif /* _WZP_STRETCH_H_INCLUDED_ */
