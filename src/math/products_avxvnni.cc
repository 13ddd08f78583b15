// Compiled with -mavx2 and -mavxvnni (cmake/Kernels.cmake).
#if defined(__AVXVNNI__)
#include "math/product_text.h"

namespace penchant {

const Products products_avxvnni = {"avxvnni", 127, bytes_table, nullptr, nullptr};

}  // namespace penchant
#endif
