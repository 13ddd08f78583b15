// How long an answer takes, in the process and against the catalogue's size; bench/recommend.py
// runs it, adds REST and prints the table.
//
//   recommend_bench make FOLDER TITLES N      a data folder of N items and their readers
//   recommend_bench ask FOLDER REQUESTS       times recommend, and event -> changed answer
//
// TITLES holds lines "category TAB title" of real catalogues. An item takes a title and swaps some of
// its words with titles of the same category, so words keep their real frequencies; its vector lies
// around its category's, all of them around one mean, as sentence encoders' vectors do. Each command
// prints one JSON object.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <map>
#include <numbers>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/json.h"
#include "base/random.h"
#include "engine/engine.h"

namespace penchant {
namespace {

constexpr size_t dimensions = 384;
constexpr size_t batch = 5'000;
constexpr size_t events_per_user = 20;
constexpr size_t users_most = 20'000;
constexpr std::string_view tenant = "default";

double now() {
  using namespace std::chrono;
  return duration<double>(steady_clock::now().time_since_epoch()).count();
}

// Of all threads of the process: what an answer costs, also on a machine that has other work.
double cpu_now() {
  timespec time = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

double normal(Random& dice) {
  const double radius = std::sqrt(-2 * std::log(1 - dice.uniform()));
  return radius * std::cos(2 * std::numbers::pi * dice.uniform());
}

void normalise(std::vector<float>& v) {
  double squares = 0;
  for (const float x : v) squares += static_cast<double>(x) * x;
  for (float& x : v) x = static_cast<float>(x / std::sqrt(squares));
}

std::vector<float> random_direction(Random& dice) {
  std::vector<float> v(dimensions);
  for (float& x : v) x = static_cast<float>(normal(dice));
  normalise(v);
  return v;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

struct Topic {
  std::string category;
  std::vector<std::vector<std::string>> titles;  // in words
  std::vector<float> centre;
};

Result<std::vector<Topic>> read_topics(const Path& path, Random& dice) {
  TRY(LineReader lines, LineReader::open(path));
  std::map<std::string, size_t, std::less<>> known;
  std::vector<Topic> topics;
  std::string_view line;
  while (true) {
    TRY(const bool more, lines.next(line));
    if (!more) break;
    const size_t tab = line.find('\t');
    if (tab == line.npos) continue;
    const auto [at, added] = known.emplace(line.substr(0, tab), topics.size());
    if (added) topics.push_back({at->first, {}, random_direction(dice)});
    topics[at->second].titles.push_back(split(line.substr(tab + 1)));
  }
  if (topics.empty()) return invalid(fmt::format("{}: no titles", path.string()));
  return topics;
}

// Cosines of about .85 within a category and .7 across, as multilingual-e5's are.
std::vector<float> vector_near(const Topic& topic, const std::vector<float>& mean, Random& dice) {
  std::vector<float> v = random_direction(dice);
  for (size_t d = 0; d < dimensions; ++d)
    v[d] = 0.39f * v[d] + 0.39f * topic.centre[d] + 0.84f * mean[d];
  normalise(v);
  return v;
}

std::string title_near(const Topic& topic, Random& dice) {
  const auto& titles = topic.titles;
  std::vector<std::string> words = titles[dice.below(titles.size())];
  for (std::string& word : words) {
    if (dice.uniform() > 0.3) continue;
    const auto& other = titles[dice.below(titles.size())];
    if (!other.empty()) word = other[dice.below(other.size())];
  }
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

Result<std::unique_ptr<Engine>> open(const Path& folder) {
  EngineOptions options;
  options.data_folder = folder;
  options.models_folder = folder / "no-models";  // vectors are given
  return Engine::open(options);
}

Result<> make(const Path& folder, const Path& titles, size_t items) {
  Random dice(7);
  const std::vector<float> mean = random_direction(dice);
  TRY(const std::vector<Topic> topics, read_topics(titles, dice));
  TRY(const auto engine, open(folder));

  const double today = system_clock_now();
  std::vector<std::vector<std::string>> ids(topics.size());
  double started = now();
  for (size_t begin = 0; begin < items; begin += batch) {
    std::vector<Item> some(std::min(batch, items - begin));
    for (size_t i = 0; i < some.size(); ++i) {
      const size_t t = dice.below(topics.size());
      Item& item = some[i];
      item.id = fmt::format("item-{}", begin + i);
      item.title = title_near(topics[t], dice);
      item.categories = {topics[t].category};
      item.labels = {{"price", 1 + dice.below(100)}};
      item.time = today - dice.uniform() * 365 * day_seconds;
      item.vector = vector_near(topics[t], mean, dice);
      ids[t].push_back(item.id);
    }
    TRY(engine->put_items(tenant, some));
  }
  const double items_seconds = now() - started;

  // A reader likes three categories, and in each the first items most (a square of a uniform).
  const size_t users = std::min(items / 10, users_most);
  started = now();
  std::vector<Event> events;
  for (size_t u = 0; u < users; ++u) {
    const size_t liked[] = {dice.below(topics.size()), dice.below(topics.size()),
                            dice.below(topics.size())};
    for (size_t e = 0; e < events_per_user; ++e) {
      const auto& list = ids[liked[dice.below(3)]];
      if (list.empty()) continue;
      const double where = dice.uniform();
      Event event;
      event.user = fmt::format("user-{}", u);
      event.item = list[static_cast<size_t>(where * where * static_cast<double>(list.size()))];
      event.type = "click";
      event.time = today - dice.uniform() * 90 * day_seconds;
      events.push_back(std::move(event));
    }
    if (events.size() < batch && u + 1 < users) continue;
    TRY(engine->put_events(tenant, events));
    events.clear();
  }
  fmt::print("{}\n", to_text(json::object{{"items", items},
                                          {"users", users},
                                          {"events", users * events_per_user},
                                          {"items_seconds", items_seconds},
                                          {"events_seconds", now() - started}}));
  return {};
}

double quantile(std::vector<double> values, double q) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const double at = q * static_cast<double>(values.size() - 1);
  return values[static_cast<size_t>(std::ceil(at))];
}

json::object milliseconds(const std::vector<double>& seconds) {
  return {{"p50", quantile(seconds, 0.5) * 1e3},
          {"p99", quantile(seconds, 0.99) * 1e3},
          {"max", quantile(seconds, 1) * 1e3},
          {"count", seconds.size()}};
}

std::string first_of(const json::object& answer) {
  const json::array& items = answer.at("items").as_array();
  return items.empty() ? "" : std::string(items.front().at("item").as_string());
}

Result<> ask(const Path& folder, size_t requests) {
  double started = now();
  TRY(const auto engine, open(folder));
  TRY(Store * store, engine->store());
  TRY(const StoreCounts counts, store->counts(tenant));
  RecommendQuery query;
  query.user = "user-0";
  TRY(json::object answer, engine->recommend(tenant, query));
  const double open_seconds = now() - started;

  const size_t users = std::min<size_t>(counts.users, requests);
  std::vector<double> cold, warm, changed, cpu;
  size_t answered = 0;
  for (std::vector<double>* times : {&cold, &warm}) {
    for (size_t u = 0; u < requests; ++u) {
      query.user = fmt::format("user-{}", u * counts.users / requests % counts.users);
      const double cpu_started = cpu_now();
      started = now();
      TRY(answer, engine->recommend(tenant, query));
      times->push_back(now() - started);
      if (times == &warm) cpu.push_back(cpu_now() - cpu_started);
      answered += answer.at("items").as_array().size();
    }
  }
  // The user clicks the first item of the answer; the next answer must be another one without it.
  for (size_t u = 0; u < users; ++u) {
    query.user = fmt::format("user-{}", u * counts.users / users);
    TRY(answer, engine->recommend(tenant, query));
    const std::string clicked = first_of(answer);
    Event event;
    event.user = query.user;
    event.item = clicked;
    event.type = "click";
    started = now();
    TRY(engine->put_events(tenant, {&event, 1}));
    TRY(answer, engine->recommend(tenant, query));
    changed.push_back(now() - started);
    for (const json::value& item : answer.at("items").as_array())
      if (item.at("item").as_string() == clicked)
        return invalid(fmt::format("{} is in the answer after its event", clicked));
  }
  fmt::print("{}\n",
             to_text(json::object{{"items", counts.items},
                                  {"open_seconds", open_seconds},
                                  {"first_ms", milliseconds(cold)},
                                  {"recommend_ms", milliseconds(warm)},
                                  {"recommend_cpu_ms", milliseconds(cpu)},
                                  {"event_to_answer_ms", milliseconds(changed)},
                                  {"answers_mean", static_cast<double>(answered) /
                                                       static_cast<double>(2 * requests)}}));
  return {};
}

int run(const std::vector<std::string>& words) {
  Result<> done = invalid("usage: recommend_bench make FOLDER TITLES N | ask FOLDER N");
  if (words.size() == 4 && words[0] == "make")
    done = make(words[1], words[2], std::stoul(words[3]));
  if (words.size() == 3 && words[0] == "ask") done = ask(words[1], std::stoul(words[2]));
  if (!done.ok()) fmt::print(stderr, "recommend_bench: {}\n", done.error().message);
  return done.ok() ? 0 : 1;
}

}  // namespace
}  // namespace penchant

int main(int argc, char** argv) { return penchant::run({argv + 1, argv + argc}); }
