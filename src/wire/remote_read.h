#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/result.h"
#include "src/model/labels.h"
#include "src/model/matcher.h"
#include "src/model/sample.h"

namespace gnomon::wire {

// One query of Prometheus' remote read: all samples in [min_time_ms, max_time_ms].
struct ReadQuery {
  int64_t min_time_ms = 0;
  int64_t max_time_ms = 0;
  model::Matchers matchers;
};

// prometheus.ReadRequest, snappy-compressed. Errors: BadData, also for one that does not take whole
// samples as answer.
Result<std::vector<ReadQuery>> decode_read_request(std::string_view body);

// prometheus.ReadResponse, made series by series, queries in order.
class ReadResponse {
 public:
  void add_series(const model::Labels& labels, const model::SampleBlock& block);
  void end_query();
  // The whole response, snappy-compressed.
  std::string take();

 private:
  std::string out_;
  std::string query_;   // series so far
  std::string series_;  // memory for the next
};

}  // namespace gnomon::wire
