// Compiled with AVX-512 and VNNI flags (cmake/Kernels.cmake).
#if defined(__AVX512VNNI__)
#include "math/product_text.h"

namespace penchant {

const Products products_avx512 = {"avx512", 127, bytes_table, nullptr, nullptr};

}  // namespace penchant
#endif
