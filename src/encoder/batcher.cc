#include "encoder/batcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "encoder/tokenise.h"

namespace penchant {

using SteadyClock = std::chrono::steady_clock;

// Lives on the stack of the thread that asks; that thread leaves when it is finished.
struct Batcher::Request {
  Request(std::span<const TokenIds> of, const Patience& its_patience)
      : texts(of), patience(its_patience) {}

  const std::span<const TokenIds> texts;
  const Patience& patience;
  Batched answer;
  std::optional<Error> error;
  SteadyClock::time_point start = SteadyClock::now();
  size_t taken = 0, done = 0;  // of the texts
  bool finished = false;
  std::condition_variable wake;

  void finish() {
    finished = true;
    wake.notify_one();
  }
};

namespace {

size_t tokens_of(std::span<const TokenIds> texts) {
  size_t tokens = 0;
  for (const TokenIds text : texts) tokens += text.size();
  return tokens;
}

}  // namespace

// What one request got wrong must not fail the call it shares with others.
Result<> Batcher::check(std::span<const TokenIds> texts) const {
  const Tokenizer* tokenizer = encoder_.tokenizer();
  if (tokenizer == nullptr) return invalid(fmt::format("{} has no tokens", encoder_.name()));
  const size_t longest = encoder_.adds_special_tokens() ? encoder_.max_tokens() : size_t(-1);
  return check_ids(texts, tokenizer->vocabulary_size(), longest);
}

Result<Batched> Batcher::encode(std::span<const TokenIds> texts, const Patience& patience) {
  TRY(check(texts));
  Request request(texts, patience);
  request.answer.vectors = Matrix(texts.size(), encoder_.dimensions());
  if (texts.empty()) return std::move(request.answer);
  const size_t tokens = tokens_of(texts);
  std::unique_lock lock(mutex_);
  if (queue_.size() >= options_.waiting_requests ||
      (!queue_.empty() && waiting_tokens_ + tokens > options_.waiting_tokens))
    return Error{Code::exhausted, fmt::format("{} requests of {} tokens wait for {} already",
                                              queue_.size(), waiting_tokens_, encoder_.name())};
  queue_.push_back(&request);
  waiting_tokens_ += tokens;
  while (!request.finished) {
    if (running_)
      request.wake.wait(lock, [&] { return request.finished || !running_; });
    else
      run_batch(lock);
  }
  if (!running_ && !queue_.empty()) queue_.front()->wake.notify_one();
  if (request.error) return *std::move(request.error);
  return std::move(request.answer);
}

size_t Batcher::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

void Batcher::drop_impatient() {
  const SteadyClock::time_point now = SteadyClock::now();
  std::erase_if(queue_, [&](Request* request) {
    const bool gone = request->patience.gone != nullptr && *request->patience.gone;
    if (!gone && now < request->patience.until) return false;
    waiting_tokens_ -= tokens_of(request->texts.subspan(request->taken));
    request->error = Error{Code::unavailable,
                           gone ? "who asked went away" : "the request's time is over; try again"};
    request->finish();
    return true;
  });
}

// Round after round of turns until the budget is spent.
std::vector<Batcher::Text> Batcher::take_batch() {
  drop_impatient();
  std::vector<Text> batch;
  size_t tokens = 0;
  const auto fits = [&](size_t size) {
    return batch.empty() || tokens + size <= options_.batch_tokens;
  };
  while (!queue_.empty() && fits(queue_.front()->texts[queue_.front()->taken].size())) {
    Request* request = queue_.front();
    queue_.pop_front();
    if (request->taken == 0) request->answer.waited = SteadyClock::now() - request->start;
    for (size_t turn = 0; request->taken < request->texts.size() && turn < options_.turn_tokens;) {
      const size_t size = request->texts[request->taken].size();
      if (!fits(size)) break;
      batch.push_back({request, request->taken++});
      tokens += std::max<size_t>(size, 1);
      turn += std::max<size_t>(size, 1);
      waiting_tokens_ -= size;
    }
    if (request->taken < request->texts.size()) queue_.push_back(request);
  }
  return batch;
}

void Batcher::run_batch(std::unique_lock<std::mutex>& lock) {
  const std::vector<Text> batch = take_batch();
  if (batch.empty()) return;
  running_ = true;
  lock.unlock();
  // Who asked for these texts waits until they are done, so they may be touched without the lock.
  std::vector<TokenIds> texts;
  texts.reserve(batch.size());
  for (const Text& text : batch) texts.push_back(text.request->texts[text.index]);
  const SteadyClock::time_point start = SteadyClock::now();
  const Result<Matrix> vectors = encoder_.encode_ids(texts);
  const auto took = SteadyClock::now() - start;
  for (size_t i = 0; vectors.ok() && i < batch.size(); ++i)
    std::ranges::copy(vectors->row(i),
                      batch[i].request->answer.vectors.row(batch[i].index).begin());
  lock.lock();
  running_ = false;
  std::vector<Request*> met;
  for (const Text& text : batch) {
    Request& request = *text.request;
    ++request.done;
    if (std::ranges::find(met, &request) == met.end()) met.push_back(&request);
  }
  for (Request* request : met) {
    request->answer.encoding += took;
    if (!vectors.ok() && !request->error) {
      request->error = vectors.error();
      if (std::erase(queue_, request) > 0)
        waiting_tokens_ -= tokens_of(request->texts.subspan(request->taken));
    }
    if (request->error || request->done == request->texts.size()) request->finish();
  }
}

}  // namespace penchant
