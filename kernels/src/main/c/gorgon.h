/*
 * The native kernels of one instruction set. What each function computes is said by dev.gorgon.kernels.Kernels; its scalar
 * twin gives the order of operations. Callers validate sizes, own all memory and start all threads; a call touches nothing but
 * its arguments.
 */
#ifndef GORGON_H
#define GORGON_H

#include <stddef.h>
#include <stdint.h>

/* Raised with every change of a struct or a signature below; Java refuses a library with another number. */
#define GORGON_ABI 2

/* WeightFormat.ordinal() */
enum { FORMAT_F32, FORMAT_BF16, FORMAT_Q8, FORMAT_Q4, FORMATS };

/* ElementType.ordinal() */
enum { SOURCE_F32, SOURCE_F16, SOURCE_BF16 };

/* Outputs per block of weights; inputs that share a scale. */
enum { BLOCK = 32, GROUP = 32 };

/* Positions per page of keys and values. */
enum { PAGE = 16 };

struct attention {
    const uint8_t *pages;      /* page of block 0 for this layer and head */
    int64_t block_stride;      /* bytes */
    const int32_t *blocks;     /* block table */
    const float *queries;      /* first query head of the first row */
    int64_t query_stride;      /* floats per row */
    float *output;
    int64_t output_stride;
    const int32_t *positions;  /* per row */
    const int32_t *paths;      /* [rows][path_stride] slots from position prefix on, or NULL */
    float *scratch;            /* ATTENTION_TILE + 1 runs of scores, each of slots rounded up to a page, plus a page */
    int32_t path_stride;
    int32_t rows;
    int32_t heads;
    int32_t head_dim;
    int32_t format;
    int32_t prefix;
    int32_t window;
    float scale;
};

/* Rows whose queries and keys are to be rotated, and whose keys and values are to be stored. */
struct new_rows {
    uint8_t *pages;            /* page of block 0 for this layer and head */
    int64_t block_stride;      /* bytes */
    const int32_t *blocks;     /* block table */
    const int32_t *positions;  /* per row */
    float *queries;            /* first query head of the first row */
    float *keys;
    const float *values;
    int64_t stride;            /* floats per row */
    const float *cos;          /* of position 0 */
    const float *sin;
    int64_t angle_stride;      /* floats per position */
    int32_t rows;
    int32_t heads;
    int32_t head_dim;
    int32_t format;
    int32_t first_slot;
    int32_t unused;
};

/* Queries that share loads of keys and values. */
enum { ATTENTION_TILE = 8 };

struct logit_chunk {
    int32_t arg_max;
    float max;
    float sum_exp;
};

struct weights {
    const uint8_t *blocks;
    int32_t format;
    int32_t outputs;
    int32_t inputs;
};

/* One adapter's share of shrinking or expanding: some rows, and some blocks of ranks or some outputs. */
struct low_rank_task {
    const uint8_t *weights;    /* A of all ranks, or B of a part */
    const float *in;           /* first row */
    float *out;                /* first row, first rank or column */
    int32_t rank;              /* of the part; not used for shrinking */
    int32_t rows;
    int32_t from;              /* blocks of ranks, or columns of the part's outputs */
    int32_t to;
};

/* Entries in the order in which Java reads them. */
struct kernels {
    /* Bytes of one row of activations once packed for weights of a format. */
    int64_t (*input_row_bytes)(int32_t format, int32_t inputs);
    /* Packs groups [first, end) of 32 inputs of all rows of activations. */
    void (*pack_inputs)(int32_t format, int32_t inputs, const float *x, int64_t stride, int32_t rows, int32_t first,
                        int32_t end, uint8_t *packed);
    void (*linear)(int32_t format, const uint8_t *weights, int32_t outputs, int32_t inputs, int32_t first, int32_t end,
                   const uint8_t *packed, int32_t rows, float *y, int64_t stride, int32_t accumulate);
    /* Packs rows [from, to) of a row-major matrix as outputs; 0, or 1 when an element is not finite or out of range. */
    int32_t (*pack_weights)(int32_t format, const uint8_t *source, int32_t type, int32_t inputs, int32_t from, int32_t to,
                            int32_t first_output, float scale, uint8_t *weights);
    void (*rms_norm)(const float *x, int64_t x_stride, int32_t rows, int32_t columns, const float *weight, float epsilon,
                     float *y, int64_t y_stride);
    void (*rotate_and_store)(const struct new_rows *task);
    void (*gated_activation)(const float *gate, int64_t gate_stride, const float *up, int64_t up_stride, int32_t rows,
                             int32_t columns, float *y, int64_t y_stride);
    void (*residual_activation)(const float *x, int64_t x_stride, const float *a, int64_t a_stride, const float *bias,
                                int32_t rows, int32_t columns, float *y, int64_t y_stride);
    void (*attend)(const struct attention *task);
    void (*reduce_logits)(const float *row, int32_t from, int32_t to, struct logit_chunk *result);
    /* Reads memory as fast as it goes; the sum of what was read. */
    float (*read)(const uint8_t *bytes, int64_t count);
    /* Packs rows of a row-major matrix as ranks of a low-rank change; 0, or 1 when an element is not finite. */
    int32_t (*pack_down)(int32_t format, const uint8_t *source, int32_t type, int32_t inputs, int32_t rows, int32_t first_rank,
                         uint8_t *down);
    void (*shrink)(int32_t format, int32_t inputs, const struct low_rank_task *tasks, int32_t count, int64_t x_stride,
                   int64_t shrunk_stride);
    /* Outputs in columns [first, end) only. */
    void (*expand)(int32_t format, const struct low_rank_task *tasks, int32_t count, int32_t first, int32_t end,
                   int64_t shrunk_stride, int64_t y_stride);
    /* Runs the multiply-add of a format on registers only; returns multiplications and additions per turn. */
    int64_t (*peak)(int32_t format, int64_t turns);
};

extern const struct kernels gorgon_avx512_vnni;
extern const struct kernels gorgon_avx512;
extern const struct kernels gorgon_avx2;
extern const struct kernels gorgon_neon;

#endif
