#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gnomon::model {

enum class Severity : uint8_t { Warning, Info };

// Byte offsets in the query text.
struct PositionRange {
  int32_t start = 0;
  int32_t end = 0;
  friend bool operator==(const PositionRange&, const PositionRange&) = default;
};

// Remarks on an answer. The same text counts once, at the position that is evaluated last. What is
// shown does not depend on the order in which they came.
// Not for two threads at once; merge() joins what workers collected.
class Annotations {
 public:
  // text without prefix and position: "bucket label ..."; rendered as
  // "PromQL warning: <text> (line:col)".
  void add(Severity severity, std::string text, PositionRange position);
  // A histogram_quantile monotonicity remark: merged over samples (see spec promql.md 10, info 3).
  // metric_suffix: "" or ` for metric name "x"`.
  void add_monotonicity(std::string metric_suffix, PositionRange position, double from_bucket,
                        double to_bucket, double max_diff, int64_t time_ms);
  // Plain text without prefix or position: "results truncated due to limit".
  void add_plain(std::string text);
  void merge(const Annotations& other);
  bool empty() const;

  // As the HTTP API shows them, by position: at most kAnnotationsPerAnswerMax each, then "N more
  // ...".
  std::vector<std::string> warnings(std::string_view query) const;
  std::vector<std::string> infos(std::string_view query) const;

 private:
  struct Entry {
    Severity severity;
    bool plain = false;
    bool monotonicity = false;
    std::string text;
    PositionRange position;
    double from_bucket = 0, to_bucket = 0, max_diff = 0;
    int64_t time_min_ms = 0, time_max_ms = 0;
    uint64_t samples = 0;
  };
  void put(Entry entry);
  static std::string render(const Entry& entry, std::string_view query);
  std::vector<std::string> render(Severity severity, std::string_view query) const;
  std::vector<Entry> entries_;
};

// "line:col" of a byte offset, both from 1.
std::string line_and_column(std::string_view query, int32_t offset);

}  // namespace gnomon::model
