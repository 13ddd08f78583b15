// Compiled with -mavx2 -mfma (cmake/Kernels.cmake).
#if defined(__AVX2__)
#define PENCHANT_TABLE kernels_avx2
#define PENCHANT_TABLE_NAME "avx2"
#include "math/kernels_text.h"
#endif
