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

Result<Row> measure(const Path& path, const EncoderOptions& options,
                    std::span<const std::string_view> texts, const std::vector<PairFile>& pairs) {
  TRY(const ModelInfo info, describe_model(path));
  TRY(const auto encoder, open_encoder(path, options));
  Row row{info.name, info.bytes(), 0, {}, {}};
  TRY(row.texts_per_second, texts_per_second(*encoder, texts));
  TRY(row.cosines, neighbour_cosines(*encoder, texts));
  for (const PairFile& file : pairs) {
    TRY(const double agreement, agreement_with_people(*encoder, file.pairs));
    row.people.push_back(agreement);
  }
  return row;
}

std::string table(const std::vector<Row>& rows, const std::vector<PairFile>& pairs) {
  std::vector<std::string> headings = {"model", "MB", "texts/s", "agrees"};
  for (const PairFile& file : pairs) headings.push_back(file.name);
  Table table(std::move(headings));
  for (const Row& row : rows) {
    std::vector<std::string> cells = {
        row.name, fmt::format("{:.1f}", static_cast<double>(row.bytes) * 1e-6),
        with_commas(static_cast<uint64_t>(row.texts_per_second)),
        fmt::format("{:.1f}", 100 * spearman(row.cosines, rows[0].cosines))};
    for (const double value : row.people) cells.push_back(fmt::format("{:.2f}", 100 * value));
    table.add(std::move(cells));
  }
  return table.text(0);
}

std::string json_lines(const std::vector<Row>& rows, const std::vector<PairFile>& pairs) {
  std::string out;
  for (const Row& row : rows) {
    json::object people;
    for (size_t i = 0; i < pairs.size(); ++i) people[pairs[i].name] = row.people[i];
    out += to_text(json::object{{"model", row.name},
                                {"bytes", row.bytes},
                                {"texts_per_second", row.texts_per_second},
                                {"agreement", spearman(row.cosines, rows[0].cosines)},
                                {"pairs", std::move(people)}}) +
           "\n";
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

Result<> print_compression(const Path& original, const Path& smaller, const EncoderOptions& options,
                           std::span<const std::string_view> texts,
                           const std::vector<PairFile>& pairs) {
  Random random(1);
  std::vector<std::string_view> drawn;
  for (size_t i = 0; i < std::min(texts.size(), texts_measured); ++i)
    drawn.push_back(texts[random.below(texts.size())]);
  std::vector<Row> rows;
  for (const Path& path : {original, smaller}) {
    TRY(Row row, measure(path, options, drawn, pairs));
    rows.push_back(std::move(row));
  }
  return write_out(stdout_is_terminal() ? table(rows, pairs) : json_lines(rows, pairs));
}

}  // namespace penchant
