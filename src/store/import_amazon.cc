// Amazon reviews and product metadata as published by McAuley's group: 2014 (metadata as Python
// dict text), 2018 and 2023 (JSON Lines), and the ratings-only CSV without a header.
//   2014 reviews {reviewerID, asin, overall, unixReviewTime}
//        items   {asin, title, description, categories[[]], imUrl}
//   2018 reviews as 2014
//        items   {asin, title, description[], feature[], category[]}
//   2023 reviews {user_id, parent_asin, rating, timestamp in ms}
//        items   {parent_asin, title, description[], features[], categories[], store}
// Reviews become events of type "rating". Of a review's labels the verified mark and the votes are
// kept, its words are not: they would be most of the data folder.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "base/utf8.h"
#include "store/csv.h"
#include "store/import_formats.h"
#include "store/python_literal.h"
#include "store/table_row.h"

namespace penchant {

namespace {

const json::value* find(const json::object& object, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names)
    if (const json::value* value = object.if_contains(name); value && !value->is_null())
      return value;
  return nullptr;
}

std::string text_of(const json::value* value) {
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

// Titles and descriptions were cut out of pages: "Salt &amp; Pepper".
std::string unescape_html(std::string_view text) {
  constexpr std::pair<std::string_view, std::string_view> names[] = {
      {"&amp;", "&"}, {"&quot;", "\""}, {"&#39;", "'"},  {"&#34;", "\""},
      {"&lt;", "<"},  {"&gt;", ">"},    {"&apos;", "'"}, {"&nbsp;", " "}};
  std::string out;
  size_t at = 0;
  while (at < text.size()) {
    const size_t mark = std::min(text.find('&', at), text.size());
    out.append(text, at, mark - at);
    at = mark;
    if (at == text.size()) break;
    const auto name = std::find_if(std::begin(names), std::end(names), [&](const auto& entry) {
      return text.substr(at).starts_with(entry.first);
    });
    if (name == std::end(names)) {
      out += text[at++];
    } else {
      out += name->second;
      at += name->first.size();
    }
  }
  return out;
}

void add_lines(std::string& text, const json::value* value) {
  if (value == nullptr) return;
  const auto add = [&](const json::value& line) {
    if (!line.is_string() || line.get_string().empty()) return;
    if (!text.empty()) text += '\n';
    text += unescape_html(std::string_view(line.get_string()));
  };
  if (value->is_array())
    for (const json::value& line : value->get_array()) add(line);
  add(*value);
}

// Names out of a list, or a list of paths (2014): each once, in their order.
void add_categories(std::vector<std::string>& categories, const json::value* value) {
  if (value == nullptr) return;
  if (value->is_array())
    for (const json::value& entry : value->get_array()) add_categories(categories, &entry);
  if (!value->is_string() || value->get_string().empty()) return;
  std::string name = unescape_html(std::string_view(value->get_string()));
  if (std::find(categories.begin(), categories.end(), name) == categories.end())
    categories.push_back(std::move(name));
}

// A number, or "$12.50".
std::optional<double> price_of(const json::value& value) {
  if (value.is_number()) return value.to_number<double>();
  std::string_view text = value.is_string() ? std::string_view(value.get_string()) : "";
  if (text.starts_with('$')) text.remove_prefix(1);
  std::string digits;
  for (const char c : text)
    if (c != ',') digits += c;
  return parse_number(digits);
}

// imUrl (2014), imageURL[] (2018) or images[].large (2023).
std::string image_of(const json::object& meta) {
  const json::value* image =
      find(meta, {"imUrl", "imageURLHighRes", "imageURL", "images", "image"});
  if (image != nullptr && image->is_array())
    image = image->get_array().empty() ? nullptr : &image->get_array().front();
  if (image != nullptr && image->is_object())
    image = find(image->get_object(), {"large", "hi_res", "thumb"});
  return text_of(image);
}

void take_labels(Item& item, const json::object& meta) {
  static constexpr std::string_view used[] = {
      "asin",       "parent_asin",  "title",    "description", "features", "feature",
      "categories", "category",     "imUrl",    "imageURL",    "images",   "imageURLHighRes",
      "image",      "price",        "main_cat", "store",       "brand",    "main_category",
      "videos",     "similar_item", "tech1",    "tech2"};
  if (const std::string brand = text_of(find(meta, {"brand", "store"})); !brand.empty())
    item.labels["brand"] = unescape_html(brand);
  if (const json::value* price = meta.if_contains("price"))
    if (const std::optional<double> number = price_of(*price)) item.labels["price"] = *number;
  for (const auto& [name, value] : meta) {
    if (std::find(std::begin(used), std::end(used), std::string_view(name)) != std::end(used))
      continue;
    const bool empty = value.is_null() || (value.is_string() && value.get_string().empty()) ||
                       (value.is_array() && value.get_array().empty()) ||
                       (value.is_object() && value.get_object().empty());
    if (!empty) item.labels[name] = value;
  }
}

}  // namespace

Result<json::object> parse_amazon_line(std::string_view line) {
  Result<json::value> value = parse_json(line, "line");
  if (!value.ok()) {
    // Only what JSON cannot be is read as Python, so that errors name the right language.
    const size_t inside = line.find_first_not_of("{ \t");
    const bool python = inside != std::string_view::npos &&
                        (line[inside] == '\'' || line.find(": None") != line.npos ||
                         line.find(": u'") != line.npos || line.find(": '") != line.npos);
    if (python) value = parse_python(line, "line");
  }
  if (!value.ok()) {
    Error error = std::move(value).error();
    error.message.erase(0, std::string_view("line: ").size());
    return error;
  }
  if (!value->is_object()) return invalid("not an object");
  return std::move(value->get_object());
}

Result<Event> amazon_event(const json::object& review, const ImportOptions& options) {
  Event event;
  event.user = text_of(find(review, {"user_id", "reviewerID"}));
  event.item = text_of(find(review, {"parent_asin", "asin"}));
  event.type = options.event_type.empty() ? "rating" : options.event_type;
  const json::value* stars = find(review, {"rating", "overall"});
  if (stars == nullptr || !stars->is_number())
    return invalid("\"rating\" or \"overall\" is missing");
  event.value = stars->to_number<double>();
  const json::value* time = find(review, {"timestamp", "unixReviewTime"});
  if (time != nullptr && time->is_number()) {
    TRY(event.time, parse_time(time->to_number<double>()));
  }
  if (const json::value* verified = find(review, {"verified_purchase", "verified"}))
    event.labels["verified"] = *verified;
  if (const json::value* votes = find(review, {"helpful_vote", "vote"}))
    event.labels["helpful"] = *votes;
  return event;
}

Result<Item> amazon_item(const json::object& meta) {
  Item item;
  item.id = text_of(find(meta, {"parent_asin", "asin"}));
  item.title = unescape_html(text_of(find(meta, {"title"})));
  add_lines(item.text, find(meta, {"description"}));
  add_lines(item.text, find(meta, {"features", "feature"}));
  add_categories(item.categories, find(meta, {"main_category"}));
  add_categories(item.categories, find(meta, {"categories", "category"}));
  if (item.categories.empty()) add_categories(item.categories, find(meta, {"main_cat"}));
  item.image = image_of(meta);
  take_labels(item, meta);
  return item;
}

namespace {

// Ratings-only files: user,item,rating,time (2014) or item,user,rating,time (2018). A product's id
// has ten characters, a user's more.
struct Rating {
  std::string_view user, item, stars, time;
};

Result<Rating> split_rating(std::string_view line) {
  std::string_view fields[4];
  size_t at = 0;
  for (size_t i = 0; i < 4; ++i) {
    const size_t end = std::min(line.find(',', at), line.size());
    if ((end == line.size()) != (i == 3)) return invalid("not four fields");
    fields[i] = line.substr(at, end - at);
    at = end + 1;
  }
  if (fields[0].size() == 10 && fields[1].size() > 10) std::swap(fields[0], fields[1]);
  return Rating{fields[0], fields[1], fields[2], fields[3]};
}

// The same user and item twice: the later time counts, at equal times the later line.
struct Last {
  double time;
  uint64_t line;
};

uint64_t pair_hash(const Rating& rating) {  // FNV-1a; 64 bits are enough for a billion pairs
  uint64_t hash = 0xcbf29ce484222325;
  const auto add = [&](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    hash = (hash ^ 0xff) * 0x100000001b3;
  };
  add(rating.user);
  add(rating.item);
  return hash;
}

Result<std::unordered_map<uint64_t, Last>> find_last(const Path& path) {
  std::unordered_map<uint64_t, Last> last;
  TRY(LineReader reader, LineReader::open(path));
  std::string_view line;
  while (true) {
    Result<bool> more = reader.next(line);
    if (!more.ok() && more.error().code == Code::too_large) continue;
    if (!more.ok()) return std::move(more).error();
    if (!*more) return last;
    const Result<Rating> rating = split_rating(line);
    if (!rating.ok()) continue;
    const double time = parse_number(rating->time).value_or(0);
    const auto [found, is_new] = last.try_emplace(pair_hash(*rating));
    if (is_new || time >= found->second.time) found->second = {time, reader.line_number()};
  }
}

Result<Event> rating_event(const Rating& rating, const ImportOptions& options) {
  Event event;
  event.user = rating.user;
  event.item = rating.item;
  event.type = options.event_type.empty() ? "rating" : options.event_type;
  const std::optional<double> stars = parse_number(rating.stars);
  if (!stars)
    return invalid(fmt::format("rating \"{}\" is not a number", rating.stars.substr(0, 64)));
  event.value = *stars;
  TRY(event.time, parse_time_cell(rating.time));
  return event;
}

Result<> import_ratings(const ImportFile& file, const ImportOptions& options,
                        ImportOutput& output) {
  TRY(const auto last, find_last(file.path));
  return output.for_each_line(file.path, [&](std::string_view line) -> Result<> {
    if (line.empty()) return {};
    const Result<Rating> rating = split_rating(line);
    if (!rating.ok()) return output.bad(rating.error().message);
    if (last.at(pair_hash(*rating)).line != output.line_number()) return {};
    return output.add(rating_event(*rating, options));
  });
}

}  // namespace

Result<> import_amazon(const ImportFile& file, const ImportOptions& options, ImportOutput& output) {
  if (file.format == FileFormat::amazon_ratings) return import_ratings(file, options, output);
  return output.for_each_line(file.path, [&](std::string_view line) -> Result<> {
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) return {};
    const Result<json::object> object = parse_amazon_line(line);
    if (!object.ok()) return output.bad(object.error().message);
    if (file.kind == RecordKind::item) return output.add(amazon_item(*object));
    return output.add(amazon_event(*object, options));
  });
}

}  // namespace penchant
