/* Positions of a window along one axis: from `first` to before `end`. */
struct positions {
    int first, end;
};

/* Returns the positions at which one cell of the kernel is inside the map, and not in its padding.
   At position p, the cell is at p * stride + offset. */
static struct positions inside(int offset, int stride, int size, int count) {
    struct positions result;
    result.first = offset < 0 ? (stride - 1 - offset) / stride : 0;
    result.end = offset < size ? (size - 1 - offset) / stride + 1 : 0;
    if (result.end > count) result.end = count;
    return result;
}
