"""Exports a model as C99: a header, a source file, and a program that checks them.

    stages      a network as the operations that the C code has: convolutions with what follows them, dense layers, ...
    memory      where each value lies in one static array
    floats      tables and calls in float
    templates   reads the .c and .h files of this folder, and fills in the tables
    compiler    runs the C compiler
    format      the format: write, compile, run, compare

The C code is in `model.h`, `model.c`, `model_check.c` and `kernels/`. An export has only those kernels that its network
needs.
"""
