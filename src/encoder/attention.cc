#include "encoder/attention.h"

#include <algorithm>
#include <cmath>

#include "math/kernels.h"
#include "math/matmul.h"

namespace penchant {

namespace {

constexpr size_t block = 48;   // queries at once, so that the scores stay small for long texts
constexpr size_t reach = 128;  // of MPNet's distances

struct Range {
  size_t begin = 0, end = 0;
  bool operator==(const Range&) const = default;
};

// The keys that the queries [begin, end) see, of L.
Range seen_by(size_t begin, size_t end, size_t L, const AttentionShape& shape) {
  Range keys{0, L};
  if (shape.causal) keys.end = end;
  if (shape.window == 0) return keys;
  keys.begin = begin - std::min(begin, shape.window);
  keys.end = std::min(keys.end, end + shape.window);
  return keys;
}

// Scores of one query, of the keys in `all`, to weights.
void weigh(const AttentionShape& shape, size_t head, size_t query, size_t L, Range all,
           float* scores) {
  const Kernels& k = kernels();
  const float root = std::sqrt(static_cast<float>(shape.head_size));
  const Range keys = seen_by(query, query + 1, L, shape);
  float* seen = scores + (keys.begin - all.begin);
  if (!shape.distance_bias.empty()) {
    const float* bias = shape.distance_bias.data() + head * (2 * reach + 1) + reach;
    for (size_t key = keys.begin; key < keys.end; ++key) {
      const auto far = static_cast<ptrdiff_t>(key) - static_cast<ptrdiff_t>(query);
      const auto most = static_cast<ptrdiff_t>(reach);
      seen[key - keys.begin] += root * bias[std::clamp(far, -most, most)];
    }
  }
  k.softmax(seen, keys.end - keys.begin, 1 / root);
  std::fill(scores, seen, 0.0f);
  std::fill(seen + (keys.end - keys.begin), scores + (all.end - all.begin), 0.0f);
}

}  // namespace

void attend(const float* qkv, size_t L, const AttentionShape& shape, size_t first, size_t last,
            float* context, AttentionWork& work) {
  const Kernels& k = kernels();
  const size_t D = shape.head_size, A = shape.heads * D, group = shape.heads / shape.key_heads;
  const size_t stride = A + 2 * shape.key_heads * D;
  float* keys = work.keys.room(packed_size(k, D, L));
  float* values = work.values.room(packed_size(k, L, D));
  float* scores = work.scores.room(block * L);
  for (size_t key_head = first; key_head < last; ++key_head) {
    Range packed;
    for (size_t row = 0; row < L; row += block) {
      const size_t rows = std::min(block, L - row);
      const Range seen = seen_by(row, row + rows, L, shape);
      const size_t count = seen.end - seen.begin;
      if (seen != packed) {
        const float* key = qkv + seen.begin * stride + A + key_head * D;
        pack(k, key, 1, stride, D, count, keys);
        pack(k, key + shape.key_heads * D, stride, 1, count, D, values);
        packed = seen;
      }
      for (size_t head = key_head * group; head < (key_head + 1) * group; ++head) {
        k.matmul(qkv + row * stride + head * D, stride, keys, nullptr, rows, D, count, scores, L);
        for (size_t r = 0; r < rows; ++r) weigh(shape, head, row + r, L, seen, scores + r * L);
        k.matmul(scores, L, values, nullptr, rows, count, D, context + row * A + head * D, A);
      }
    }
  }
}

std::vector<float> spread_distance_bias(std::span<const float> table, size_t buckets,
                                        size_t heads) {
  const size_t half = buckets / 2, exact = half / 2;
  std::vector<float> result(heads * (2 * reach + 1));
  for (size_t at = 0; at <= 2 * reach; ++at) {
    const size_t far = at < reach ? reach - at : at - reach;
    size_t bucket = far;
    if (far >= exact) {
      const float octaves = std::log(static_cast<float>(far) / static_cast<float>(exact)) /
                            std::log(static_cast<float>(reach) / static_cast<float>(exact));
      bucket = exact + static_cast<size_t>(octaves * static_cast<float>(half - exact));
      bucket = std::min(bucket, half - 1);
    }
    if (at > reach) bucket += half;  // the key stands behind the query
    for (size_t head = 0; head < heads; ++head)
      result[head * (2 * reach + 1) + at] = table[bucket * heads + head];
  }
  return result;
}

std::vector<float> widen_distance_bias(std::span<const float> bias, size_t heads, size_t far,
                                       float factor) {
  std::vector<float> result(heads * (2 * far + 1));
  const auto middle = static_cast<ptrdiff_t>(far), most = static_cast<ptrdiff_t>(reach);
  for (size_t head = 0; head < heads; ++head) {
    const float* from = bias.data() + head * (2 * reach + 1) + reach;
    float* to = result.data() + head * (2 * far + 1) + far;
    for (ptrdiff_t at = -middle; at <= middle; ++at)
      to[at] = factor * from[std::clamp(at, -most, most)];
  }
  return result;
}

// In single precision and in this order, as everybody does: far positions have large angles.
void make_turns(size_t positions, size_t head_size, float theta, float* turns) {
  const size_t half = head_size / 2;
  for (size_t i = 0; i < half; ++i) {
    const float power = static_cast<float>(2 * i) / static_cast<float>(head_size);
    const float frequency = 1 / std::pow(theta, power);
    for (size_t position = 0; position < positions; ++position) {
      const float angle = static_cast<float>(position) * frequency;
      turns[position * head_size + i] = std::cos(angle);
      turns[position * head_size + half + i] = std::sin(angle);
    }
  }
}

void turn(float* row, size_t heads, size_t head_size, const float* turns) {
  const size_t half = head_size / 2;
  const float* cosines = turns;
  const float* sines = turns + half;
  for (size_t head = 0; head < heads; ++head) {
    float* a = row + head * head_size;
    float* b = a + half;
    for (size_t i = 0; i < half; ++i) {
      const float x = a[i], y = b[i];
      a[i] = x * cosines[i] - y * sines[i];
      b[i] = y * cosines[i] + x * sines[i];
    }
  }
}

}  // namespace penchant
