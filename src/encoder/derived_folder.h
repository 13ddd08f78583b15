// A model's folder made from another one: some files new, all others copied.
// Thread-safety: a function on its arguments.
#pragma once

#include <span>
#include <string>

#include "base/files.h"
#include "base/result.h"

namespace penchant {

struct NewFile {
  std::string name, bytes;
};

// `to` must not exist.
Result<> write_derived_folder(const Path& from, std::span<const NewFile> files, const Path& to);

}  // namespace penchant
