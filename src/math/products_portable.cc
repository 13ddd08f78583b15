// Compiled for any processor: what the other products are tested against.
#include "math/product_text.h"

namespace penchant {

const Products products_portable = {"portable", 127, bytes_table, nullptr, nullptr};

}  // namespace penchant
