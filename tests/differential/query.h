#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/functions/table.h"
#include "src/model/time_grid.h"
#include "tests/differential/data.h"
#include "tests/differential/random.h"

namespace gnomon::differential {

struct Query {
  std::string text;
  model::TimeGrid grid;
  bool instant = false;
};

struct QueryOptions {
  // Only what a Prometheus 3.5 knows and answers as 3.14 does.
  bool prometheus35 = false;
};

// Writes well-typed queries about a world; an unlucky match or argument may make them fail when
// they run, and both sides must then fail alike.
class QueryMaker {
 public:
  QueryMaker(Random& random, const Data& data, QueryOptions options);

  Query make();

 private:
  // What an expression should yield, as far as it can be chosen.
  enum class Want : uint8_t { Any, Float, Native, Buckets };

  // query.cpp
  std::string vector(int depth, Want want);
  std::string operand(int depth, Want want);
  std::string scalar(int depth);
  std::string aggregate(int depth, Want want);
  std::string aggregate_with_parameter(int depth);
  std::string binary(int depth, Want want);
  std::string scalar_binary(int depth, Want want);
  std::string set_operation(int depth);
  std::string trim(int depth);
  std::string matching(bool& many_left, bool& many_right);
  std::string fill();
  std::string label_list();
  std::string grouping();

  // query_calls.cpp
  std::string call(int depth, Want want);
  std::string call_of(const functions::Function& function, int depth);
  std::string rollup(int depth, Want want);
  std::string native_call(int depth);
  std::string quantile_call(int depth);
  std::string label_call(int depth);
  std::string info_call(int depth);
  std::string string_argument(const functions::Function& function, size_t number);
  std::string scalar_argument(const functions::Function& function, int depth);

  // query_parts.cpp
  std::string selector(Want want);
  std::string matchers(bool named);
  std::string matrix(Want want, bool extended_border, bool extended_smooth);
  std::string range(int depth, Want want, const functions::Function& function);
  std::string modifiers();
  std::string duration(int64_t min_s, int64_t max_s);
  std::string literal(int64_t ms);
  std::string number();
  std::string quantile();
  std::string metric(Want want);

  const functions::Function& function(functions::Shape shape);

  Random& random_;
  const Data& data_;
  const QueryOptions options_;
  std::vector<const functions::Function*> functions_;
  bool instant_ = false;
  int subqueries_ = 0;
};

}  // namespace gnomon::differential
