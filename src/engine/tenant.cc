#include "engine/tenant.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/limits.h"
#include "base/log.h"
#include "base/threads.h"
#include "encoder/encoder.h"
#include "engine/event_rules.h"
#include "engine/features.h"
#include "engine/terms.h"
#include "mining/keywords.h"

namespace penchant {

namespace {

// Items published to a snapshot at a time while loading: each publication copies the chunks it
// touches.
constexpr size_t load_batch = 8'192;
constexpr size_t history_max = 1'000;  // a user's latest events, which shape the interests
constexpr size_t seen_max = 100'000;   // a user's latest events whose items stay out of answers

CatalogueChange catalogue_change(const Item& item, const ItemFeatures& features,
                                 std::vector<std::string>& words) {
  CatalogueChange change;
  change.item.id = item.id;
  change.item.title = item.title;
  change.item.categories = item.categories;
  change.item.labels = item.labels;
  change.item.time = item.time;
  change.item.expires = item.expires;
  change.item.hidden = item.hidden;
  change.item.keywords = features.keywords;
  change.vector = features.vector;
  std::string readable = understood_text(item);
  for (const std::string_view text : label_texts(item.labels)) readable.append("\n").append(text);
  words = terms(readable);
  change.item.words = pack_words(words);
  change.item.title_words = pack_words(terms(title_text(item)));
  return change;
}

}  // namespace

Tenant::Tenant(std::string name, Store& store, Encoder* encoder,
               std::shared_ptr<const Matrix> ordinary, const EventPolicy& policy, ThreadPool& pool)
    : name_(std::move(name)),
      store_(store),
      encoder_(encoder),
      policy_(policy),
      pool_(pool),
      catalogue_(std::make_shared<const Catalogue>(0, std::move(ordinary))),
      behaviour_(nullptr) {}

Result<std::unique_ptr<Tenant>> Tenant::load(std::string name, Store& store, Encoder* encoder,
                                             const EventPolicy& policy, ThreadPool& pool,
                                             std::shared_ptr<const Matrix> ordinary) {
  std::unique_ptr<Tenant> tenant(
      new Tenant(std::move(name), store, encoder, std::move(ordinary), policy, pool));
  TRY(tenant->load_items());
  return tenant;
}

Result<> Tenant::load_items() {
  std::vector<StoredItem> batch;
  const auto flush = [&] {
    std::vector<CatalogueChange> changes(batch.size());
    std::vector<std::vector<std::string>> words(batch.size());
    // Splitting texts into words is most of the work.
    pool_.parallel_for(batch.size(), [&](size_t i, int) {
      changes[i] = catalogue_change(batch[i].item, batch[i].features, words[i]);
    });
    MutexLock lock(items_mutex_);
    publish(std::move(changes), words);
    batch.clear();
  };
  TRY(store_.for_each_item(name_, [&](StoredItem& stored) {
    batch.push_back(std::move(stored));
    if (batch.size() == load_batch) flush();
    return true;
  }));
  flush();
  return {};
}

void Tenant::publish(std::vector<CatalogueChange> changes,
                     std::span<const std::vector<std::string>> words) {
  if (changes.empty()) return;
  const auto next = std::make_shared<const Catalogue>(catalogue_.load()->with(changes));
  {
    WriteLock lock(words_mutex_);
    for (size_t i = 0; i < changes.size(); ++i)
      words_.set(*next->find(changes[i].item.id), words[i]);
  }
  catalogue_.store(next);
}

// The stored features where they are still right, new ones else.
Result<std::vector<ItemFeatures>> Tenant::features_for(std::span<const Item> items) {
  const std::string_view encoder_name = encoder_ != nullptr ? encoder_->name() : "";
  std::vector<ItemFeatures> features(items.size());
  std::vector<Item> stale;
  std::vector<size_t> stale_at;
  KeywordStatistics statistics;
  for (size_t i = 0; i < items.size(); ++i) {
    statistics.add(understood_text(items[i]));
    const auto stored = store_.item(name_, items[i].id);
    if (!stored.ok() && stored.error().code != Code::not_found) return stored.error();
    if (stored.ok() && stored->features.source == feature_source(items[i], encoder_name)) {
      features[i] = stored->features;
    } else {
      stale.push_back(items[i]);
      stale_at.push_back(i);
    }
  }
  TRY(auto computed, compute_features(stale, encoder_, statistics));
  for (size_t i = 0; i < stale.size(); ++i) features[stale_at[i]] = std::move(computed[i]);
  return features;
}

Result<> Tenant::put_items(std::span<const Item> items) {
  TRY(const auto features, features_for(items));
  std::vector<CatalogueChange> changes;
  std::vector<std::vector<std::string>> words;
  std::vector<std::string> ids;
  for (size_t i = 0; i < items.size(); ++i) {
    changes.push_back(catalogue_change(items[i], features[i], words.emplace_back()));
    ids.push_back(items[i].id);
  }
  MutexLock lock(items_mutex_);
  TRY(store_.put_items(name_, items));
  TRY(store_.put_features(name_, ids, features));
  publish(std::move(changes), words);
  return {};
}

Result<> Tenant::delete_item(std::string_view id) {
  MutexLock lock(items_mutex_);
  TRY(const bool found, store_.delete_item(name_, id));
  if (!found) return not_found(fmt::format("no item \"{}\"", id));
  CatalogueChange change;
  change.item.id = id;
  change.item.absent = true;
  const std::vector<std::vector<std::string>> no_words(1);
  publish({change}, no_words);
  return {};
}

// Items met in events before they are in the catalogue get a row, so that what is learned about
// them is theirs when they come.
Result<> Tenant::know_items_of(std::span<const Event> events) {
  MutexLock lock(items_mutex_);
  const auto catalogue = catalogue_.load();
  std::set<std::string_view> unknown;
  for (const Event& event : events)
    if (!catalogue->find(event.item)) unknown.insert(event.item);
  std::vector<CatalogueChange> changes;
  for (const std::string_view id : unknown) {
    CatalogueChange change;
    change.item.id = id;
    change.item.absent = true;
    changes.push_back(std::move(change));
  }
  const std::vector<std::vector<std::string>> no_words(changes.size());
  publish(std::move(changes), no_words);
  return {};
}

Tenant::Stripe& Tenant::stripe(std::string_view user) {
  return stripes_[std::hash<std::string_view>()(user) % stripes_.size()];
}

// In the order of the stripes, so that two writers never wait for each other.
std::vector<std::unique_lock<std::mutex>> Tenant::lock_stripes(
    std::span<const std::string_view> users) {
  std::set<Stripe*> needed;
  for (const std::string_view user : users) needed.insert(&stripe(user));
  std::vector<std::unique_lock<std::mutex>> locks;
  for (Stripe* one : needed) locks.emplace_back(one->mutex);
  return locks;
}

Result<> Tenant::put_events(std::span<const Event> events, Seconds now) {
  TRY(know_items_of(events));
  std::vector<std::string_view> users;
  for (const Event& event : events) users.push_back(event.user);
  const auto locks = lock_stripes(users);
  TRY(store_.put_events(name_, events, now));
  events_since_training_ += events.size();
  const auto catalogue = catalogue_.load();
  for (const Event& event : events) {
    auto& known = stripe(event.user).users;
    const auto entry = known.find(event.user);
    if (entry == known.end()) continue;
    Event stamped = event;
    if (!stamped.time) stamped.time = now;
    const auto history = entry->second->history();
    // Only what comes last can be added; anything else may replace or precede, so the state is
    // built again from the store when next asked for.
    const bool is_last = history.empty() || history.back().time < *stamped.time;
    if (!is_last || history.size() >= history_max || !entry->second->fits(*catalogue)) {
      known.erase(entry);
      continue;
    }
    auto state = std::make_shared<UserState>(*entry->second);
    state->add(*catalogue, apply_rule(policy_, stamped, *catalogue->find(event.item)));
    entry->second = std::move(state);
  }
  return {};
}

Result<> Tenant::put_users(std::span<const User> users) {
  std::vector<std::string_view> ids;
  for (const User& user : users) ids.push_back(user.id);
  const auto locks = lock_stripes(ids);
  TRY(store_.put_users(name_, users));
  for (const std::string_view id : ids) stripe(id).users.erase(std::string(id));
  return {};
}

Result<> Tenant::delete_user(std::string_view id) {
  const std::string_view ids[] = {id};
  const auto locks = lock_stripes(ids);
  TRY(const bool found, store_.delete_user(name_, id));
  stripe(id).users.erase(std::string(id));
  if (!found) return not_found(fmt::format("no user \"{}\"", id));
  events_since_training_ += behaviour_.load() != nullptr ? behaviour_.load()->interactions() : 0;
  return {};
}

Result<std::vector<Declared>> Tenant::declared_by(std::string_view user) {
  const auto record = store_.user(name_, user);
  if (!record.ok()) {
    if (record.error().code == Code::not_found) return std::vector<Declared>();
    return record.error();
  }
  const std::vector<std::string_view> phrases(record->interests.begin(), record->interests.end());
  Matrix vectors;
  if (encoder_ != nullptr && !phrases.empty()) {
    TRY(vectors, encoder_->encode(phrases, Purpose::query));
  }
  std::vector<Declared> declared;
  for (size_t i = 0; i < phrases.size(); ++i) {
    Declared& one = declared.emplace_back();
    one.phrase = phrases[i];
    one.words = query_words(phrases[i]);
    if (vectors.rows > 0) one.vector.assign(vectors.row(i).begin(), vectors.row(i).end());
  }
  return declared;
}

Result<std::shared_ptr<const UserState>> Tenant::build_user(std::string_view user,
                                                            const Catalogue& catalogue) {
  TRY(const auto events, store_.user_events(name_, user, seen_max));
  TRY(auto declared, declared_by(user));
  if (events.empty() && declared.empty()) return std::shared_ptr<const UserState>();
  auto state = std::make_shared<UserState>();
  std::vector<uint32_t> seen_before;
  for (size_t i = 0; i < events.size(); ++i) {
    const auto row = catalogue.find(events[i].item);
    if (!row) continue;
    const UserEvent event = apply_rule(policy_, events[i], *row);
    if (i + history_max >= events.size()) {
      state->add(catalogue, event);
    } else if (event.seen) {
      seen_before.push_back(*row);
    }
  }
  state->mark_seen(seen_before);
  state->declare(std::move(declared));
  return std::shared_ptr<const UserState>(std::move(state));
}

Result<Tenant::Moment> Tenant::moment(std::string_view user) {
  Moment moment;
  moment.catalogue = catalogue_.load();
  moment.behaviour = behaviour_.load();
  if (moment.behaviour == nullptr) {
    MutexLock lock(behaviour_mutex_);
    if (behaviour_.load() == nullptr) TRY(train_behaviour());
    moment.behaviour = behaviour_.load();
    moment.catalogue = catalogue_.load();  // training may have met items of events only
  }
  if (user.empty()) return moment;
  Stripe& home = stripe(user);
  const std::lock_guard lock(home.mutex);
  const auto known = home.users.find(std::string(user));
  if (known != home.users.end() && known->second->fits(*moment.catalogue)) {
    moment.user = known->second;
    return moment;
  }
  TRY(moment.user, build_user(user, *moment.catalogue));
  if (home.users.size() >= users_per_stripe_max) home.users.clear();
  if (moment.user != nullptr) home.users[std::string(user)] = moment.user;
  return moment;
}

Result<uint32_t> Tenant::row(const Catalogue& catalogue, std::string_view item) const {
  const auto row = catalogue.find(item);
  if (!row || catalogue.item(*row).absent) return not_found(fmt::format("no item \"{}\"", item));
  return *row;
}

Result<> Tenant::train_behaviour() {
  events_since_training_ = 0;
  std::vector<Event> unknown;
  std::vector<uint32_t> users;
  std::vector<UserEvent> events;
  // Rows for items that only events know, before the rows are counted.
  {
    const auto catalogue = catalogue_.load();
    TRY(store_.for_each_event(name_, [&](Event& event) {
      if (!catalogue->find(event.item)) {
        unknown.emplace_back();
        unknown.back().item = std::move(event.item);
      }
      return true;
    }));
    TRY(know_items_of(unknown));
  }
  const auto catalogue = catalogue_.load();
  std::string last_user;
  uint32_t number = 0;
  TRY(store_.for_each_event(name_, [&](Event& event) {
    const auto row = catalogue->find(event.item);
    if (!row) return true;  // arrived this very moment; the next training has it
    if (events.empty() || event.user != last_user) {
      number += !events.empty();
      last_user = event.user;
    }
    users.push_back(number);
    events.push_back(apply_rule(policy_, event, *row));
    return true;
  }));
  behaviour_.store(std::make_shared<const Behaviour>(
      Behaviour::train(users, events, catalogue->rows(), {}, &pool_)));
  return {};
}

Result<> Tenant::refresh_behaviour() {
  const auto behaviour = behaviour_.load();
  if (behaviour == nullptr) return {};  // nobody asked yet
  const uint64_t since = events_since_training_;
  if (since == 0 || since * 20 < behaviour->interactions()) return {};
  MutexLock lock(behaviour_mutex_);
  return train_behaviour();
}

}  // namespace penchant
