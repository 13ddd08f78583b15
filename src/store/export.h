// Everything of one kind as JSON Lines that import reads back to equal records (the file's name or
// --kind says the kind).
//
//   TRY(export_lines(store, "default", RecordKind::item, [&](std::string_view line) {
//     return file.write(line);   // Result<>; the line comes with its line end
//   }));
//
// Thread-safety: as the store; a consistent snapshot.
#pragma once

#include <string_view>

#include "base/result.h"
#include "store/import.h"
#include "store/store.h"

namespace penchant {

Result<> export_lines(Store& store, std::string_view tenant, RecordKind kind,
                      Result<> (*write)(void* context, std::string_view line), void* context);

template <class Write>
Result<> export_lines(Store& store, std::string_view tenant, RecordKind kind, Write write) {
  return export_lines(
      store, tenant, kind,
      [](void* context, std::string_view line) { return (*static_cast<Write*>(context))(line); },
      &write);
}

}  // namespace penchant
