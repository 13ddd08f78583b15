// For tests: an import sink that keeps everything, and one that fills a store.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/import.h"
#include "store/store.h"

namespace penchant {

struct Imported {
  std::vector<Item> items;
  std::vector<User> users;
  std::vector<Event> events;
  std::vector<std::string> bad;
  std::string order;  // of the kinds: "iue"
  uint64_t bytes_done = 0, bytes_total = 0, records = 0;
  std::optional<Error> failure;  // what every batch is answered with
};

class CollectSink : public ImportSink {
 public:
  Result<> items(std::span<const Item> more) override { return add('i', all.items, more); }
  Result<> users(std::span<const User> more) override { return add('u', all.users, more); }
  Result<> events(std::span<const Event> more) override { return add('e', all.events, more); }
  void bad_line(std::string_view message) override { all.bad.emplace_back(message); }
  void progress(uint64_t done, uint64_t total, uint64_t count) override {
    all.bytes_done = done;
    all.bytes_total = total;
    all.records = count;
  }

  Imported all;

 private:
  template <class Record>
  Result<> add(char kind, std::vector<Record>& records, std::span<const Record> more) {
    if (all.failure) return *all.failure;
    if (all.order.empty() || all.order.back() != kind) all.order += kind;
    records.insert(records.end(), more.begin(), more.end());
    return {};
  }
};

class StoreSink : public ImportSink {
 public:
  StoreSink(Store& store, std::string tenant) : store_(store), tenant_(std::move(tenant)) {}

  Result<> items(std::span<const Item> more) override { return store_.put_items(tenant_, more); }
  Result<> users(std::span<const User> more) override { return store_.put_users(tenant_, more); }
  Result<> events(std::span<const Event> more) override {
    return store_.put_events(tenant_, more, now, Untimed::once);
  }
  void bad_line(std::string_view message) override { bad.emplace_back(message); }
  void progress(uint64_t, uint64_t, uint64_t) override {}

  std::vector<std::string> bad;
  Seconds now = 1'800'000'000;

 private:
  Store& store_;
  const std::string tenant_;
};

}  // namespace penchant
