#include "store/import.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/import_formats.h"
#include "store/import_output.h"

namespace penchant {

namespace {

Result<std::vector<ImportFile>> classify(std::span<const Path> paths,
                                         const ImportOptions& options) {
  std::vector<ImportFile> files;
  for (const Path& path : paths) {
    if (std::filesystem::is_directory(path)) {
      TRY(std::vector<ImportFile> found, classify_folder(path, options));
      files.insert(files.end(), found.begin(), found.end());
    } else {
      TRY(ImportFile file, classify_file(path, options));
      files.push_back(std::move(file));
    }
  }
  // Items before users, users before events; otherwise as given.
  std::stable_sort(files.begin(), files.end(), [](const ImportFile& a, const ImportFile& b) {
    return static_cast<int>(a.kind) < static_cast<int>(b.kind);
  });
  return files;
}

Result<> import_file(const ImportFile& file, const ImportOptions& options, ImportOutput& output) {
  switch (file.format) {
    case FileFormat::jsonl:
      return import_jsonl(file, options, output);
    case FileFormat::csv:
      return import_csv(file, options, output);
    case FileFormat::movielens_100k:
    case FileFormat::movielens_1m:
    case FileFormat::movielens_latest:
      return import_movielens(file, options, output);
    case FileFormat::recbole:
      return import_recbole(file, options, output);
    case FileFormat::amazon:
    case FileFormat::amazon_ratings:
      return import_amazon(file, options, output);
  }
  return {};
}

}  // namespace

Result<ImportSummary> import_files(std::span<const Path> paths, const ImportOptions& options,
                                   ImportSink& sink) {
  TRY(const std::vector<ImportFile> files, classify(paths, options));
  uint64_t bytes = 0;
  for (const ImportFile& file : files) {
    std::error_code ignored;
    bytes += std::filesystem::file_size(file.path, ignored);
  }
  ImportOutput output(sink, options.strict, bytes);
  for (const ImportFile& file : files) {
    TRY(import_file(file, options, output));
    TRY(output.flush());
  }
  return output.summary();
}

}  // namespace penchant
