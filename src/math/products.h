// The products of this processor, chosen at run time.
// Thread-safety: safe; set_products before other threads make weights.
#pragma once

#include <string_view>
#include <vector>

#include "math/product_table.h"

namespace penchant {

const Products& products();  // the chosen ones; at first the best that run here

// Those that run here, best first; the last is always "portable".
std::vector<std::string_view> product_names();
// For weights packed from now on; false for an unknown name or one that cannot run here.
bool set_products(std::string_view name);

// Products and kernels (math/kernels.h) as a processor that has no more than `name`, one of
// product_names(), would choose them; false otherwise.
bool set_processor(std::string_view name);

}  // namespace penchant
