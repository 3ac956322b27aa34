/* Kernels for AVX2 and FMA. */
#include "gorgon.h"

#include "v16_avx2.h"

/* Sizes of tiles that fit in the registers. */
enum { PANEL_ROWS_FLOAT = 3, PANEL_ROWS_DOT = 2, PANEL_ROWS_INT = 2 };
enum { FLOAT_COLUMNS = 1, INT_COLUMNS = 1, VALUE_COLUMNS = 1, WIDE_ATTENTION = 0 };
enum { SHRINK_ROWS = 1, EXPAND_ROWS = 2 };
#define FLOAT_ROWS ROWS_1_TO_3
#define INT_ROWS ROWS_1_TO_2
#define INSTRUCTION_SET avx2

#include "inputs.h"
#include "linear.h"
#include "pack.h"
#include "lowrank.h"
#include "rows.h"
#include "attention.h"
#include "probe.h"
#include "table.h"
