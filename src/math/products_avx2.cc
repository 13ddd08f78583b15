// Compiled with -mavx2 (cmake/Kernels.cmake). Weights of 7 bits: pairs of products fit 16.
#if defined(__AVX2__)
#include "math/product_text.h"

namespace penchant {

const Products products_avx2 = {"avx2", 63, bytes_table, nullptr, nullptr};

}  // namespace penchant
#endif
