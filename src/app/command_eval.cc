// penchant eval: how well models foresee what the users of a data folder chose next. One row per
// model, {"model","split","users","metrics":{...}}; with --per-user also {"model","user","rank"}.
#include <fmt/format.h>

#include "app/commands.h"
#include "app/data_folder.h"
#include "app/output.h"
#include "app/rows.h"
#include "app/setup.h"
#include "base/threads.h"
#include "engine/event_rules.h"
#include "engine/tenant.h"
#include "eval/eval.h"

namespace penchant {

namespace {

// Everybody's events in order of time, by the rules of the folder; events with items that the
// catalogue does not know are left out.
Result<std::vector<UserHistory>> read_histories(Store& store, std::string_view tenant,
                                                const Catalogue& catalogue,
                                                const EventPolicy& policy) {
  std::vector<UserHistory> histories;
  TRY(store.for_each_event(tenant, [&](Event& event) {
    const auto row = catalogue.find(event.item);
    if (!row) return true;
    if (histories.empty() || histories.back().user != event.user)
      histories.push_back({.user = event.user, .events = {}});
    histories.back().events.push_back(apply_rule(policy, event, *row));
    return true;
  }));
  return histories;
}

struct EvalRun {
  std::vector<std::string> models;
  std::string split;
  EvalOptions options;
  int threads = 1;
};

Result<std::vector<std::string>> chosen_models(const Arguments& arguments) {
  std::vector<std::string> models;
  if (!arguments.has("models")) {
    for (const std::string_view model : eval_models()) models.emplace_back(model);
    return models;
  }
  const std::string list = arguments.get("models");
  for (size_t at = 0; at <= list.size();) {
    const size_t end = std::min(list.find(',', at), list.size());
    if (end > at) models.push_back(list.substr(at, end - at));
    at = end + 1;
  }
  if (models.empty()) return invalid("option --models names none");
  return models;
}

Result<EvalRun> eval_run(const Arguments& arguments) {
  EvalRun run;
  TRY(run.models, chosen_models(arguments));
  run.split = arguments.get("split", "loo");
  TRY(run.options.split.kind, split_kind(run.split));
  TRY(const size_t part, arguments.choice("part", {"test", "valid"}));
  run.options.split.part = part == 0 ? Part::test : Part::valid;
  TRY(const int64_t cutoff, arguments.integer("k", 10, 1, 1'000));
  run.options.cutoffs = {static_cast<size_t>(cutoff)};
  TRY(const int64_t users, arguments.integer("users", 0, 0, 1'000'000'000));
  run.options.users_max = static_cast<size_t>(users);
  run.options.hide_history = !arguments.has("rank-history");
  run.options.implicit = !arguments.has("graded");
  TRY(run.threads, chosen_threads(arguments));
  return run;
}

json::object table_row(const EvalResult& result) {
  json::object row = {{"model", result.model}, {"users", result.ranks.size()}};
  for (const Metric& metric : result.metrics)
    row[metric.name] =
        metric.low == metric.high
            ? fmt::format("{:.4f}", metric.mean)
            : fmt::format("{:.4f} [{:.4f}, {:.4f}]", metric.mean, metric.low, metric.high);
  return row;
}

Result<> print_results(const EvalRun& run, std::span<const EvalResult> results,
                       std::span<const UserHistory> histories, bool per_user, bool as_json) {
  std::vector<json::object> rows;
  const bool as_lines = as_json || per_user || !stdout_is_terminal();
  for (const EvalResult& result : results)
    rows.push_back(as_lines ? to_json(result, run.split) : table_row(result));
  if (per_user)
    for (const EvalResult& result : results)
      for (size_t i = 0; i < result.users.size(); ++i)
        rows.push_back({{"model", result.model},
                        {"user", histories[result.users[i]].user},
                        {"rank", result.ranks[i]}});
  std::vector<std::string_view> columns = {"model", "users"};
  if (!results.empty())
    for (const Metric& metric : results[0].metrics) columns.push_back(metric.name);
  return print_rows(rows, columns, as_lines);
}

Result<> evaluate_folder(const Arguments& arguments, const EvalRun& run) {
  const std::string tenant_name = chosen_tenant(arguments);
  TRY(const auto store, open_store(arguments));
  TRY(const EventPolicy policy, stored_policy(*store));
  ThreadPool pool(run.threads);
  TRY(const auto tenant, Tenant::load(tenant_name, *store, nullptr, policy, pool));
  TRY(const auto moment, tenant->moment(""));
  TRY(const auto histories, read_histories(*store, tenant_name, *moment.catalogue, policy));
  TRY(const auto results, evaluate(*moment.catalogue, histories, run.models, run.options, &pool));
  return print_results(run, results, histories, arguments.has("per-user"), arguments.has("json"));
}

}  // namespace

std::vector<Option> eval_options() {
  std::string names;
  for (const std::string_view model : eval_models())
    names += fmt::format("{}{}", names.empty() ? "" : ",", model);
  return {{"data", "DIR", "the data folder"},
          {"tenant", "NAME", "whose data in the folder (default: default)"},
          {"models", "A,B,...", fmt::format("which to compare (default: {})", names)},
          {"split", "loo|time", "leave one out, or before and after a moment (default: loo)"},
          {"part", "test|valid", "which held-out part to ask about (default: test)"},
          {"k", "K", "length of the lists judged, 1 to 1000 (default: 10)", 'k'},
          {"users", "N", "ask about so many users at most, evenly chosen (default: all)"},
          {"rank-history", "", "items of the history are ranked, too"},
          {"graded", "", "events count by their rule instead of each alike"},
          {"per-user", "", "the rank of every user's item as well, as JSON Lines"},
          {"threads", "N", "1 to 1024 (default: all processors)"},
          {"json", "", "JSON Lines, on a terminal too"}};
}

int command_eval(const Arguments& arguments) {
  if (!arguments.has("data")) return usage_error("option --data is missing");
  const auto run = eval_run(arguments);
  if (!run.ok()) return usage_error(run.error().message);
  const auto done = evaluate_folder(arguments, *run);
  return done.ok() ? 0 : failure(done.error());
}

}  // namespace penchant
