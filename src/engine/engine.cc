#include "engine/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "base/limits.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/threads.h"
#include "base/utf8.h"
#include "encoder/encoder.h"
#include "encoder/models.h"
#include "engine/background.h"
#include "engine/event_rules.h"
#include "engine/features.h"
#include "engine/import_run.h"
#include "engine/match.h"
#include "engine/tenant.h"
#include "engine/terms.h"
#include "engine/word_shares.h"
#include "mining/keywords.h"
#include "recommend/pipeline.h"
#include "text/words.h"

namespace penchant {

namespace {

constexpr std::string_view default_tenant = "default";
constexpr std::string_view encoder_setting = "encoder";
constexpr auto refresh_period = std::chrono::seconds(2);

class EngineImpl final : public Engine {
 public:
  EngineImpl(const EngineOptions& options, std::unique_ptr<Store> store, EventPolicy policy)
      : options_(options),
        store_(std::move(store)),
        policy_(std::move(policy)),
        pool_(options.threads > 0 ? options.threads : hardware_threads()) {
    if (store_ != nullptr) background_ = std::thread([this] { refresh_in_background(); });
  }

  ~EngineImpl() override {
    {
      const std::lock_guard lock(stop_mutex_);
      stopping_ = true;
    }
    stop_.notify_all();
    if (background_.joinable()) background_.join();
  }

  Result<> put_items(std::string_view tenant, std::span<const Item> items) override {
    TRY(const std::shared_ptr<Tenant> live, this->tenant(tenant));
    return live->put_items(items);
  }
  Result<> put_users(std::string_view tenant, std::span<const User> users) override {
    TRY(const std::shared_ptr<Tenant> live, this->tenant(tenant));
    return live->put_users(users);
  }
  Result<> put_events(std::string_view tenant, std::span<const Event> events) override {
    TRY(const std::shared_ptr<Tenant> live, this->tenant(tenant));
    return live->put_events(events, options_.clock());
  }
  Result<> delete_item(std::string_view tenant, std::string_view id) override {
    TRY(const std::shared_ptr<Tenant> live, known_tenant(tenant));
    return live->delete_item(id);
  }
  Result<> delete_user(std::string_view tenant, std::string_view id) override {
    TRY(const std::shared_ptr<Tenant> live, known_tenant(tenant));
    return live->delete_user(id);
  }

  Result<ImportSummary> import(std::string_view tenant, std::span<const Path> paths,
                               const ImportOptions& options, ImportSink& observer) override {
    TRY(Store * store, this->store());
    TRY(Encoder * encoder, encoder_if_any());
    auto summary = run_import(std::string(tenant), paths, options, *store, encoder,
                              options_.clock(), observer);
    // Whatever was committed, also by an import that failed half way, is read anew when asked for.
    WriteLock lock(tenants_mutex_);
    tenants_.erase(std::string(tenant));
    return summary;
  }

  Result<json::object> recommend(std::string_view tenant, const RecommendQuery& query) override {
    return answer(tenant, query, query.user,
                  [&](const World& world, const UserState* user, const Request& request) {
                    return Result<Answer>(penchant::recommend(world, user, request));
                  });
  }

  Result<json::object> similar(std::string_view tenant, std::string_view item,
                               const RecommendQuery& query) override {
    return answer(tenant, query, {},
                  [&](const World& world, const UserState*, const Request& request) {
                    return similar_to(world, item, request);
                  });
  }

  Result<json::object> search(std::string_view tenant, std::string_view text,
                              const RecommendQuery& query) override {
    TRY(check_utf8(text, "\"query\""));
    Query words;
    words.text = text;
    words.words = query_words(text);
    TRY(Encoder * encoder, encoder_if_any());
    if (encoder != nullptr && !text.empty()) {
      const std::string_view texts[] = {text};
      TRY(Matrix vector, encoder->encode(texts, Purpose::query));
      words.vector = std::move(vector.values);
    }
    RecommendQuery in_language = query;
    if (in_language.language.empty()) in_language.language = explain_language(text);
    return answer(tenant, in_language, {},
                  [&](const World& world, const UserState*, const Request& request) {
                    return Result<Answer>(penchant::search(world, words, request));
                  });
  }

  Result<json::object> interests(std::string_view tenant, std::string_view user,
                                 std::string_view language) override {
    TRY(const std::shared_ptr<Tenant> live, known_tenant(tenant));
    TRY(const Tenant::Moment moment, live->moment(user));
    if (moment.user == nullptr) {
      TRY(Store * store, this->store());
      const auto record = store->user(tenant, user);
      if (!record.ok()) return record.error();  // unknown, or known and silent
      return json::object{{"user", user}, {"interests", json::array()}};
    }
    const auto named = live->with_words([&](const InvertedIndex& words) {
      return penchant::interests(world(moment, words), *moment.user,
                                 spoken(language, moment.user.get()));
    });
    return json::object{{"user", user}, {"interests", to_json(named)}};
  }

  Result<json::object> explain(std::string_view tenant, std::string_view item,
                               const RecommendQuery& query) override {
    TRY(const std::shared_ptr<Tenant> live, known_tenant(tenant));
    TRY(const Tenant::Moment moment, live->moment(query.user));
    TRY(const uint32_t row, live->row(*moment.catalogue, item));
    TRY(const Filter filter, Filter::parse(query.filter));
    const Request request = request_for(query, filter, moment);
    const Explanation explanation = live->with_words([&](const InvertedIndex& words) {
      return penchant::explain(world(moment, words), moment.user.get(), row, request);
    });
    json::object object = to_json(explanation.item, true);
    if (query.contributions)
      TRY(add_contributions(tenant, item, explanation, moment.catalogue->vector(row), object));
    object["admitted"] = explanation.admitted;
    if (!explanation.admitted) object["refusal"] = explanation.refusal;
    return object;
  }

  Result<json::object> match(std::string_view text, std::span<const std::string> interests,
                             const MatchOptions& options) override {
    TRY(Encoder * encoder, this->encoder());
    TRY(check_utf8(text, "\"text\""));
    TRY(const auto background, this->background(*encoder, Purpose::query));
    MatchOptions in_language = options;
    if (options.language.empty()) in_language.language = explain_language(text);
    return match_text(text, interests, in_language, *encoder, *background);
  }

  Result<json::object> embed(std::span<const std::string> texts) override {
    TRY(Encoder * encoder, this->encoder());
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    TRY(const Matrix vectors, encoder->encode(views, Purpose::plain));
    json::array list;
    for (size_t i = 0; i < vectors.rows; ++i) list.emplace_back(vector_to_json(vectors.row(i)));
    return json::object{{"model", encoder->name()}, {"embeddings", std::move(list)}};
  }

  Result<json::object> mine(std::span<const std::string> texts, size_t count) override {
    TRY(Encoder * encoder, encoder_if_any());
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    for (const std::string_view text : views) TRY(check_utf8(text, "\"texts\""));
    TRY(const auto keywords, mine_keywords(views, KeywordStatistics(), encoder, {.count = count}));
    json::array results;
    for (const auto& of_text : keywords) {
      json::array list;
      for (const Keyword& keyword : of_text)
        list.push_back(json::object{{"text", keyword.text}, {"weight", keyword.weight}});
      results.push_back(json::object{{"keywords", std::move(list)}});
    }
    return json::object{{"results", std::move(results)}};
  }

  Result<Store*> store() override {
    if (store_ == nullptr)
      return Error{Code::unavailable, "this needs a data folder: name one with --data"};
    return store_.get();
  }

  Result<Encoder*> encoder() override {
    MutexLock lock(encoder_mutex_);
    if (encoder_ != nullptr) return encoder_.get();
    if (!encoder_error_) encoder_error_ = open_the_encoder();
    if (!encoder_error_->message.empty()) return *encoder_error_;
    return encoder_.get();
  }

  json::object status() override {
    json::object status;
    if (store_ != nullptr)
      if (const auto counts = store_->counts(default_tenant); counts.ok())
        status = {{"items", counts->items}, {"users", counts->users}, {"events", counts->events}};
    const Encoder* const encoder = ready_encoder_;
    status["encoder"] = encoder != nullptr ? json::value(encoder->name()) : json::value();
    status["threads"] = pool_.threads();
    return status;
  }

 private:
  // What each word of the item's text brings to the reasons that rest on meaning. An item without a
  // vector of ours has none.
  Result<> add_contributions(std::string_view tenant, std::string_view id,
                             const Explanation& explanation, std::span<const float> vector,
                             json::object& object) {
    TRY(Encoder * encoder, this->encoder());
    TRY(Store * store, this->store());
    TRY(const StoredItem stored, store->item(tenant, id));
    const std::string text = understood_text(stored.item);
    if (!stored.item.vector.empty() || text.empty()) return {};
    const std::string_view texts[] = {text};
    TRY(const Matrix encoded, encoder->encode(texts, Purpose::passage));
    TRY(const WordParts parts, split_vector(*encoder, text, Purpose::passage, encoded.row(0)));
    json::array& reasons = object.at("reasons").get_array();
    for (size_t i = 0; i < explanation.lines.size(); ++i) {
      const auto& [direction, slope] = explanation.lines[i];
      if (direction.size() != vector.size() || direction.size() != encoded.cols) continue;
      std::vector<float> scaled = direction;
      for (float& x : scaled) x = static_cast<float>(x * slope);
      reasons[i].get_object()["contributions"] =
          word_shares(text, parts, scaled, explanation.item.reasons[i].contribution);
    }
    return {};
  }

  // Null without an installed model: what needs no encoder goes on, and the reason is told once.
  Result<Encoder*> encoder_if_any() {
    auto encoder = this->encoder();
    if (encoder.ok()) return encoder;
    if (encoder.error().code != Code::unavailable) return encoder;
    if (!told_missing_.exchange(true)) log(LogLevel::warning, encoder.error().message);
    return static_cast<Encoder*>(nullptr);
  }

  // The model asked for, or the one the data folder's vectors come from, or the best installed. An
  // empty message means it worked.
  Error open_the_encoder() REQUIRES(encoder_mutex_) {
    std::string name = options_.model;
    if (name.empty() && store_ != nullptr) {
      const auto setting = store_->setting(encoder_setting);
      if (!setting.ok()) return setting.error();
      name = *setting;
    }
    if (name == no_model)
      return {Code::unavailable, "no model is used; leave out --model none, or name one"};
    const Result<Path> folder = name.empty() ? preferred_model(options_.models_folder)
                                             : find_model(name, options_.models_folder);
    if (!folder.ok()) return {Code::unavailable, folder.error().message};
    EncoderOptions encoder_options;
    encoder_options.precision = options_.precision;
    encoder_options.threads = options_.threads;
    auto opened = open_encoder(*folder, encoder_options);
    if (!opened.ok()) return opened.error();
    encoder_ = *std::move(opened);
    ready_encoder_ = encoder_.get();
    if (store_ != nullptr) {
      const auto kept = store_->set_setting(encoder_setting, encoder_->name());
      if (!kept.ok()) log(LogLevel::warning, kept.error().message);
    }
    return {};
  }

  // Made once, when first needed.
  Result<std::shared_ptr<const Matrix>> background(Encoder& encoder, Purpose purpose) {
    MutexLock lock(background_mutex_);
    std::shared_ptr<const Matrix>& made = backgrounds_[purpose];
    if (made == nullptr) {
      TRY(auto encoded, encode_background(encoder, purpose));
      made = std::make_shared<const Matrix>(std::move(encoded));
    }
    return made;
  }

  // A tenant begins with the first record written for it; "default" is always there. To ask for
  // another one is an error, so that made-up names cost no memory.
  Result<std::shared_ptr<Tenant>> known_tenant(std::string_view name) {
    TRY(Store * store, this->store());
    if (name != default_tenant && live_tenant(name) == nullptr) {
      TRY(const auto names, store->tenants());
      if (std::find(names.begin(), names.end(), name) == names.end())
        return not_found(fmt::format("no tenant \"{}\"", name));
    }
    return tenant(name);
  }

  std::shared_ptr<Tenant> live_tenant(std::string_view name) {
    ReadLock lock(tenants_mutex_);
    const auto known = tenants_.find(name);
    return known != tenants_.end() ? known->second : nullptr;
  }

  // Shared with the callers at work: an import replaces the tenant under them.
  Result<std::shared_ptr<Tenant>> tenant(std::string_view name) {
    TRY(Store * store, this->store());
    if (auto live = live_tenant(name)) return live;
    TRY(Encoder * encoder, encoder_if_any());
    WriteLock lock(tenants_mutex_);
    if (const auto known = tenants_.find(name); known != tenants_.end()) return known->second;
    std::shared_ptr<const Matrix> ordinary;
    TRY(const auto counts, store->counts(name));
    if (encoder != nullptr && counts.items < Catalogue::ordinary_until) {
      TRY(ordinary, background(*encoder, Purpose::passage));
    }
    TRY(auto loaded,
        Tenant::load(std::string(name), *store, encoder, policy_, pool_, std::move(ordinary)));
    return tenants_.emplace(name, std::move(loaded)).first->second;
  }

  World world(const Tenant::Moment& moment, const InvertedIndex& words) {
    return {.catalogue = *moment.catalogue,
            .behaviour = *moment.behaviour,
            .words = &words,
            .now = options_.clock(),
            .pool = &pool_};
  }

  // The language asked for, or the one the user's declared interests are written in.
  static std::string_view spoken(std::string_view asked, const UserState* user) {
    if (!asked.empty()) return asked == "zh" ? "zh" : "en";
    if (user != nullptr && !user->declared().empty())
      return explain_language(user->declared().front().phrase);
    return "en";
  }

  static Request request_for(const RecommendQuery& query, const Filter& filter,
                             const Tenant::Moment& moment) {
    Request request;
    request.n = query.n;
    request.offset = query.offset;
    request.categories = query.categories;
    request.filter = filter.empty() ? nullptr : &filter;
    for (const std::string& id : query.exclude)
      if (const auto row = moment.catalogue->find(id)) request.exclude.push_back(*row);
    request.diversity = query.diversity;
    request.explain = query.explain;
    request.language = spoken(query.language, moment.user.get());
    return request;
  }

  static Result<Answer> similar_to(const World& world, std::string_view item,
                                   const Request& request) {
    const auto row = world.catalogue.find(item);
    if (!row || world.catalogue.item(*row).absent)
      return not_found(fmt::format("no item \"{}\"", item));
    return penchant::similar(world, *row, request);
  }

  // The shape all answers share: a moment of the tenant, a request, the list with its id.
  template <class Compute>
  Result<json::object> answer(std::string_view tenant, const RecommendQuery& query,
                              std::string_view user, const Compute& compute) {
    TRY(const std::shared_ptr<Tenant> live, known_tenant(tenant));
    TRY(const Tenant::Moment moment, live->moment(user));
    TRY(const Filter filter, Filter::parse(query.filter));
    const Request request = request_for(query, filter, moment);
    TRY(const Answer list, live->with_words([&](const InvertedIndex& words) {
      return compute(world(moment, words), moment.user.get(), request);
    }));
    json::object object = {{"id", next_answer_id()}};
    for (auto& member : to_json(list, query.explain)) object.insert(std::move(member));
    return object;
  }

  // Unique for the data folder's life: the time of the answer and a running number.
  std::string next_answer_id() {
    return fmt::format("{:x}-{:x}", static_cast<uint64_t>(options_.clock() * 1000),
                       answers_.fetch_add(1));
  }

  void refresh_in_background() {
    std::unique_lock lock(stop_mutex_);
    while (!stop_.wait_for(lock, refresh_period, [&] { return stopping_; })) {
      lock.unlock();
      {
        ReadLock tenants(tenants_mutex_);
        for (const auto& [name, live] : tenants_)
          if (const auto refreshed = live->refresh_behaviour(); !refreshed.ok())
            log(LogLevel::warning, refreshed.error().message);
      }
      lock.lock();
    }
  }

  const EngineOptions options_;
  const std::unique_ptr<Store> store_;
  const EventPolicy policy_;
  ThreadPool pool_;

  Mutex encoder_mutex_;
  std::unique_ptr<Encoder> encoder_ GUARDED_BY(encoder_mutex_);
  std::atomic<const Encoder*> ready_encoder_{nullptr};  // for who will not wait for it to open
  std::optional<Error> encoder_error_ GUARDED_BY(encoder_mutex_);  // of the one attempt to open it
  std::atomic<bool> told_missing_{false};

  Mutex background_mutex_;
  std::map<Purpose, std::shared_ptr<const Matrix>> backgrounds_ GUARDED_BY(background_mutex_);

  SharedMutex tenants_mutex_;
  std::map<std::string, std::shared_ptr<Tenant>, std::less<>> tenants_ GUARDED_BY(tenants_mutex_);
  std::atomic<uint64_t> answers_{0};

  std::thread background_;
  std::mutex stop_mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;
};

}  // namespace

Result<std::unique_ptr<Engine>> Engine::open(const EngineOptions& options) {
  std::unique_ptr<Store> store;
  if (!options.data_folder.empty()) {
    TRY(store, Store::open(options.data_folder));
  }
  EventPolicy policy;
  if (store != nullptr) {
    TRY(policy, stored_policy(*store));
  }
  return std::unique_ptr<Engine>(
      std::make_unique<EngineImpl>(options, std::move(store), std::move(policy)));
}

}  // namespace penchant
