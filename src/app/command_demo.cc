// penchant demo: from a catalogue with behaviour to explained recommendations, on one screen.
// Imports the catalogue into the data folder when that is empty, shows three users with their
// interests and answers, lets a newcomer say in Chinese what they like, and then serves.
#include <fmt/format.h>

#include "app/commands.h"
#include "app/data_folder.h"
#include "app/http_server.h"
#include "app/import_talk.h"
#include "app/output.h"
#include "app/setup.h"
#include "base/assets.h"
#include "engine/engine.h"

namespace penchant {

namespace {

constexpr std::string_view tenant = "default";
constexpr size_t answers_shown = 3;
constexpr size_t reasons_shown = 2;
constexpr size_t interests_shown = 3;

std::string_view text_of(const json::object& object, std::string_view field) {
  const json::value* value = object.if_contains(field);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : "";
}

double number_of(const json::object& object, std::string_view field) {
  const json::value* value = object.if_contains(field);
  return value != nullptr && value->is_number() ? value->to_number<double>() : 0;
}

// The largest interests of one kind on one line, with their shares.
void add_interests(const json::object& answer, std::string_view kind, std::string_view label,
                   std::string& out) {
  std::string line;
  size_t shown = 0;
  for (const json::value& value : answer.at("interests").as_array()) {
    const json::object& interest = value.as_object();
    if (text_of(interest, "kind") != kind || shown == interests_shown) continue;
    line += fmt::format("{}{} ({:.0f} %)", shown++ == 0 ? "" : "; ", text_of(interest, "name"),
                        100 * number_of(interest, "share"));
  }
  if (!line.empty()) out += fmt::format("  {:<9} {}\n", label, line);
}

void add_answers(const json::object& answer, std::string& out) {
  size_t place = 0;
  for (const json::value& value : answer.at("items").as_array()) {
    const json::object& item = value.as_object();
    out += fmt::format("  {}. {}  {:.3f}\n", ++place, text_of(item, "title"),
                       number_of(item, "score"));
    size_t reasons = 0;
    for (const json::value& reason : item.at("reasons").as_array()) {
      if (reasons++ == reasons_shown) break;
      out += fmt::format("       {:+.3f}  {}\n", number_of(reason.as_object(), "contribution"),
                         text_of(reason.as_object(), "text"));
    }
  }
}

Result<> show_user(Engine& engine, const std::string& user, std::string_view heading,
                   std::string_view language) {
  TRY(const json::object interests, engine.interests(tenant, user, language));
  RecommendQuery query;
  query.user = user;
  query.n = answers_shown;
  query.language = language;
  TRY(const json::object answer, engine.recommend(tenant, query));
  std::string out = fmt::format("\n{}\n", heading);
  add_interests(interests, "interest", "likes", out);
  add_interests(interests, "recent", "lately", out);
  add_interests(interests, "dislike", "dislikes", out);
  out += fmt::format("  -> {}\n", text_of(answer, "summary"));
  add_answers(answer, out);
  return write_out(out);
}

Result<> show_all(Engine& engine, const json::object& script) {
  for (const json::value& user : script.at("users").as_array()) {
    const std::string id(user.as_string());
    TRY(show_user(engine, id, fmt::format("User {}, by what they rated:", id), "en"));
  }
  const json::object& newcomer = script.at("newcomer").as_object();
  TRY(const User user, user_from_json(newcomer));
  TRY(engine.put_users(tenant, {&user, 1}));
  return show_user(engine, user.id,
                   fmt::format("A newcomer who has rated nothing and only says: {}",
                               std::string_view(script.at("newcomer_says").as_string())),
                   "zh");
}

Result<> import_if_empty(Engine& engine, const Arguments& arguments) {
  TRY(Store * store, engine.store());
  TRY(const StoreCounts counts, store->counts(tenant));
  if (counts.events > 0) return {};
  if (!arguments.has("catalogue"))
    return invalid("the data folder is empty: name a catalogue to import with --catalogue");
  const Path paths[] = {arguments.get("catalogue")};
  fmt::print(stderr, "importing {}, and reading every title with the language model\n",
             paths[0].string());
  ImportTalk talk;
  const auto summary = engine.import(tenant, paths, {}, talk);
  talk.finish();
  return summary.ok() ? Result<>() : Result<>(summary.error());
}

void announce(const ServerOptions& options, uint16_t port) {
  const std::string base = fmt::format("http://{}:{}", options.host, port);
  const json::value script = *parse_json(assets::get("app/demo.json"), "demo.json");
  fmt::print("\nserving on {} (Ctrl-C ends it); try\n", base);
  for (const json::value& line : script.at("curl").as_array())
    fmt::print("  curl -s {}\n",
               fmt::format(fmt::runtime(std::string_view(line.as_string())), base));
  std::fflush(stdout);
}

Result<> serve_demo(Engine& engine, const Arguments& arguments) {
  TRY(const int64_t port, arguments.integer("port", 8080, 0, 65535));
  ServerOptions options;
  options.port = static_cast<uint16_t>(port);
  EmbeddingOptions embedding;
  embedding.models_folder = models_folder(arguments);
  HttpService service(engine, embedding);
  return serve(service, options, announce);
}

}  // namespace

std::vector<Option> demo_options() {
  std::vector<Option> out = data_options();
  out.push_back({"catalogue", "PATH", "what to import into an empty data folder"});
  out.push_back({"port", "P", "0 to 65535, 0: any free one (default: 8080)", 'p'});
  out.push_back({"no-serve", "", "show the answers and end"});
  return out;
}

int command_demo(const Arguments& arguments) {
  if (!arguments.has("data")) return usage_error("option --data is missing");
  const auto engine = open_engine(arguments, Folder::created);
  if (!engine.ok()) return failure(engine.error());
  const json::value script = *parse_json(assets::get("app/demo.json"), "demo.json");
  Result<> done = import_if_empty(**engine, arguments);
  if (done.ok()) done = show_all(**engine, script.as_object());
  if (done.ok() && !arguments.has("no-serve")) done = serve_demo(**engine, arguments);
  return done.ok() ? 0 : failure(done.error());
}

}  // namespace penchant
