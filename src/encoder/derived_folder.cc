#include "encoder/derived_folder.h"

#include <fmt/format.h>

#include <system_error>

namespace penchant {

namespace fs = std::filesystem;

Result<> write_derived_folder(const Path& from, std::span<const NewFile> files, const Path& to) {
  std::error_code error;
  if (fs::exists(to, error))
    return Error{Code::conflict, fmt::format("{} exists already", to.string())};
  if (!fs::create_directories(to, error)) return system_error("create", to, error.value());
  for (const NewFile& file : files) TRY(write_file(to / file.name, file.bytes));
  fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::skip_existing, error);
  if (error) return system_error("copy", from, error.value());
  return {};
}

}  // namespace penchant
