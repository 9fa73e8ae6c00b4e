/* Checks model.c on this machine. It is not needed in your program.

   cc -O2 model.c model_check.c -o check
   ./check                   computes the images below and compares their logits
   ./check IMAGES ANSWERS    computes all images of a file of bytes, and writes class names, threshold and probabilities
 */
#include <stdio.h>
#include <string.h>

#include "model.h"

enum { PIXELS = MODEL_CHANNELS * MODEL_HEIGHT * MODEL_WIDTH };

/* @check */

static int check_images(void) {
    float logits[MODEL_CLASSES], largest = 0.0f;
    int i, j, good = 1;
    for (i = 0; i < CHECK_IMAGES; i++) {
        model_logits(check_pixels[i], logits);
        for (j = 0; j < MODEL_CLASSES; j++) {
            const float difference = logits[j] - check_logits[i][j];
            const float size = difference < 0.0f ? -difference : difference;
            if (!(size <= 1e-3f)) good = 0; /* also if it is NaN */
            if (size > largest) largest = size;
        }
    }
    printf("%s: logits of the check images differ by at most %.2g\n", good ? "OK" : "WRONG", (double)largest);
    return !good;
}

static int answer(FILE* images, FILE* answers) {
    static uint8_t image[PIXELS];
    float probabilities[MODEL_CLASSES];
    const int32_t classes = MODEL_CLASSES;
    const double threshold = MODEL_THRESHOLD;
    int i;
    fwrite(&classes, sizeof classes, 1, answers);
    fwrite(&threshold, sizeof threshold, 1, answers);
    for (i = 0; i < MODEL_CLASSES; i++) fwrite(model_class_names[i], strlen(model_class_names[i]) + 1, 1, answers);
    while (fread(image, PIXELS, 1, images) == 1) {
        const int32_t found = model_predict(image, probabilities);
        fwrite(&found, sizeof found, 1, answers);
        fwrite(probabilities, sizeof probabilities, 1, answers);
    }
    return ferror(images) || ferror(answers);
}

int main(int count, char** arguments) {
    FILE *images, *answers;
    int failed;
    if (count == 1) return check_images();
    if (count != 3) {
        fprintf(stderr, "Give a file of images and a file to write, or nothing to check the images inside.\n");
        return 2;
    }
    images = fopen(arguments[1], "rb");
    answers = images ? fopen(arguments[2], "wb") : NULL;
    if (!answers) {
        fprintf(stderr, "%s cannot be opened.\n", arguments[images ? 2 : 1]);
        return 1;
    }
    failed = answer(images, answers);
    return fclose(answers) || failed;
}
