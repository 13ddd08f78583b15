// The live state of one tenant, made from the store and kept in step with it: the catalogue, its
// word index, the behaviour models, the states of the users asked for lately.
//
// Every write goes to the store first and is then published here, both before the call returns,
// so an answer that starts later sees it. Answers work on a Moment: the snapshots that belong
// together. Thread-safety: safe.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/published.h"
#include "base/result.h"
#include "base/time.h"
#include "index/inverted.h"
#include "recommend/behaviour.h"
#include "recommend/catalogue.h"
#include "recommend/user_state.h"
#include "store/policy.h"
#include "store/store.h"

namespace penchant {

class Encoder;
class ThreadPool;

class Tenant {
 public:
  // What one answer is computed from; holds the snapshots alive.
  struct Moment {
    std::shared_ptr<const Catalogue> catalogue;
    std::shared_ptr<const Behaviour> behaviour;
    std::shared_ptr<const UserState> user;  // null: nobody we know
  };

  // `encoder` may be null; `ordinary` is the catalogue's. Reads all items; the store and the
  // encoder outlive the tenant.
  static Result<std::unique_ptr<Tenant>> load(std::string name, Store& store, Encoder* encoder,
                                              const EventPolicy& policy, ThreadPool& pool,
                                              std::shared_ptr<const Matrix> ordinary = nullptr);

  Result<> put_items(std::span<const Item> items);
  Result<> put_users(std::span<const User> users);
  Result<> put_events(std::span<const Event> events, Seconds now);
  Result<> delete_item(std::string_view id);
  Result<> delete_user(std::string_view id);

  // `user` empty: no user. Trains the behaviour models when they never were.
  Result<Moment> moment(std::string_view user);
  Result<uint32_t> row(const Catalogue& catalogue, std::string_view item) const;

  // What `use(words)` gives, with the word index held still meanwhile: it changes in place.
  template <class Use>
  auto with_words(const Use& use) EXCLUDES(words_mutex_) {
    ReadLock lock(words_mutex_);
    return use(std::as_const(words_));
  }

  // Retrains the behaviour models when enough has happened since: at least one event in twenty.
  // Called from time to time in the background.
  Result<> refresh_behaviour();

 private:
  Tenant(std::string name, Store& store, Encoder* encoder, std::shared_ptr<const Matrix> ordinary,
         const EventPolicy& policy, ThreadPool& pool);
  Result<> load_items();
  Result<std::vector<ItemFeatures>> features_for(std::span<const Item> items);
  void publish(std::vector<CatalogueChange> changes,
               std::span<const std::vector<std::string>> words) REQUIRES(items_mutex_);
  Result<> know_items_of(std::span<const Event> events) EXCLUDES(items_mutex_);
  Result<> train_behaviour() REQUIRES(behaviour_mutex_);
  Result<std::shared_ptr<const UserState>> build_user(std::string_view user,
                                                      const Catalogue& catalogue);
  Result<std::vector<Declared>> declared_by(std::string_view user);

  const std::string name_;
  Store& store_;
  Encoder* const encoder_;
  const EventPolicy& policy_;
  ThreadPool& pool_;

  Published<Catalogue> catalogue_;
  Mutex items_mutex_;  // one writer of items at a time

  SharedMutex words_mutex_;
  InvertedIndex words_ GUARDED_BY(words_mutex_);

  Published<Behaviour> behaviour_;
  Mutex behaviour_mutex_;  // one training at a time
  std::atomic<uint64_t> events_since_training_{0};

  // User states by id, in stripes: a write to a user holds its stripe from before the store's
  // commit until the state is in step again; so does whoever builds the state from the store.
  struct Stripe {
    std::mutex mutex;
    std::unordered_map<std::string, std::shared_ptr<const UserState>> users;
  };
  static constexpr size_t users_per_stripe_max = 2'000;  // beyond, the stripe starts afresh
  std::array<Stripe, 64> stripes_;
  Stripe& stripe(std::string_view user);
  std::vector<std::unique_lock<std::mutex>> lock_stripes(std::span<const std::string_view> users);
};

}  // namespace penchant
