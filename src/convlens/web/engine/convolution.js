// Convolution (cross-correlation), which is nearly all the work of a forward pass, in a form that a browser runs fast.
//
// The input is copied into a padded buffer, so that no tap asks whether it is inside. The kernels of four maps lie side by
// side, so that every input number that is read serves four sums, and two neighbouring columns are summed at once, so that
// every weight serves two. The eight sums stay in registers. All in float64: JavaScript computes in it anyway, and a
// Float32Array would convert at every access.

const MAPS = 4;
const COLUMNS = 2;

/** What a layer's convolution needs besides its input, made once for its weights: see `convolve`. */
export function prepareConvolution(layer) {
  const [channels, height, width] = layer.inputShape;
  const [kernelHeight, kernelWidth] = layer.kernel;
  const [padRows, padColumns] = layer.padding;
  const [rows, columns] = [height + 2 * padRows, width + 2 * padColumns];
  const offsets = new Int32Array(channels * kernelHeight * kernelWidth);
  let tap = 0;
  for (let channel = 0; channel < channels; channel += 1) {
    for (let row = 0; row < kernelHeight; row += 1) {
      for (let column = 0; column < kernelWidth; column += 1) {
        offsets[tap] = (channel * rows + row * layer.dilation[0]) * columns + column * layer.dilation[1];
        tap += 1;
      }
    }
  }
  // The last pair of columns may reach one stride beyond the end.
  const padded = new Float64Array(channels * rows * columns + COLUMNS * layer.stride[1]);
  return { rows, columns, offsets, padded, packed: packKernels(layer, offsets.length) };
}

/** The kernels of four maps side by side, tap by tap; maps that are missing in the last four have zeros. */
function packKernels(layer, taps) {
  const maps = layer.outputShape[0];
  const packed = new Float64Array(Math.ceil(maps / MAPS) * MAPS * taps);
  for (let map = 0; map < maps; map += 1) {
    const start = Math.floor(map / MAPS) * MAPS * taps + (map % MAPS);
    for (let tap = 0; tap < taps; tap += 1) packed[start + tap * MAPS] = layer.weight.data[map * taps + tap];
  }
  return packed;
}

/** Copy the input into the middle of the padded buffer; its frame stays zero from the beginning. */
function fillPadded(layer, prepared, input) {
  const [channels, height, width] = layer.inputShape;
  const { rows, columns, padded } = prepared;
  for (let channel = 0; channel < channels; channel += 1) {
    for (let row = 0; row < height; row += 1) {
      let from = (channel * height + row) * width;
      let to = (channel * rows + row + layer.padding[0]) * columns + layer.padding[1];
      for (const end = from + width; from < end; from += 1, to += 1) padded[to] = input[from];
    }
  }
}

/** The maps of a convolutional layer from C·H·W numbers, bias added. */
export function convolve(layer, prepared, input) {
  fillPadded(layer, prepared, input);
  const [maps, height, width] = layer.outputShape;
  const output = new Float32Array(maps * height * width);
  const sums = new Float64Array(MAPS * COLUMNS);
  const taps = prepared.offsets.length;
  const [strideRows, stride] = layer.stride;
  for (let map = 0; map < maps; map += MAPS) {
    const here = Math.min(MAPS, maps - map);
    for (let row = 0; row < height; row += 1) {
      for (let column = 0; column < width; column += COLUMNS) {
        const start = row * strideRows * prepared.columns + column * stride;
        sumBlock(prepared.padded, start, stride, prepared.offsets, taps, prepared.packed, map * taps, sums);
        const both = column + 1 < width;
        for (let k = 0; k < here; k += 1) {
          const to = ((map + k) * height + row) * width + column;
          const bias = layer.bias.data[map + k];
          output[to] = sums[k] + bias;
          if (both) output[to + 1] = sums[MAPS + k] + bias;
        }
      }
    }
  }
  return output;
}

/** Four maps × two columns: every tap's number times its weight, summed. */
function sumBlock(padded, start, stride, offsets, taps, packed, from, sums) {
  let [a0, a1, a2, a3, b0, b1, b2, b3] = [0, 0, 0, 0, 0, 0, 0, 0];
  let weight = from;
  for (let tap = 0; tap < taps; tap += 1) {
    const place = start + offsets[tap];
    const a = padded[place];
    const b = padded[place + stride];
    const w0 = packed[weight];
    const w1 = packed[weight + 1];
    const w2 = packed[weight + 2];
    const w3 = packed[weight + 3];
    a0 += a * w0;
    a1 += a * w1;
    a2 += a * w2;
    a3 += a * w3;
    b0 += b * w0;
    b1 += b * w1;
    b2 += b * w2;
    b3 += b * w3;
    weight += MAPS;
  }
  sums[0] = a0;
  sums[1] = a1;
  sums[2] = a2;
  sums[3] = a3;
  sums[4] = b0;
  sums[5] = b1;
  sums[6] = b2;
  sums[7] = b3;
}
