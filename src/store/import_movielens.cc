// MovieLens (GroupLens): 100k has tabs and bars, 1M and 10M have "::", the later editions CSV. The
// old ones are Latin-1.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <span>

#include "base/utf8.h"
#include "store/csv.h"
#include "store/import_formats.h"
#include "store/table_row.h"

namespace penchant {

std::string decode_latin1(std::string_view text) {
  if (utf8_invalid_at(text) == std::string_view::npos) return std::string(text);
  std::string out;
  for (const char c : text) utf8_append(out, static_cast<unsigned char>(c));
  return out;
}

namespace {

using Fields = std::vector<std::string>;

// 19 flags behind the fifth field of u.item.
constexpr std::array<const char*, 19> genres_100k = {
    "unknown",     "Action", "Adventure", "Animation", "Children's", "Comedy",  "Crime",
    "Documentary", "Drama",  "Fantasy",   "Film-Noir", "Horror",     "Musical", "Mystery",
    "Romance",     "Sci-Fi", "Thriller",  "War",       "Western"};

Fields split(std::string_view line, std::string_view separator) {
  Fields fields;
  size_t at = 0;
  while (true) {
    const size_t end = std::min(line.find(separator, at), line.size());
    fields.emplace_back(line.substr(at, end - at));
    if (end == line.size()) return fields;
    at = end + separator.size();
  }
}

Error wrong_count(size_t found, size_t wanted) {
  return invalid(fmt::format("{} fields instead of {}", found, wanted));
}

// "Toy Story (1995)": the year as a label, the title as it is.
void take_year(Item& item) {
  const std::string_view title = item.title;
  if (title.size() < 6 || title.back() != ')' || title[title.size() - 6] != '(') return;
  const std::optional<double> year = parse_number(title.substr(title.size() - 5, 4));
  if (year && *year >= 1800 && *year < 2200) item.labels["year"] = static_cast<int64_t>(*year);
}

Result<Event> rating(const Fields& fields, std::string_view type) {
  if (fields.size() != 4) return wrong_count(fields.size(), 4);
  Event event;
  event.user = fields[0];
  event.item = fields[1];
  event.type = type;
  const std::optional<double> value = parse_number(fields[2]);
  if (!value) return invalid(fmt::format("rating \"{}\" is not a number", fields[2].substr(0, 64)));
  event.value = *value;
  TRY(event.time, parse_time_cell(fields[3]));
  return event;
}

// "01-Jan-1995", as u.item has it; none when it is something else.
std::optional<Seconds> release_date(std::string_view text) {
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != 11 || text[2] != '-' || text[6] != '-') return std::nullopt;
  const std::optional<double> day = parse_number(text.substr(0, 2));
  const std::optional<double> year = parse_number(text.substr(7));
  const size_t month = months.find(text.substr(3, 3));
  if (!day || !year || month % 3 != 0) return std::nullopt;
  const Result<Seconds> time =
      parse_rfc3339(fmt::format("{:04}-{:02}-{:02}", *year, month / 3 + 1, *day));
  return time.ok() ? std::optional(*time) : std::nullopt;
}

Result<Item> item_100k(const Fields& fields) {
  if (fields.size() != 5 + genres_100k.size())
    return wrong_count(fields.size(), 5 + genres_100k.size());
  Item item;
  item.id = fields[0];
  item.title = fields[1];
  take_year(item);
  item.time = release_date(fields[2]);
  item.url = fields[4];
  for (size_t i = 1; i < genres_100k.size(); ++i)  // "unknown" is no genre
    if (fields[5 + i] == "1") item.categories.emplace_back(genres_100k[i]);
  return item;
}

Result<User> user_with(const Fields& fields, std::span<const char* const> names) {
  if (fields.size() != names.size() + 1) return wrong_count(fields.size(), names.size() + 1);
  User user;
  user.id = fields[0];
  for (size_t i = 0; i < names.size(); ++i)
    if (!fields[i + 1].empty()) user.labels[names[i]] = fields[i + 1];
  return user;
}

// Id, title and genres, as 1M and the later editions have them.
Result<Item> item_with_genres(const Fields& fields) {
  if (fields.size() != 3) return wrong_count(fields.size(), 3);
  Item item;
  item.id = fields[0];
  item.title = fields[1];
  take_year(item);
  if (fields[2] != "(no genres listed)")
    for (std::string& genre : split(fields[2], "|"))
      if (!genre.empty()) item.categories.push_back(std::move(genre));
  return item;
}

// The tags a user gave to one movie at one time are one event: {"tags":[...]}. The files list the
// tags of a user and movie together.
class Tags {
 public:
  explicit Tags(ImportOutput& output) : output_(output) {}

  Result<> add(const Fields& fields) {
    if (fields.size() != 4) return output_.bad(wrong_count(fields.size(), 4).message);
    Result<Seconds> time = parse_time_cell(fields[3]);
    if (!time.ok()) return output_.bad(time.error().message);
    if (!events_.empty() && (events_[0].user != fields[0] || events_[0].item != fields[1])) {
      TRY(finish());
    }
    line_ = output_.line_number();
    for (Event& event : events_)
      if (event.time == *time) {
        event.labels["tags"].get_array().emplace_back(fields[2]);
        return {};
      }
    Event& event = events_.emplace_back();
    event.user = fields[0];
    event.item = fields[1];
    event.type = "tag";
    event.time = *time;
    event.labels["tags"] = json::array({json::value(fields[2])});
    return {};
  }

  Result<> finish() {
    for (Event& event : events_) TRY(output_.add(std::move(event), line_));
    events_.clear();
    return {};
  }

 private:
  ImportOutput& output_;
  std::vector<Event> events_;  // of one user and movie
  uint64_t line_ = 0;
};

constexpr const char* user_labels_100k[] = {"age", "gender", "occupation", "zip_code"};
constexpr const char* user_labels_1m[] = {"gender", "age", "occupation", "zip_code"};

bool is_tags(const ImportFile& file) { return file.path.filename().string().starts_with("tags."); }

Result<> import_old(const ImportFile& file, std::string_view type, ImportOutput& output) {
  const bool small = file.format == FileFormat::movielens_100k;
  Tags tags(output);
  TRY(output.for_each_line(file.path, [&](std::string_view line) -> Result<> {
    if (line.empty()) return {};
    const std::string text = decode_latin1(line);
    if (file.kind == RecordKind::item)
      return small ? output.add(item_100k(split(text, "|")))
                   : output.add(item_with_genres(split(text, "::")));
    if (file.kind == RecordKind::user)
      return small ? output.add(user_with(split(text, "|"), user_labels_100k))
                   : output.add(user_with(split(text, "::"), user_labels_1m));
    const Fields fields = split(text, small ? "\t" : "::");
    return is_tags(file) ? tags.add(fields) : output.add(rating(fields, type));
  }));
  return tags.finish();
}

// links.csv beside movies.csv: ids of IMDb and TMDB by movie.
Result<std::map<std::string, std::pair<std::string, std::string>>> read_links(const Path& movies) {
  std::map<std::string, std::pair<std::string, std::string>> links;
  for (const char* name : {"links.csv", "links.csv.gz"}) {
    const Path path = movies.parent_path() / name;
    if (!std::filesystem::exists(path)) continue;
    TRY(LineReader reader, LineReader::open(path));
    CsvRecord record(',');
    std::string_view line;
    while (true) {
      Result<bool> more = reader.next(line);
      if (!more.ok() && more.error().code == Code::too_large) continue;
      if (!more.ok()) return std::move(more).error();
      if (!*more) break;
      const Result<bool> whole = record.feed(line);
      if (!whole.ok() || !*whole || record.fields().size() != 3) continue;
      links[record.fields()[0]] = {record.fields()[1], record.fields()[2]};
    }
    break;
  }
  return links;
}

Result<> import_latest(const ImportFile& file, std::string_view type, ImportOutput& output) {
  std::map<std::string, std::pair<std::string, std::string>> links;
  if (file.kind == RecordKind::item) {
    TRY(links, read_links(file.path));
  }
  Tags tags(output);
  CsvRecord record(',');
  TRY(output.for_each_line(file.path, [&](std::string_view line) -> Result<> {
    if (output.line_number() == 1 || line.empty()) return {};  // the header
    if (utf8_invalid_at(line) != std::string_view::npos)
      return output.bad(check_utf8(line, "line").error().message);
    const Result<bool> whole = record.feed(line);
    if (!whole.ok()) return output.bad(whole.error().message);
    if (!*whole) {  // no field of these files has a line end
      record.reset();
      return output.bad("a quoted field is not closed");
    }
    if (is_tags(file)) return tags.add(record.fields());
    if (file.kind == RecordKind::event) return output.add(rating(record.fields(), type));
    Result<Item> item = item_with_genres(record.fields());
    if (item.ok()) {
      if (const auto found = links.find(item->id); found != links.end()) {
        if (!found->second.first.empty()) item->labels["imdb"] = found->second.first;
        if (!found->second.second.empty()) item->labels["tmdb"] = found->second.second;
      }
    }
    return output.add(std::move(item));
  }));
  return tags.finish();
}

}  // namespace

Result<> import_movielens(const ImportFile& file, const ImportOptions& options,
                          ImportOutput& output) {
  const std::string type = options.event_type.empty() ? "rating" : options.event_type;
  return file.format == FileFormat::movielens_latest ? import_latest(file, type, output)
                                                     : import_old(file, type, output);
}

}  // namespace penchant
