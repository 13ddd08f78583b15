#include "encoder/batcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace penchant {

using SteadyClock = std::chrono::steady_clock;

// Lives on the stack of the thread that asks; that thread leaves when it is finished.
struct Batcher::Request {
  Request(std::span<const TokenSequence> of, const Patience& its_patience)
      : sequences(of), patience(its_patience) {}

  const std::span<const TokenSequence> sequences;
  const Patience& patience;
  Batched answer;
  std::optional<Error> error;
  SteadyClock::time_point start = SteadyClock::now();
  size_t taken = 0, done = 0;  // of the sequences
  bool finished = false;
  std::condition_variable wake;

  void finish() {
    finished = true;
    wake.notify_one();
  }
};

namespace {

size_t tokens_of(std::span<const TokenSequence> sequences) {
  size_t tokens = 0;
  for (const TokenSequence& one : sequences) tokens += one.ids.size();
  return tokens;
}

}  // namespace

Result<> Patience::check() const {
  if (gone != nullptr && *gone) return Error{Code::unavailable, "who asked went away"};
  if (SteadyClock::now() >= until)
    return Error{Code::unavailable, "the request's time is over; try again"};
  return {};
}

Result<> Batcher::enter(Request& request) {
  const size_t tokens = tokens_of(request.sequences);
  if (requests_ >= options_.requests ||
      (!queue_.empty() && waiting_tokens_ + tokens > options_.waiting_tokens))
    return Error{Code::exhausted, fmt::format("{} requests of {} tokens wait for {} already",
                                              requests_, waiting_tokens_, model_.name())};
  queue_.push_back(&request);
  waiting_tokens_ += tokens;
  ++requests_;
  return {};
}

Result<Batched> Batcher::run(std::span<const TokenSequence> sequences, const Patience& patience) {
  // What one request got wrong must not fail the call it shares with others.
  TRY(model_.check(sequences));
  Request request(sequences, patience);
  request.answer.rows = Matrix(sequences.size(), model_.width());
  if (sequences.empty()) return std::move(request.answer);
  std::unique_lock lock(mutex_);
  TRY(enter(request));
  while (!request.finished) {
    if (running_)
      request.wake.wait(lock, [&] { return request.finished || !running_; });
    else
      run_batch(lock);
  }
  --requests_;
  if (!running_ && !queue_.empty()) queue_.front()->wake.notify_one();
  if (request.error) return *std::move(request.error);
  return std::move(request.answer);
}

size_t Batcher::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

void Batcher::drop_impatient() {
  std::erase_if(queue_, [&](Request* request) {
    const Result<> patient = request->patience.check();
    if (patient.ok()) return false;
    waiting_tokens_ -= tokens_of(request->sequences.subspan(request->taken));
    request->error = patient.error();
    request->finish();
    return true;
  });
}

// Round after round of turns until the budget is spent.
std::vector<Batcher::Part> Batcher::take_batch() {
  drop_impatient();
  std::vector<Part> batch;
  size_t tokens = 0;
  const auto fits = [&](size_t size) {
    return batch.empty() || tokens + size <= options_.batch_tokens;
  };
  const auto next_size = [](const Request& request) {
    return request.sequences[request.taken].ids.size();
  };
  while (!queue_.empty() && fits(next_size(*queue_.front()))) {
    Request* request = queue_.front();
    queue_.pop_front();
    if (request->taken == 0) request->answer.waited = SteadyClock::now() - request->start;
    const size_t count = request->sequences.size();
    for (size_t turn = 0; request->taken < count && turn < options_.turn_tokens;) {
      const size_t size = next_size(*request);
      if (!fits(size)) break;
      batch.push_back({request, request->taken++});
      tokens += std::max<size_t>(size, 1);
      turn += std::max<size_t>(size, 1);
      waiting_tokens_ -= size;
    }
    if (request->taken < count) queue_.push_back(request);
  }
  return batch;
}

void Batcher::run_batch(std::unique_lock<std::mutex>& lock) {
  const std::vector<Part> batch = take_batch();
  if (batch.empty()) return;
  running_ = true;
  lock.unlock();
  // Who asked for these waits until they are done, so they may be touched without the lock.
  std::vector<TokenSequence> sequences;
  sequences.reserve(batch.size());
  for (const auto& [request, index] : batch) sequences.push_back(request->sequences[index]);
  const SteadyClock::time_point start = SteadyClock::now();
  const Result<Matrix> rows = model_.run(sequences);
  const auto took = SteadyClock::now() - start;
  for (size_t i = 0; rows.ok() && i < batch.size(); ++i)
    std::ranges::copy(rows->row(i), batch[i].request->answer.rows.row(batch[i].index).begin());
  lock.lock();
  running_ = false;
  std::vector<Request*> met;
  for (const Part& part : batch) {
    ++part.request->done;
    if (std::ranges::find(met, part.request) == met.end()) met.push_back(part.request);
  }
  for (Request* request : met) {
    request->answer.running += took;
    if (!rows.ok() && !request->error) {
      request->error = rows.error();
      if (std::erase(queue_, request) > 0)
        waiting_tokens_ -= tokens_of(request->sequences.subspan(request->taken));
    }
    if (request->error || request->done == request->sequences.size()) request->finish();
  }
}

}  // namespace penchant
