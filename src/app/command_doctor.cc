// penchant doctor: what this machine and this installation can do, and what is missing. One row per
// finding: {"check","state","detail"}; state is "ok", "missing" or "bad". Exit 1 when one is bad.
#include <fmt/format.h>
#include <sqlite3.h>
#include <unicode/uversion.h>

#include <algorithm>
#include <boost/version.hpp>

#include "app/commands.h"
#include "app/data_folder.h"
#include "app/rows.h"
#include "app/setup.h"
#include "app/version.h"
#include "base/threads.h"
#include "encoder/built_in.h"
#include "encoder/models.h"
#include "math/kernels.h"
#include "math/products.h"
#include "store/store.h"

namespace penchant {

namespace {

class Findings {
 public:
  void add(std::string_view check, std::string_view state, std::string_view detail) {
    rows_.push_back({{"check", check}, {"state", state}, {"detail", detail}});
    bad_ = bad_ || state == "bad";
  }
  std::span<const json::object> rows() const { return rows_; }
  bool bad() const { return bad_; }

 private:
  std::vector<json::object> rows_;
  bool bad_ = false;
};

std::string processor_name() {
  auto reader = LineReader::open("/proc/cpuinfo");
  if (!reader.ok()) return "unknown processor";
  std::string_view line;
  for (auto more = reader->next(line); more.ok() && *more; more = reader->next(line))
    if (line.starts_with("model name") && line.find(": ") != line.npos)
      return std::string(line.substr(line.find(": ") + 2));
  return "unknown processor";
}

void check_machine(Findings& findings) {
  findings.add("version", "ok", fmt::format("penchant {}", program_version()));
  findings.add("processor", "ok",
               fmt::format("{}, {} threads", processor_name(), hardware_threads()));
  findings.add("kernels", "ok",
               fmt::format("{} of {}", kernels().name, fmt::join(kernel_names(), ", ")));
  findings.add("products", "ok",
               fmt::format("{} of {}", products().name, fmt::join(product_names(), ", ")));
  findings.add("libraries", "ok",
               fmt::format("ICU {}, SQLite {}, Boost {}.{}", U_ICU_VERSION, sqlite3_libversion(),
                           BOOST_VERSION / 100'000, BOOST_VERSION / 100 % 1'000));
}

void check_models(const Arguments& arguments, Findings& findings) {
  const Path folder = models_folder(arguments);
  const std::vector<ModelInfo> models = installed_models(folder);
  for (const ModelInfo& model : models)
    if (!model.problem.empty()) findings.add("model " + model.name, "bad", model.problem);
  std::vector<std::string> names;
  for (const ModelInfo& model : models)
    names.push_back(model.name + (is_built_in(model.path) ? " (built in)" : ""));
  findings.add("models", "ok",
               fmt::format("{}; penchant model add brings others to {}", fmt::join(names, ", "),
                           folder.string()));
}

// SQLite's own look at every page of the file.
Result<std::string> check_pages(const Path& file) {
  sqlite3* raw = nullptr;
  const int opened = sqlite3_open_v2(file.c_str(), &raw, SQLITE_OPEN_READONLY, nullptr);
  const std::unique_ptr<sqlite3, int (*)(sqlite3*)> database(raw, sqlite3_close);
  if (opened != SQLITE_OK)
    return Error{Code::internal,
                 fmt::format("cannot open {}: {}", file.string(), sqlite3_errmsg(raw))};
  std::string text;
  char* message = nullptr;
  const auto collect = [](void* out, int, char** values, char**) {
    auto& text_out = *static_cast<std::string*>(out);
    if (values[0] != nullptr) text_out += (text_out.empty() ? "" : "; ") + std::string(values[0]);
    return 0;
  };
  sqlite3_exec(raw, "PRAGMA quick_check(10)", collect, &text, &message);
  if (message != nullptr) text += message;
  sqlite3_free(message);
  if (text != "ok") return invalid(fmt::format("{} is damaged: {}", file.string(), text));
  return text;
}

void check_data(const Arguments& arguments, Findings& findings) {
  const Path data = arguments.get("data");
  const Path file = data / "penchant.db";
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored))
    return findings.add("data folder", "missing",
                        fmt::format("{} is no data folder yet", data.string()));
  const auto pages = check_pages(file);
  findings.add("store file", pages.ok() ? "ok" : "bad",
               pages.ok() ? "every page reads well" : pages.error().message);
  auto store = open_store(arguments);
  if (!store.ok()) {
    const bool busy = store.error().code == Code::conflict;
    return findings.add("data folder", busy ? "ok" : "bad", store.error().message);
  }
  const auto tenants = (*store)->tenants();
  if (!tenants.ok()) return findings.add("data folder", "bad", tenants.error().message);
  for (const std::string& tenant : *tenants) {
    const auto counts = (*store)->counts(tenant);
    if (!counts.ok()) return findings.add("data folder", "bad", counts.error().message);
    findings.add(
        fmt::format("tenant {}", tenant), "ok",
        fmt::format("{} items, {} users, {} events", counts->items, counts->users, counts->events));
  }
  if (tenants->empty()) findings.add("data folder", "ok", "empty");
}

}  // namespace

std::vector<Option> doctor_options() {
  return {{"data", "DIR", "a data folder to look at, too"},
          {"models", "DIR", "where models are installed (default: $PENCHANT_MODELS)"},
          {"json", "", "JSON Lines, on a terminal too"}};
}

int command_doctor(const Arguments& arguments) {
  Findings findings;
  check_machine(findings);
  check_models(arguments, findings);
  if (arguments.has("data")) check_data(arguments, findings);
  constexpr std::string_view columns[] = {"state", "check", "detail"};
  const auto printed = print_rows(findings.rows(), columns, arguments.has("json"));
  if (!printed.ok()) return failure(printed.error());
  return findings.bad() ? exit_failure : 0;
}

}  // namespace penchant
