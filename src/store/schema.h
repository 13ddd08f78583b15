// The tables of penchant.db and their version (docs/FORMATS.md has the description).
// Thread-safety: as the connection.
#pragma once

#include <string_view>

#include "base/result.h"
#include "store/sqlite.h"

namespace penchant {

inline constexpr int64_t schema_version = 1;               // PRAGMA user_version
inline constexpr int64_t schema_application = 0x50454e43;  // PRAGMA application_id: "PENC"

// Makes a new file ready or checks an old one; `what` as in Connection::open. A file of a newer
// version, or of another program, is left untouched.
Result<> prepare_schema(Connection& connection, std::string_view what);

}  // namespace penchant
