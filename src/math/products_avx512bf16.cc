// Compiled with AVX-512, VNNI and BF16 flags (cmake/Kernels.cmake).
#if defined(__AVX512BF16__)
#include "math/product_text.h"

namespace penchant {

const Products products_avx512bf16 = {"avx512bf16", 127, bytes_table, &halves_table,
                                      attend_avx512bf16};

}  // namespace penchant
#endif
