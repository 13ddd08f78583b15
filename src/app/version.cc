#include "app/version.h"

namespace penchant {

std::string_view program_version() { return PENCHANT_VERSION; }

}  // namespace penchant
