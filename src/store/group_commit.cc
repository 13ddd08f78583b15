#include "store/group_commit.h"

namespace penchant {

Result<> GroupCommit::submit(Task& task) {
  std::unique_lock lock(mutex_);
  queue_.push_back(&task);
  finished_.wait(lock, [&] { return task.done || !leading_; });
  if (task.done) return std::move(task.result);
  leading_ = true;
  std::vector<Task*> group;
  group.swap(queue_);
  lock.unlock();
  commit(group);
  lock.lock();
  for (Task* member : group) member->done = true;
  leading_ = false;
  finished_.notify_all();
  return std::move(task.result);
}

void GroupCommit::commit(const std::vector<Task*>& group) {
  if (group.size() > 1 && commit_together(group)) return;
  for (Task* task : group) task->result = commit_alone(*task);
}

namespace {

// After some failures (a full disk, say) SQLite has rolled back already.
void roll_back(Connection& connection) {
  if (connection.in_transaction()) (void)connection.execute("ROLLBACK");
}

}  // namespace

// False when the transaction as a whole failed: then nothing of it is in the database.
bool GroupCommit::commit_together(const std::vector<Task*>& group) {
  Result<> shared = connection_.execute("BEGIN IMMEDIATE");
  for (Task* task : group) {
    if (shared.ok()) shared = connection_.execute("SAVEPOINT task");
    if (!shared.ok()) break;
    task->result = task->run(task->context, connection_);
    if (!connection_.in_transaction()) return false;
    if (!task->result.ok()) shared = connection_.execute("ROLLBACK TO task");
    if (shared.ok()) shared = connection_.execute("RELEASE task");
  }
  if (shared.ok()) shared = connection_.execute("COMMIT");
  if (!shared.ok()) roll_back(connection_);
  return shared.ok();
}

Result<> GroupCommit::commit_alone(Task& task) {
  TRY(connection_.execute("BEGIN IMMEDIATE"));
  Result<> result = task.run(task.context, connection_);
  if (result.ok()) result = connection_.execute("COMMIT");
  if (!result.ok()) roll_back(connection_);
  return result;
}

}  // namespace penchant
