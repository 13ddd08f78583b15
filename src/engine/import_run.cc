#include "engine/import_run.h"

#include "encoder/encoder.h"
#include "engine/features.h"
#include "mining/keywords.h"

namespace penchant {

namespace {

constexpr size_t encode_batch = 512;  // items committed together; what a killed import loses

// Between the importer and the store.
class StoringSink final : public ImportSink {
 public:
  StoringSink(const std::string& tenant, Store& store, Seconds now, ImportSink& observer)
      : tenant_(tenant), store_(store), now_(now), observer_(observer) {}

  Result<> items(std::span<const Item> items) override {
    TRY(store_.put_items(tenant_, items));
    return observer_.items(items);
  }
  Result<> users(std::span<const User> users) override {
    TRY(store_.put_users(tenant_, users));
    return observer_.users(users);
  }
  Result<> events(std::span<const Event> events) override {
    TRY(store_.put_events(tenant_, events, now_, Untimed::once));
    return observer_.events(events);
  }
  void bad_line(std::string_view message) override { observer_.bad_line(message); }
  void progress(uint64_t done, uint64_t total, uint64_t records) override {
    observer_.progress(done, total, records);
  }

 private:
  const std::string& tenant_;
  Store& store_;
  const Seconds now_;
  ImportSink& observer_;
};

// Statistics over all items, and the ids of those whose features are missing or stale.
struct Survey {
  KeywordStatistics statistics;
  std::vector<std::string> stale;
};

Result<Survey> survey(const std::string& tenant, Store& store, const Encoder* encoder) {
  Survey found;
  TRY(store.for_each_item(tenant, [&](StoredItem& stored) {
    found.statistics.add(understood_text(stored.item));
    // Without an encoder, features made with one are kept.
    const bool right = encoder != nullptr
                           ? stored.features.source == feature_source(stored.item, encoder->name())
                           : !stored.features.source.empty();
    if (!right) found.stale.push_back(stored.item.id);
    return true;
  }));
  return found;
}

}  // namespace

Result<ImportSummary> run_import(const std::string& tenant, std::span<const Path> paths,
                                 const ImportOptions& options, Store& store, Encoder* encoder,
                                 Seconds now, ImportSink& observer) {
  StoringSink sink(tenant, store, now, observer);
  TRY(const ImportSummary summary, import_files(paths, options, sink));
  TRY(const Survey found, survey(tenant, store, encoder));
  for (size_t begin = 0; begin < found.stale.size(); begin += encode_batch) {
    const size_t end = std::min(found.stale.size(), begin + encode_batch);
    const std::span ids = std::span(found.stale).subspan(begin, end - begin);
    std::vector<Item> items;
    for (const std::string& id : ids) {
      TRY(StoredItem stored, store.item(tenant, id));
      items.push_back(std::move(stored.item));
    }
    TRY(const auto features, compute_features(items, encoder, found.statistics));
    TRY(store.put_features(tenant, ids, features));
    observer.progress(end, found.stale.size(), end);
  }
  return summary;
}

}  // namespace penchant
