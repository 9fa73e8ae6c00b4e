/* What a WebAssembly module exports, besides its memory. It is compiled with model.c, without a library. */
#include "model.h"

#define EXPORTED(name) __attribute__((export_name(name)))

static uint8_t image[MODEL_CHANNELS * MODEL_HEIGHT * MODEL_WIDTH];
static float results[MODEL_CLASSES];

/* Where the pixels of an image are written to, channel by channel. */
EXPORTED("image") uint8_t* address_of_image(void) { return image; }

/* Where the probabilities are read from; after `logits`, the logits. */
EXPORTED("results") float* address_of_results(void) { return results; }

/* Computes the probabilities. Returns the class, or -1 for unknown. */
EXPORTED("predict") int predict(void) { return model_predict(image, results); }

/* Computes the logits. */
EXPORTED("logits") void logits(void) { model_logits(image, results); }
