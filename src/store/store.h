// Items, users and events in one SQLite file (WAL, synchronous=FULL), keyed by tenant. Whatever a
// write call accepted is on the disk when it returns; calls arriving together share one commit.
// Also keeps, per item, what was computed from its text (vector, keywords) so that nothing is
// encoded twice. Every record is checked (check_record): nothing invalid gets in.
// Thread-safety: safe. Reads run on a consistent snapshot each.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "store/records.h"

namespace penchant {

// What was computed from an item's text. `source` is a hash of the text and of what read
// it: equal source means the rest is still right.
struct ItemFeatures {
  std::string source;
  std::vector<float> vector;  // L2-normalised, or empty without an encoder
  std::vector<std::pair<std::string, float>> keywords;  // surface form and weight in (0, 1]
};

struct StoredItem {
  Item item;
  ItemFeatures features;  // empty source: not computed yet
};

// What an event without a time means.
enum class Untimed {
  now,   // it happens now: each call is another event
  once,  // a file said that it happened: the earliest stored event of the same (user, item, type),
         // if there is one, is this event and keeps its time, so that re-import changes nothing
};

struct StoreCounts {
  uint64_t items = 0, users = 0, events = 0;
};

class Store {
 public:
  // Opens or creates folder/penchant.db. Fails with one sentence when another process has the
  // folder open, when it was written by a newer version, or when it is read-only or damaged.
  static Result<std::unique_ptr<Store>> open(const Path& folder);
  virtual ~Store() = default;

  // Each call is one transaction. A record with a known id replaces the old one whole (its features
  // stay until set again). Events: the same (user, item, type, time) again replaces, so that
  // re-import changes nothing; an event without time gets `now`, see Untimed. An event makes its
  // user known; its item may come later or never.
  virtual Result<> put_items(std::string_view tenant, std::span<const Item> items) = 0;
  virtual Result<> put_users(std::string_view tenant, std::span<const User> users) = 0;
  virtual Result<> put_events(std::string_view tenant, std::span<const Event> events, Seconds now,
                              Untimed untimed = Untimed::now) = 0;
  // Ids that are not (or no longer) there are passed over.
  virtual Result<> put_features(std::string_view tenant, std::span<const std::string> ids,
                                std::span<const ItemFeatures> features) = 0;

  // False when there was nothing to delete. Deleting a user deletes the events too; deleting an
  // item keeps its events (they still say what its readers like) but the item leaves every answer.
  virtual Result<bool> delete_item(std::string_view tenant, std::string_view id) = 0;
  virtual Result<bool> delete_user(std::string_view tenant, std::string_view id) = 0;

  virtual Result<StoredItem> item(std::string_view tenant, std::string_view id) = 0;
  virtual Result<User> user(std::string_view tenant, std::string_view id) = 0;
  // A user's events in time order, oldest first; ties by the label "order", then by arrival; at
  // most the `limit` newest. None for an unknown user.
  virtual Result<std::vector<Event>> user_events(std::string_view tenant, std::string_view user,
                                                 size_t limit) = 0;

  // Walks over everything in order of first arrival (or mention by an event). The callback returns
  // false to stop; it may call the store, and sees there what was written meanwhile.
  template <class Visit>
  Result<> for_each_item(std::string_view tenant, Visit visit) {
    return walk_items(
        tenant, [](void* v, StoredItem& i) { return (*static_cast<Visit*>(v))(i); }, &visit);
  }
  template <class Visit>
  Result<> for_each_user(std::string_view tenant, Visit visit) {
    return walk_users(
        tenant, [](void* v, User& u) { return (*static_cast<Visit*>(v))(u); }, &visit);
  }
  template <class Visit>  // ordered by user (first arrival), then as user_events
  Result<> for_each_event(std::string_view tenant, Visit visit) {
    return walk_events(
        tenant, [](void* v, Event& e) { return (*static_cast<Visit*>(v))(e); }, &visit);
  }

  virtual Result<StoreCounts> counts(std::string_view tenant) = 0;
  virtual Result<std::vector<std::string>> tenants() = 0;

  // Small settings of the data folder: the encoder's name, the event policy, ...
  virtual Result<std::string> setting(std::string_view name) = 0;  // "" when not set
  virtual Result<> set_setting(std::string_view name, std::string_view value) = 0;

 protected:
  virtual Result<> walk_items(std::string_view tenant, bool (*visit)(void*, StoredItem&),
                              void* context) = 0;
  virtual Result<> walk_users(std::string_view tenant, bool (*visit)(void*, User&),
                              void* context) = 0;
  virtual Result<> walk_events(std::string_view tenant, bool (*visit)(void*, Event&),
                               void* context) = 0;
};

}  // namespace penchant
