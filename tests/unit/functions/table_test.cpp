#include "src/functions/table.h"

#include <gtest/gtest.h>

namespace gnomon::functions {
namespace {

TEST(Table, HasEveryFunctionOnce) {
  const auto rows = all_functions();
  EXPECT_EQ(rows.size(), 90u);
  size_t experimental = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (i > 0) {
      EXPECT_LT(rows[i - 1]->name, rows[i]->name);
    }
    EXPECT_EQ(find_function(rows[i]->name), rows[i]);
    experimental += rows[i]->stability == Stability::Experimental ? 1 : 0;
  }
  EXPECT_EQ(experimental, 17u);
  EXPECT_EQ(find_function("holt_winters"), nullptr);
  EXPECT_EQ(find_function("RATE"), nullptr);
}

TEST(Table, EachShapeHasItsKernelAndEachRowItsLine) {
  for (const Function* row : all_functions()) {
    EXPECT_EQ(row->rollup != nullptr, row->shape == Shape::Rollup) << row->name;
    EXPECT_EQ(row->map != nullptr, row->shape == Shape::Map) << row->name;
    EXPECT_EQ(row->scalar != nullptr, row->shape == Shape::Scalar) << row->name;
    EXPECT_FALSE(row->documentation.empty()) << row->name;
    size_t ranges = 0;
    for (ValueType type : row->arguments) ranges += type == ValueType::RangeVector ? 1 : 0;
    EXPECT_EQ(ranges == 1, row->shape == Shape::Rollup || row->name == "absent_over_time")
        << row->name;
  }
}

TEST(Table, ArgumentsAndTypes) {
  const Function* quantiles = find_function("histogram_quantiles");
  EXPECT_EQ(quantiles->arguments.size(), 4u);
  EXPECT_EQ(quantiles->variadic, 9);
  EXPECT_EQ(find_function("label_join")->variadic, -1);
  EXPECT_EQ(find_function("round")->variadic, 1);
  EXPECT_EQ(find_function("hour")->variadic, 1);
  EXPECT_EQ(find_function("time")->returns, ValueType::Scalar);
  EXPECT_EQ(find_function("quantile_over_time")->arguments[0], ValueType::Scalar);
  EXPECT_EQ(type_description(ValueType::RangeVector), "range vector");
  EXPECT_EQ(type_name(ValueType::RangeVector), "matrix");
}

TEST(Table, TheUnsafeOfTheAtModifier) {
  std::string names;
  for (const Function* row : all_functions()) {
    if (row->time_dependent) names += std::string(row->name) + " ";
  }
  EXPECT_EQ(names,
            "day_of_month day_of_week day_of_year days_in_month end hour minute month "
            "predict_linear range start step time timestamp year ");
}

}  // namespace
}  // namespace gnomon::functions
