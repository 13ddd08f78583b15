// Which format a file or folder has, from names and first lines.
#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.h"
#include "store/csv.h"
#include "store/field_names.h"
#include "store/import_formats.h"
#include "store/table_row.h"

namespace penchant {

namespace {

// The name without .gz, in lower case.
std::string plain_name(const Path& path) {
  std::string name = path.filename().string();
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  return name;
}

struct KnownName {
  std::string_view name;
  FileFormat format;
  RecordKind kind;
};

// links.csv is read together with movies.csv.
constexpr KnownName movielens_names[] = {
    {"u.item", FileFormat::movielens_100k, RecordKind::item},
    {"u.user", FileFormat::movielens_100k, RecordKind::user},
    {"u.data", FileFormat::movielens_100k, RecordKind::event},
    {"movies.dat", FileFormat::movielens_1m, RecordKind::item},
    {"users.dat", FileFormat::movielens_1m, RecordKind::user},
    {"ratings.dat", FileFormat::movielens_1m, RecordKind::event},
    {"tags.dat", FileFormat::movielens_1m, RecordKind::event},
    {"movies.csv", FileFormat::movielens_latest, RecordKind::item},
    {"ratings.csv", FileFormat::movielens_latest, RecordKind::event},
    {"tags.csv", FileFormat::movielens_latest, RecordKind::event},
};

// The first line that is not blank; empty for an empty file.
Result<std::string> first_line(const Path& path) {
  TRY(LineReader reader, LineReader::open(path));
  std::string_view line;
  while (true) {
    TRY(const bool more, reader.next(line));
    if (!more) return std::string();
    if (line.starts_with("\xFF\xFE") || line.starts_with("\xFE\xFF"))
      return invalid(
          fmt::format("{} is UTF-16; iconv -f UTF-16 -t UTF-8 converts it", path.string()));
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) return std::string(line);
  }
}

std::optional<ImportFile> as_movielens(const Path& path, std::string_view name,
                                       std::string_view line) {
  for (const KnownName& known : movielens_names) {
    if (name != known.name) continue;
    // Anybody may call a file ratings.csv; MovieLens has these columns.
    if (known.format == FileFormat::movielens_latest && !line.starts_with("userId,movieId,") &&
        !line.starts_with("movieId,title,"))
      return std::nullopt;
    if (known.format == FileFormat::movielens_1m && line.find("::") == std::string_view::npos)
      return std::nullopt;
    return ImportFile{path, known.format, known.kind};
  }
  return std::nullopt;
}

std::optional<ImportFile> as_recbole(const Path& path, std::string_view name,
                                     std::string_view line) {
  if (line.find(':') == std::string_view::npos) return std::nullopt;
  if (name.ends_with(".inter")) return ImportFile{path, FileFormat::recbole, RecordKind::event};
  if (name.ends_with(".item")) return ImportFile{path, FileFormat::recbole, RecordKind::item};
  if (name.ends_with(".user")) return ImportFile{path, FileFormat::recbole, RecordKind::user};
  return std::nullopt;
}

std::optional<ImportFile> as_amazon(const Path& path, std::string_view line) {
  if (line.front() != '{') return std::nullopt;
  const Result<json::object> object = parse_amazon_line(line);
  if (!object.ok()) return std::nullopt;
  if (!object->contains("asin") && !object->contains("parent_asin")) return std::nullopt;
  const bool review =
      object->contains("reviewerID") || (object->contains("user_id") && object->contains("rating"));
  return ImportFile{path, FileFormat::amazon, review ? RecordKind::event : RecordKind::item};
}

// user,item,5.0,1369699200
std::optional<ImportFile> as_amazon_ratings(const Path& path, std::string_view line) {
  CsvRecord record(',');
  const Result<bool> whole = record.feed(line);
  if (!whole.ok() || !*whole || record.fields().size() != 4) return std::nullopt;
  const auto& fields = record.fields();
  const std::optional<double> stars = parse_number(fields[2]);
  const std::optional<double> time = parse_number(fields[3]);
  const bool product = (fields[0].size() == 10) != (fields[1].size() == 10);
  if (!product || !stars || *stars < 0 || *stars > 5 || !time || *time < 1e8) return std::nullopt;
  return ImportFile{path, FileFormat::amazon_ratings, RecordKind::event};
}

Result<std::optional<RecordKind>> wanted_kind(const ImportOptions& options, std::string_view name) {
  if (options.kind.empty()) return kind_of_file_name(name.substr(0, name.find('.')));
  const std::optional<RecordKind> kind = parse_kind(options.kind);
  if (!kind)
    return invalid(
        fmt::format("unknown kind \"{}\"; there are items, users and events", options.kind));
  return kind;
}

Result<ImportFile> as_jsonl(const Path& path, std::string_view name, std::string_view line,
                            const ImportOptions& options) {
  TRY(const std::optional<RecordKind> kind, wanted_kind(options, name));
  if (kind) return ImportFile{path, FileFormat::jsonl, *kind};
  // A bad first line is a bad line like any other.
  const Result<json::value> value = parse_json(line, "line");
  if (!value.ok() || !value->is_object())
    return ImportFile{path, FileFormat::jsonl, RecordKind::event, true};
  const std::optional<RecordKind> told = kind_of_object(value->get_object());
  if (!told)
    return invalid(fmt::format(
        "{}: cannot tell whether these are items, users or events; --kind says it", path.string()));
  return ImportFile{path, FileFormat::jsonl, *told, true};
}

Result<ImportFile> as_csv(const Path& path, std::string_view name, std::string_view line,
                          const ImportOptions& options) {
  TRY(const std::optional<RecordKind> kind, wanted_kind(options, name));
  if (kind) return ImportFile{path, FileFormat::csv, *kind};
  CsvRecord record(csv_separator(line));
  TRY(const bool whole, record.feed(line));
  std::vector<std::string> names;
  for (const std::string& column : record.fields()) {
    names.push_back(fold_name(column));
    for (const auto& [field, renamed] : options.columns)
      if (renamed == column) names.back() = fold_name(field);
  }
  const std::optional<RecordKind> told = kind_of_names(names);
  if (!whole || !told)
    return invalid(
        fmt::format("{}: cannot tell from the header whether these are items, users or "
                    "events; --kind says it",
                    path.string()));
  return ImportFile{path, FileFormat::csv, *told};
}

bool is_table_name(std::string_view name) {
  return name.ends_with(".csv") || name.ends_with(".tsv") || name.ends_with(".txt");
}

Result<ImportFile> wrong_format(const Path& path, std::string_view format) {
  return invalid(fmt::format("{}: not a file of the format {}", path.string(), format));
}

}  // namespace

Result<ImportFile> classify_file(const Path& path, const ImportOptions& options) {
  TRY(const std::string line, first_line(path));
  const std::string name = plain_name(path);
  const std::string_view format = options.format;
  const auto may_be = [&](std::string_view which) { return format.empty() || format == which; };
  if (!may_be("jsonl") && !may_be("csv") && !may_be("movielens") && !may_be("recbole") &&
      !may_be("amazon"))
    return invalid(fmt::format(
        "unknown format \"{}\"; there are jsonl, csv, movielens, recbole and amazon", format));
  if (line.empty() && format.empty()) {  // nothing in it: no records
    return ImportFile{path, FileFormat::jsonl, RecordKind::event, true};
  }
  if (may_be("movielens"))
    if (const auto file = as_movielens(path, name, line)) return *file;
  if (may_be("recbole"))
    if (const auto file = as_recbole(path, name, line)) return *file;
  if (may_be("amazon") && !line.empty()) {
    if (const auto file = as_amazon(path, line)) return *file;
    if (const auto file = as_amazon_ratings(path, line)) return *file;
  }
  if (format == "jsonl" || (format.empty() && line.front() == '{'))
    return as_jsonl(path, name, line, options);
  if (format.empty() && line.front() == '[')
    return invalid(
        fmt::format("{} is one JSON array; JSON Lines has one object a line", path.string()));
  if (format == "csv" || (format.empty() && is_table_name(name)))
    return as_csv(path, name, line, options);
  if (!format.empty()) return wrong_format(path, format);
  return invalid(fmt::format(
      "{}: cannot tell the format; --format says it: jsonl, csv, movielens, recbole or amazon",
      path.string()));
}

Result<std::vector<ImportFile>> classify_folder(const Path& folder, const ImportOptions& options) {
  std::vector<Path> paths;
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(folder, failed), end; !failed && entry != end;
       entry.increment(failed))
    if (entry->is_regular_file()) paths.push_back(entry->path());
  if (failed) return system_error("read", folder, failed.value());
  std::sort(paths.begin(), paths.end());
  std::vector<ImportFile> files;
  for (const Path& path : paths) {
    const Result<ImportFile> file = classify_file(path, options);
    if (file.ok()) files.push_back(*file);  // others are readmes and the like
  }
  // MovieLens brings further tables (links, genome scores) that look like records of their own.
  const auto is_movielens = [](const ImportFile& file) {
    return file.format == FileFormat::movielens_100k || file.format == FileFormat::movielens_1m ||
           file.format == FileFormat::movielens_latest;
  };
  if (std::any_of(files.begin(), files.end(), is_movielens))
    std::erase_if(files, [&](const ImportFile& file) { return !is_movielens(file); });
  if (files.empty())
    return invalid(
        fmt::format("no file of a known format in {}: JSON Lines, CSV, MovieLens, "
                    "RecBole atomic files, Amazon reviews",
                    folder.string()));
  return files;
}

}  // namespace penchant
