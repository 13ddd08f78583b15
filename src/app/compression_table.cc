#include "app/compression_table.h"

#include <fmt/format.h>

#include "app/output.h"
#include "base/json.h"
#include "base/random.h"
#include "encoder/models.h"
#include "math/rank_correlation.h"

namespace penchant {

namespace {

constexpr size_t texts_measured = 5000;

struct Row {
  std::string name;
  uint64_t bytes = 0;
  double texts_per_second = 0;
  std::vector<double> cosines;  // of texts drawn
  std::vector<double> people;   // for each file of pairs
};

Result<Row> measure(Encoder& encoder, const Path& path, std::span<const std::string_view> texts,
                    const std::vector<PairFile>& pairs) {
  TRY(const ModelInfo info, describe_model(path));
  Row row{info.name, info.bytes(), 0, {}, {}};
  if (texts.empty()) return row;
  TRY(const TimedVectors timed, encode_timed(encoder, texts));
  row.texts_per_second = timed.texts_per_second;
  row.cosines = neighbour_cosines(timed.vectors);
  for (const PairFile& file : pairs) {
    TRY(const double agreement, agreement_with_people(encoder, file.pairs));
    row.people.push_back(agreement);
  }
  return row;
}

std::vector<std::string_view> drawn_texts(std::span<const std::string_view> texts,
                                          const std::vector<PairFile>& pairs) {
  std::vector<std::string_view> all(texts.begin(), texts.end());
  if (all.empty())
    for (const PairFile& file : pairs)
      for (const ScoredPair& pair : file.pairs) all.insert(all.end(), {pair.first, pair.second});
  Random random(1);
  std::vector<std::string_view> drawn;
  for (size_t i = 0; i < std::min(all.size(), texts_measured); ++i)
    drawn.push_back(all[random.below(all.size())]);
  return drawn;
}

std::string table(const std::vector<Row>& rows, const std::vector<PairFile>& pairs) {
  const bool is_measured = rows[0].texts_per_second > 0;
  std::vector<std::string> headings = {"model", "MB"};
  if (is_measured) headings.insert(headings.end(), {"texts/s", "agrees"});
  for (const PairFile& file : pairs) headings.push_back(file.name);
  Table table(std::move(headings));
  for (const Row& row : rows) {
    std::vector<std::string> cells = {row.name,
                                      fmt::format("{:.1f}", static_cast<double>(row.bytes) * 1e-6)};
    if (is_measured) {
      cells.push_back(with_commas(static_cast<uint64_t>(row.texts_per_second)));
      cells.push_back(fmt::format("{:.1f}", 100 * spearman(row.cosines, rows[0].cosines)));
    }
    for (const double value : row.people) cells.push_back(fmt::format("{:.2f}", 100 * value));
    table.add(std::move(cells));
  }
  return table.text(0);
}

std::string json_lines(const std::vector<Row>& rows, const std::vector<PairFile>& pairs) {
  std::string out;
  for (const Row& row : rows) {
    json::object line = {{"model", row.name}, {"bytes", row.bytes}};
    if (row.texts_per_second > 0) {
      line["texts_per_second"] = row.texts_per_second;
      line["agreement"] = spearman(row.cosines, rows[0].cosines);
    }
    json::object people;
    for (size_t i = 0; i < row.people.size(); ++i) people[pairs[i].name] = row.people[i];
    line["pairs"] = std::move(people);
    out += to_text(line) + "\n";
  }
  return out;
}

}  // namespace

Result<std::vector<PairFile>> read_pair_files(const std::vector<std::string>& files) {
  std::vector<PairFile> out;
  for (const std::string& file : files) {
    TRY(auto pairs, read_scored_pairs(file));
    out.push_back({Path(file).stem().string(), std::move(pairs)});
  }
  return out;
}

Result<> print_compression(Encoder& original, const Path& original_path, const Path& smaller_path,
                           const EncoderOptions& options, std::span<const std::string_view> texts,
                           const std::vector<PairFile>& pairs) {
  const std::vector<std::string_view> drawn = drawn_texts(texts, pairs);
  std::vector<Row> rows;
  TRY(rows.emplace_back(), measure(original, original_path, drawn, pairs));
  TRY(const auto smaller, open_encoder(smaller_path, options));
  TRY(rows.emplace_back(), measure(*smaller, smaller_path, drawn, pairs));
  return write_out(stdout_is_terminal() ? table(rows, pairs) : json_lines(rows, pairs));
}

}  // namespace penchant
