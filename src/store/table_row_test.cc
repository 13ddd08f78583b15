#include "store/table_row.h"

#include <gtest/gtest.h>

namespace penchant {
namespace {

using Strings = std::vector<std::string>;

TEST(TableRow, SplitsListsTheWayTheyAreMarked) {
  EXPECT_EQ(split_list("a|b, c|d"), (Strings{"a", "b, c", "d"}));
  EXPECT_EQ(split_list("a; b,c"), (Strings{"a", "b,c"}));
  EXPECT_EQ(split_list("a, b"), (Strings{"a", "b"}));
  EXPECT_EQ(split_list("['a, b', \"c\"]"), (Strings{"a, b", "c"}));
  EXPECT_EQ(split_list("'a', 'b & c'"), (Strings{"a", "b & c"}));
  EXPECT_EQ(split_list(" "), Strings{});
  EXPECT_EQ(split_list("[broken"), Strings{"[broken"});
}

TEST(TableRow, TellsNumbersFromNames) {
  std::vector<TableColumn> columns{{"a"}, {"b"}, {"c"}, {"d"}, {"e"}, {"f"}};
  const std::vector<Strings> rows{{"1", "007", "true", "1e5", "", "8078873160882064481"},
                                  {"-2.5", "8", "False", "2", "", "1"},
                                  {"", "9", "", "3", "", "2"}};
  infer_types(columns, rows);
  EXPECT_EQ(columns[0].type, CellType::number);
  EXPECT_EQ(columns[1].type, CellType::text);
  EXPECT_EQ(columns[2].type, CellType::boolean);
  EXPECT_EQ(columns[3].type, CellType::text);
  EXPECT_EQ(columns[4].type, CellType::text);
  EXPECT_EQ(columns[5].type, CellType::text);
}

TEST(TableRow, ReadsTimesOfAllKinds) {
  EXPECT_EQ(*parse_time_cell("1"), 1);
  EXPECT_EQ(*parse_time_cell("1318896000"), 1318896000);
  EXPECT_EQ(*parse_time_cell("1318896000000"), 1318896000);
  EXPECT_EQ(*parse_time_cell("2011-10-18"), 1318896000);
  EXPECT_FALSE(parse_time_cell("18.10.2011").ok());
}

TEST(TableRow, PrefersTheBestNameOfAField) {
  std::vector<TableColumn> columns{{"ITEM_ID"}, {"name"}, {"Movie Title"}, {"title"}};
  const TableShape shape = *TableShape::make(RecordKind::item, columns, {}, true, "");
  const Strings cells{"1", "n", "m", "t"};
  const Item item = *shape.item(cells);
  EXPECT_EQ(item.id, "1");
  EXPECT_EQ(item.title, "t");
  EXPECT_EQ(item.labels.at("name"), "n");
  EXPECT_EQ(item.labels.at("Movie Title"), "m");
}

TEST(TableRow, NeedsUserAndItemForEvents) {
  std::vector<TableColumn> columns{{"user_id"}, {"rating"}};
  EXPECT_EQ(TableShape::make(RecordKind::event, columns, {}, true, "").error().message,
            "no column for \"item\"; there are: user_id, rating");
  columns.push_back({"item_id"});
  const TableShape shape = *TableShape::make(RecordKind::event, columns, {}, true, "");
  const Strings cells{"u", "4.5", "i"};
  EXPECT_EQ(shape.event(cells)->type, "rating");
  EXPECT_EQ(shape.event(cells)->value, 4.5);
}

}  // namespace
}  // namespace penchant
