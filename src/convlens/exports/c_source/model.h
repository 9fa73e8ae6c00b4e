/* @head */
#ifndef MODEL_H
#define MODEL_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    /* @sizes */
    MODEL_UNKNOWN = -1
};

/* The logits are divided by the temperature. If the likeliest class is less probable than the threshold, the answer is
   MODEL_UNKNOWN; a threshold of -1 means that there is always an answer. */
/* @calibration */

/* The SHA-256 of the model file that this was made from. */
/* @sha256 */

/* The names of the classes, in UTF-8. */
extern const char* const model_class_names[MODEL_CLASSES];

/* Returns the class of an image, from 0, or MODEL_UNKNOWN.

   The image has MODEL_CHANNELS maps of MODEL_HEIGHT rows of MODEL_WIDTH pixels from 0 to 255, as the network was
   trained on them; red, green and blue are three maps. `probabilities` receives MODEL_CLASSES numbers, which add up
   to 1.

   Both functions use the same static memory of MODEL_RAM bytes: call them from one thread at a time. */
int model_predict(const uint8_t* image, float* probabilities);

/* Computes the logits alone: MODEL_CLASSES numbers. */
void model_logits(const uint8_t* image, float* logits);

#ifdef __cplusplus
}
#endif

#endif

/* @facts */
