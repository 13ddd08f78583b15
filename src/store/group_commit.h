// Writes that arrive together share one transaction, so that many small writers cost one sync of
// the disk. Whoever finds no commit under way commits for all that wait; a write that fails alone
// leaves the others alone.
// Thread-safety: safe.
#pragma once

#include <condition_variable>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "store/sqlite.h"

namespace penchant {

class GroupCommit {
 public:
  explicit GroupCommit(Connection connection) : connection_(std::move(connection)) {}

  // Runs `work(connection)` inside a transaction and returns when that is on the disk. `work` may
  // run twice (its transaction is rolled back in between) and keeps no state of its own about the
  // database.
  template <class Work>
  Result<> write(Work work) {
    Task task{[](void* context, Connection& connection) {
                return (*static_cast<Work*>(context))(connection);
              },
              &work,
              {},
              false};
    return submit(task);
  }

 private:
  struct Task {
    Result<> (*run)(void* context, Connection& connection);
    void* context;
    Result<> result;
    bool done;
  };

  Result<> submit(Task& task);
  void commit(const std::vector<Task*>& group);
  bool commit_together(const std::vector<Task*>& group);
  Result<> commit_alone(Task& task);

  std::mutex mutex_;  // guards queue_, leading_ and Task::done; condition_variable needs std::mutex
  std::condition_variable finished_;
  std::vector<Task*> queue_;
  bool leading_ = false;
  Connection connection_;  // the leader's
};

}  // namespace penchant
