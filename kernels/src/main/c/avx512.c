/* Kernels for AVX-512 without VNNI and BF16. */
#include "gorgon.h"

#include "v16_avx512.h"

/* Sizes of tiles that fit in the registers. */
enum { PANEL_ROWS_FLOAT = 6, PANEL_ROWS_DOT = 12, PANEL_ROWS_INT = 8 };
enum { FLOAT_COLUMNS = 2, INT_COLUMNS = 2, VALUE_COLUMNS = 2, WIDE_ATTENTION = 1 };
enum { SHRINK_ROWS = 4, EXPAND_ROWS = 4 };
#define FLOAT_ROWS ROWS_1_TO_6
#define INT_ROWS ROWS_1_TO_8
#define INSTRUCTION_SET avx512

#include "inputs.h"
#include "linear.h"
#include "pack.h"
#include "lowrank.h"
#include "rows.h"
#include "attention.h"
#include "probe.h"
#include "table.h"
