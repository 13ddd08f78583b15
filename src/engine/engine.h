// The one object that owns the pipeline: store, encoder, catalogue, interest states, behaviour
// models. REST, CLI, Python and the console are faces of its operations.
//
//   TRY(auto engine, Engine::open({.data_folder = "shop"}));
//   TRY(engine->put_items("default", items));
//   TRY(auto answer, engine->recommend("default", {.user = "ann", .n = 10}));
//
// Thread-safety: safe. Readers work on immutable snapshots; a write is visible to every answer that
// starts after the write returned.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "encoder/encoder.h"
#include "engine/match.h"
#include "store/import.h"
#include "store/store.h"

namespace penchant {

class Encoder;

inline constexpr std::string_view no_model = "none";  // what needs an encoder is left out

struct EngineOptions {
  Path data_folder;    // empty: no store; only match, embed, mine and tokenize work
  Path models_folder;  // where installed models lie
  // Name or folder of the encoder, or no_model; empty: the data folder's, else the best there is.
  std::string model;
  Precision precision = Precision::fast;
  int threads = 0;  // 0: all processors
  Clock clock = system_clock_now;
};

struct RecommendQuery {
  std::string user;
  size_t n = 10;
  size_t offset = 0;
  std::vector<std::string> categories;  // any of them; empty: all
  std::string filter;                   // expression over labels, see docs/FORMATS.md
  std::vector<std::string> exclude;     // item ids
  double diversity = 0.2;               // 0: by score alone ... 1: as different as possible
  bool explain = true;
  std::string language;  // of the sentences: "en", "zh"; empty: the user's
  // Of explain: what each word of the item's text brings to a reason that rests on meaning.
  bool contributions = false;
};

class Engine {
 public:
  static Result<std::unique_ptr<Engine>> open(const EngineOptions& options);
  virtual ~Engine() = default;

  // Writes: durable and visible when they return.
  virtual Result<> put_items(std::string_view tenant, std::span<const Item> items) = 0;
  virtual Result<> put_users(std::string_view tenant, std::span<const User> users) = 0;
  virtual Result<> put_events(std::string_view tenant, std::span<const Event> events) = 0;
  virtual Result<> delete_item(std::string_view tenant, std::string_view id) = 0;
  virtual Result<> delete_user(std::string_view tenant, std::string_view id) = 0;
  virtual Result<ImportSummary> import(std::string_view tenant, std::span<const Path> paths,
                                       const ImportOptions& options, ImportSink& observer) = 0;

  // Answers, as the JSON of the native contract.
  virtual Result<json::object> recommend(std::string_view tenant, const RecommendQuery& query) = 0;
  virtual Result<json::object> similar(std::string_view tenant, std::string_view item,
                                       const RecommendQuery& query) = 0;
  virtual Result<json::object> search(std::string_view tenant, std::string_view text,
                                      const RecommendQuery& query) = 0;
  virtual Result<json::object> interests(std::string_view tenant, std::string_view user,
                                         std::string_view language) = 0;
  virtual Result<json::object> explain(std::string_view tenant, std::string_view item,
                                       const RecommendQuery& query) = 0;
  virtual Result<json::object> match(std::string_view text, std::span<const std::string> interests,
                                     const MatchOptions& options) = 0;
  virtual Result<json::object> embed(std::span<const std::string> texts) = 0;
  virtual Result<json::object> mine(std::span<const std::string> texts, size_t count) = 0;

  virtual Result<Store*> store() = 0;      // unavailable without a data folder
  virtual Result<Encoder*> encoder() = 0;  // unavailable, with the command that brings one
  virtual json::object status() = 0;       // for healthz, readyz, metrics and doctor
};

}  // namespace penchant
