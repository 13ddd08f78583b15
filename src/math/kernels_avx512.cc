// Compiled with -mavx512f/bw/dq/vl/vnni (cmake/Kernels.cmake).
#if defined(__AVX512VNNI__)
#define PENCHANT_TABLE kernels_avx512
#define PENCHANT_TABLE_NAME "avx512"
#include "math/kernels_text.h"
#endif
