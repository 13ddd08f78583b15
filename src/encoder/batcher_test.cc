#include "encoder/batcher.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include "base/test_folder.h"
#include "encoder/classifier.h"
#include "encoder/golden_test.h"
#include "encoder/model_set.h"

namespace penchant {
namespace {

// A model whose calls are noted and, while `held`, wait.
class Held final : public SequenceModel {
 public:
  explicit Held(std::unique_ptr<SequenceModel> model = *open_encoder(golden_folder("tiny-bert"),
                                                                     {.threads = 2}))
      : inner(std::move(model)) {}

  const std::unique_ptr<SequenceModel> inner;
  std::vector<std::vector<int32_t>> calls;  // the first id of each text
  std::mutex mutex;
  std::condition_variable changed;
  bool held = false, fails = false;

  std::string_view name() const override { return inner->name(); }
  size_t max_tokens() const override { return inner->max_tokens(); }
  size_t width() const override { return inner->width(); }
  Result<> check(std::span<const TokenSequence> sequences) const override {
    return inner->check(sequences);
  }
  Result<Matrix> run(std::span<const TokenSequence> sequences) override {
    std::unique_lock lock(mutex);
    calls.emplace_back();
    for (const TokenSequence& one : sequences) calls.back().push_back(one.ids.front());
    changed.notify_all();
    changed.wait(lock, [this] { return !held; });
    if (fails) return Error{Code::internal, "broken"};
    return inner->run(sequences);
  }

  void hold(bool value) {
    const std::lock_guard lock(mutex);
    held = value;
    changed.notify_all();
  }
  void wait_for_call() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return !calls.empty(); });
  }
};

// `count` texts of ten tokens that begin with `first`.
std::vector<std::vector<int32_t>> make_texts(int32_t first, size_t count) {
  std::vector<std::vector<int32_t>> texts;
  for (size_t i = 0; i < count; ++i) {
    texts.emplace_back(10, static_cast<int32_t>(5 + i % 7));
    texts.back().front() = first;
  }
  return texts;
}

Result<Batched> ask(Batcher& batcher, const std::vector<std::vector<int32_t>>& texts,
                    const Patience& patience = {}) {
  std::vector<TokenSequence> sequences;
  for (const auto& text : texts) sequences.push_back({.ids = text});
  return batcher.run(sequences, patience);
}

// While a first request holds the model, the others come in the given order; then it goes on.
void meet(Held& encoder, Batcher& batcher,
          const std::vector<std::vector<std::vector<int32_t>>>& all,
          std::vector<Result<Batched>>& answers) {
  encoder.hold(true);
  std::thread first([&] { (void)ask(batcher, make_texts(2, 1)); });
  encoder.wait_for_call();
  std::vector<std::thread> threads;
  answers.assign(all.size(), Error{});
  for (size_t i = 0; i < all.size(); ++i) {
    threads.emplace_back([&, i] { answers[i] = ask(batcher, all[i]); });
    while (batcher.waiting() != i + 1) std::this_thread::yield();
  }
  encoder.hold(false);
  first.join();
  for (std::thread& thread : threads) thread.join();
}

TEST(Batcher, MergesWaitingRequestsAndGivesTheBitsOfEachAlone) {
  Held encoder;
  Batcher batcher(encoder, {});
  const std::vector<std::vector<std::vector<int32_t>>> all = {make_texts(3, 5), make_texts(4, 1),
                                                              make_texts(5, 20)};
  std::vector<Result<Batched>> answers;
  meet(encoder, batcher, all, answers);
  EXPECT_EQ(encoder.calls.size(), 2u);
  EXPECT_EQ(encoder.calls[1].size(), 26u);
  for (size_t i = 0; i < all.size(); ++i) {
    ASSERT_TRUE(answers[i].ok()) << answers[i].error().message;
    for (size_t row = 0; row < all[i].size(); ++row) {
      const TokenSequence text{all[i][row]};
      EXPECT_TRUE(
          std::ranges::equal(answers[i]->rows.row(row), encoder.inner->run({&text, 1})->values));
    }
  }
}

// A reranker is as any model: pairs keep the types of their tokens.
TEST(Batcher, MergesPairsForARerankerWithTheBitsOfEachAlone) {
  const Path folder = Path(PENCHANT_SOURCE) / "tests/data/heads/reranker";
  Held reranker(*open_classifier(folder, {.threads = 2}));
  Batcher batcher(reranker, {});
  const std::vector<int32_t> ids = {2, 13, 18, 3, 5, 13, 18, 3}, types = {0, 0, 0, 0, 1, 1, 1, 1};
  const TokenSequence pair{ids, types}, untyped{ids};
  reranker.hold(true);
  std::thread first([&] { EXPECT_TRUE(batcher.run({&pair, 1}, {}).ok()); });
  reranker.wait_for_call();
  Result<Batched> with(Error{}), without(Error{});
  std::thread second([&] { with = batcher.run({&pair, 1}, {}); });
  std::thread third([&] { without = batcher.run({&untyped, 1}, {}); });
  while (batcher.waiting() != 2) std::this_thread::yield();
  reranker.hold(false);
  for (std::thread* thread : {&first, &second, &third}) thread->join();
  EXPECT_EQ(reranker.calls.size(), 2u);
  EXPECT_EQ(with->rows.values, reranker.inner->run({&pair, 1})->values);
  EXPECT_EQ(without->rows.values, reranker.inner->run({&untyped, 1})->values);
  EXPECT_NE(with->rows.values, without->rows.values);
  const TokenSequence wrong[] = {pair, {{}}};
  EXPECT_EQ(batcher.run(wrong, {}).error().message, "text 1: has no tokens");
}

TEST(Batcher, LetsOneTextPassTenThousand) {
  Held encoder;
  Batcher batcher(encoder, {.batch_tokens = 400, .turn_tokens = 100});
  std::vector<Result<Batched>> answers;
  meet(encoder, batcher, {make_texts(3, 10'000), make_texts(4, 1)}, answers);
  EXPECT_TRUE(answers[0].ok() && answers[1].ok());
  const std::vector<int32_t>& second = encoder.calls[1];
  EXPECT_EQ(second.size(), 40u);
  EXPECT_EQ(std::ranges::count(second, 4), 1);
}

TEST(Batcher, RefusesBeyondItsQueue) {
  Held encoder;
  Batcher batcher(encoder, {.waiting_tokens = 100, .requests = 3});
  encoder.hold(true);
  std::thread first([&] { EXPECT_TRUE(ask(batcher, make_texts(2, 1)).ok()); });
  encoder.wait_for_call();
  // One request may be of any size while nothing waits.
  std::thread second([&] { EXPECT_TRUE(ask(batcher, make_texts(3, 9)).ok()); });
  while (batcher.waiting() != 1) std::this_thread::yield();
  EXPECT_EQ(ask(batcher, make_texts(4, 2)).error().code, Code::exhausted);
  std::thread third([&] { EXPECT_TRUE(ask(batcher, make_texts(4, 1)).ok()); });
  while (batcher.waiting() != 2) std::this_thread::yield();
  EXPECT_EQ(ask(batcher, make_texts(5, 1)).error().message,
            "3 requests of 100 tokens wait for tiny-bert already");
  encoder.hold(false);
  for (std::thread* thread : {&first, &second, &third}) thread->join();
}

TEST(Batcher, DropsWhoeverWentAwayOrIsLate) {
  Held encoder;
  Batcher batcher(encoder, {});
  const std::atomic<bool> gone = true;
  EXPECT_EQ(ask(batcher, make_texts(3, 1), {.gone = &gone}).error().message, "who asked went away");
  EXPECT_EQ(ask(batcher, make_texts(3, 1), {.until = {}}).error().code, Code::unavailable);
  EXPECT_TRUE(encoder.calls.empty());
  EXPECT_EQ(batcher.waiting(), 0u);
  EXPECT_TRUE(ask(batcher, make_texts(3, 1)).ok());
}

TEST(Batcher, TellsEveryRequestOfAFailedCallAndGoesOn) {
  Held encoder;
  Batcher batcher(encoder, {.batch_tokens = 100});
  encoder.fails = true;
  EXPECT_EQ(ask(batcher, make_texts(3, 50)).error().message, "broken");
  encoder.fails = false;
  EXPECT_EQ(batcher.waiting(), 0u);
  EXPECT_TRUE(ask(batcher, make_texts(3, 50)).ok());
  EXPECT_TRUE(ask(batcher, {}).ok());
  EXPECT_EQ(ask(batcher, {{7, -1}}).error().message,
            "text 0: token -1 is not one of the vocabulary's 40");
}

TEST(Batcher, ServesManyThreads) {
  Held encoder;
  Batcher batcher(encoder, {.batch_tokens = 64, .turn_tokens = 16});
  std::vector<std::thread> threads;
  for (int32_t t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (size_t i = 0; i < 20; ++i) EXPECT_TRUE(ask(batcher, make_texts(2 + t, i)).ok());
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(batcher.waiting(), 0u);
}

TEST(ModelSet, OpensModelsByNameAndKeepsThem) {
  const TestFolder folder;
  namespace fs = std::filesystem;
  for (const char* name : {"tiny-bert", "tiny-model2vec"})
    fs::copy(golden_folder(name), folder.path() / name, fs::copy_options::recursive);
  fs::create_directory(folder.path() / "broken");
  ModelSet models(folder.path(), {.threads = 1}, {});
  EXPECT_EQ(models.names(),
            (std::vector<std::string>{"static-zh-en", "tiny-bert", "tiny-model2vec"}));
  EXPECT_EQ(models.get("none").error().message,
            "there is no model \"none\"; there is static-zh-en, tiny-bert, tiny-model2vec");
  for (const char* name : {"", "..", "../x", "tiny-bert/", "/etc"})
    EXPECT_EQ(models.get(name).error().code, Code::not_found) << name;
  EXPECT_TRUE(models.get("static-zh-en").ok());
  EXPECT_EQ(models.get("broken").error().code, Code::unavailable);
  ServedModel* bert = *models.get("tiny-bert");
  EXPECT_EQ(*models.get("tiny-bert"), bert);
  fs::remove_all(folder.path() / "tiny-bert");
  EXPECT_EQ(*models.get("tiny-bert"), bert);
  EXPECT_TRUE(ask(bert->batcher, make_texts(3, 4)).ok());
  fs::remove_all(folder.path() / "tiny-model2vec");
  EXPECT_EQ(models.get("tiny-model2vec").error().code, Code::not_found);
  const auto other = *open_encoder(golden_folder("tiny-xlm-roberta"), {.threads = 1});
  EXPECT_EQ(&models.add(*other), &models.add(*other));
  EXPECT_EQ(&(*models.get("tiny-xlm-roberta"))->encoder, other.get());
}

}  // namespace
}  // namespace penchant
