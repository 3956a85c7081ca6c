#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "src/model/write_batch.h"
#include "src/wire/refusals.h"
#include "src/wire/sample_line.h"
#include "src/wire/series_labels.h"

namespace gnomon::wire {

enum class ExpositionFormat : uint8_t {
  Text,         // Prometheus text format 0.0.4: timestamps in milliseconds
  OpenMetrics,  // OpenMetrics 1.0: timestamps in seconds, `# EOF` at the end
};

// By the content type, "" if there is none, else by `# EOF` at the end of the text (the last bytes
// of it will do).
ExpositionFormat detect_exposition(std::string_view content_type, std::string_view text_end);

// Turns exposition text into rows, piece by piece, in bounded memory. A bad line is named with its
// number in WriteRefusals::samples and counts as a refused sample; the good ones are kept. UTF-8
// names in quotes, exemplars, HELP, TYPE and UNIT are read in both formats; `_created` lines are
// samples. Samples without a timestamp get `now_ms`. `le` and `quantile` values are put into
// Prometheus' form ("1.0") when the family is known to be a histogram or a summary, as at a scrape.
// One thread at a time.
class ExpositionParser {
 public:
  ExpositionParser(ExpositionFormat format, int64_t now_ms) : format_(format), now_ms_(now_ms) {}

  // Adds the rows of all lines that end in this piece to `batch`. The caller takes the batch away
  // and clears it between pieces as it likes; a batch must not grow over 1 GiB of labels.
  void feed(std::string_view piece, model::WriteBatch& batch, WriteRefusals& refusals);
  // After the last piece: a last line without a newline, metadata of the last family, and for
  // OpenMetrics an error when `# EOF` is missing.
  void finish(model::WriteBatch& batch, WriteRefusals& refusals);

  uint64_t lines() const { return lines_; }

 private:
  // What HELP, TYPE and UNIT said about one family.
  struct Family {
    std::string name;
    model::Metadata metadata;
  };

  void line(std::string_view text);
  std::optional<std::string> comment(std::string_view rest);
  std::optional<std::string> describe(std::string_view keyword, std::string_view rest);
  std::optional<std::string> sample(std::string_view text);
  std::optional<std::string> read_exemplar(int64_t default_time_ms, model::Exemplar& exemplar);
  std::optional<std::string> begin_row();
  std::optional<int64_t> parse_time(std::string_view text) const;
  std::string_view normalized(const model::Label& label);
  void flush_family();

  ExpositionFormat format_;
  int64_t now_ms_;
  uint64_t lines_ = 0;
  std::string partial_;    // the begin of a line that has not ended
  bool skipping_ = false;  // in a line beyond the limit
  bool ended_ = false;     // `# EOF` was seen
  Family family_;
  SampleLine parsed_;
  SeriesLabels labels_;
  std::string row_series_;  // the text of the series of the last row of batch_, "" when unknown
  model::WriteBatch* batch_ = nullptr;  // during feed() and finish()
  WriteRefusals* refusals_ = nullptr;
};

}  // namespace gnomon::wire
