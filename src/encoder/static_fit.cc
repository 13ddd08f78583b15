#include "encoder/static_fit.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "base/random.h"
#include "math/kernels.h"

namespace penchant {

namespace {

constexpr float first_decay = 0.9f, second_decay = 0.999f, epsilon = 1e-8f;

class Fit {
 public:
  Fit(const std::vector<std::vector<int32_t>>& texts, const Matrix& targets,
      const FitOptions& options, ThreadPool& pool, Matrix& vectors)
      : texts_(texts),
        targets_(targets),
        options_(options),
        pool_(pool),
        vectors_(vectors),
        first_(vectors.rows, vectors.cols),
        second_(vectors.rows),
        steps_(vectors.rows) {
    for (size_t i = 0; i < texts.size(); ++i)
      if (!texts[i].empty()) order_.push_back(i);
  }

  // The mean cosine while it ran.
  double epoch(int number) {
    Random random(options_.seed + static_cast<uint64_t>(number));
    for (size_t i = order_.size(); i > 1; --i) std::swap(order_[i - 1], order_[random.below(i)]);
    double total = 0;
    for (size_t begin = 0; begin < order_.size(); begin += options_.batch) {
      const auto batch =
          std::span(order_).subspan(begin, std::min(options_.batch, order_.size() - begin));
      const double done =
          (number + static_cast<double>(begin) / static_cast<double>(order_.size())) /
          options_.epochs;
      total += step(batch, options_.rate * static_cast<float>(1 - done));
    }
    return order_.empty() ? 0 : total / static_cast<double>(order_.size());
  }

 private:
  double step(std::span<const size_t> batch, float rate) {
    slopes_ = Matrix(batch.size(), vectors_.cols);
    std::vector<float> cosines(batch.size());
    pool_.parallel_for(batch.size(), [&](size_t i, int) {
      cosines[i] = slope(texts_[batch[i]], targets_.row(batch[i]), slopes_.row(i));
    });
    // Of each row the texts it stands in, in the order of the batch: its sum has one order.
    touched_.clear();
    for (size_t i = 0; i < batch.size(); ++i)
      for (const int32_t row : texts_[batch[i]])
        touched_.emplace_back(static_cast<uint32_t>(row), static_cast<uint32_t>(i));
    std::stable_sort(touched_.begin(), touched_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    begins_.clear();
    for (size_t i = 0; i < touched_.size(); ++i)
      if (i == 0 || touched_[i].first != touched_[i - 1].first) begins_.push_back(i);
    begins_.push_back(touched_.size());
    pool_.parallel_for(begins_.size() - 1, [&](size_t i, int) {
      move(std::span(touched_).subspan(begins_[i], begins_[i + 1] - begins_[i]), rate);
    });
    return std::accumulate(cosines.begin(), cosines.end(), 0.0);
  }

  // The gradient of the cosine at the text's sum, and the cosine.
  float slope(const std::vector<int32_t>& text, std::span<const float> target,
              std::span<float> out) const {
    std::vector<float> sum(out.size()), goal(target.begin(), target.end());
    for (const int32_t row : text) axpy(1, vectors_.row(static_cast<size_t>(row)), sum);
    const float length = normalise(sum);
    if (normalise(goal) == 0 || length == 0) return 0;
    const float cosine = dot(sum, goal);
    for (size_t i = 0; i < out.size(); ++i) out[i] = (goal[i] - cosine * sum[i]) / length;
    return cosine;
  }

  void move(std::span<const std::pair<uint32_t, uint32_t>> uses, float rate) {
    const size_t row = uses[0].first;
    std::vector<float> gradient(vectors_.cols);
    for (const auto& [same, text] : uses) axpy(1, slopes_.row(text), gradient);
    const auto first = first_.row(row);
    const float mean_square = dot(gradient, gradient) / static_cast<float>(gradient.size());
    second_[row] = second_decay * second_[row] + (1 - second_decay) * mean_square;
    const auto steps = static_cast<float>(++steps_[row]);
    scale(first_decay, first);
    axpy(1 - first_decay, gradient, first);
    const float first_bias = 1 - std::pow(first_decay, steps);
    const float second_bias = 1 - std::pow(second_decay, steps);
    axpy(rate / first_bias / (std::sqrt(second_[row] / second_bias) + epsilon), first,
         vectors_.row(row));
  }

  const std::vector<std::vector<int32_t>>& texts_;
  const Matrix& targets_;
  const FitOptions options_;
  ThreadPool& pool_;
  Matrix& vectors_;
  Matrix first_, slopes_;  // of rows; of the texts of a batch
  std::vector<float> second_;
  std::vector<uint32_t> steps_;
  std::vector<size_t> order_;
  std::vector<std::pair<uint32_t, uint32_t>> touched_;  // row, text of the batch
  std::vector<size_t> begins_;
};

}  // namespace

void fit_sums(const std::vector<std::vector<int32_t>>& texts, const Matrix& targets,
              const FitOptions& options, ThreadPool& pool, Matrix& vectors, FitObserver& observer) {
  Fit fit(texts, targets, options, pool, vectors);
  for (int epoch = 0; epoch < options.epochs; ++epoch) observer.epoch(epoch + 1, fit.epoch(epoch));
}

}  // namespace penchant
