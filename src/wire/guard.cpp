#include "src/wire/guard.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "src/base/limits.h"

namespace gnomon::wire {
namespace {

using model::WriteBatch;
using Reason = model::RefusalReason;

// Packed labels up to this size are within every limit: a label takes at least four bytes.
constexpr size_t kHarmlessBytes =
    std::min({base::kLabelsPerSeriesMax * 4, base::kLabelNameBytesMax, base::kLabelValueBytesMax,
              base::kLabelBytesPerSeriesMax});

std::string limit_text(std::string_view what, size_t is, size_t limit, std::string_view name) {
  return std::string(what) + " " + std::to_string(is) + " exceeds the limit " + std::string(name) +
         " of " + std::to_string(limit);
}

// "" when the labels are within the limits.
std::string exceeded_limit(model::LabelsView labels) {
  const size_t bytes = labels.packed().size();
  if (bytes <= kHarmlessBytes) return {};
  if (bytes > base::kLabelBytesPerSeriesMax) {
    return limit_text("size of all labels", bytes, base::kLabelBytesPerSeriesMax,
                      "label bytes per series");
  }
  size_t count = 0;
  for (const model::Label label : labels) {
    ++count;
    if (label.name.size() > base::kLabelNameBytesMax) {
      return limit_text("size of a label name", label.name.size(), base::kLabelNameBytesMax,
                        "label name bytes");
    }
    if (label.value.size() > base::kLabelValueBytesMax) {
      return limit_text("size of a label value", label.value.size(), base::kLabelValueBytesMax,
                        "label value bytes");
    }
  }
  if (count <= base::kLabelsPerSeriesMax) return {};
  return limit_text("number of labels", count, base::kLabelsPerSeriesMax, "labels per series");
}

template <typename Timed>
bool any_after(const std::vector<Timed>& timed, int64_t limit_ms) {
  int64_t latest = model::kTimeMin;
  for (const Timed& t : timed) latest = std::max(latest, t.time_ms);
  return latest > limit_ms;
}

bool within_limits(const WriteBatch& batch, int64_t latest_ms) {
  for (const WriteBatch::Row& row : batch.rows) {
    if (row.labels_size > kHarmlessBytes && !exceeded_limit(batch.labels(row)).empty()) {
      return false;
    }
  }
  return !any_after(batch.samples, latest_ms) && !any_after(batch.histograms, latest_ms) &&
         !any_after(batch.exemplars, latest_ms);
}

// Builds the batch anew with what may stay.
class Filter {
 public:
  Filter(WriteBatch& batch, int64_t latest_ms, WriteRefusals& refusals)
      : batch_(batch), latest_ms_(latest_ms), refusals_(refusals) {}

  void run() {
    for (const WriteBatch::Row& row : batch_.rows) {
      const std::string limit = exceeded_limit(batch_.labels(row));
      if (limit.empty()) {
        keep(row);
      } else {
        refuse(row, limit);
      }
    }
    kept_.metadata = std::move(batch_.metadata);
    batch_ = std::move(kept_);
  }

 private:
  void refuse(const WriteBatch::Row& row, const std::string& limit) {
    const std::string_view name = batch_.labels(row).get(model::kMetricName);
    const std::string why =
        limit + " (metric " + std::string(name.substr(0, base::kRefusedMetricBytesMax)) + ")";
    refusals_.samples.add(Reason::LimitExceeded, uint64_t{row.samples()} + row.histograms(), why);
    if (row.exemplars() > 0) refusals_.exemplars.add(Reason::LimitExceeded, row.exemplars(), why);
  }

  void keep(const WriteBatch::Row& row) {
    kept_.begin_row(batch_.labels(row));
    for (uint32_t i = row.sample_begin; i < row.sample_end; ++i) {
      if (in_time(batch_.samples[i])) kept_.add(batch_.samples[i], batch_.start_ms(i));
    }
    move(batch_.histograms, row.histogram_begin, row.histogram_end);
    move(batch_.exemplars, row.exemplar_begin, row.exemplar_end);
    kept_.end_row();
    const WriteBatch::Row& left = kept_.rows.back();
    const uint64_t points = uint64_t{left.samples()} + left.histograms();
    late(refusals_.samples, uint64_t{row.samples()} + row.histograms() - points, row);
    late(refusals_.exemplars, row.exemplars() - left.exemplars(), row);
    // A series of which nothing stays must not come to be.
    if (points == 0 && left.exemplars() == 0) kept_.drop_row();
  }

  void late(model::Refusals& refusals, uint64_t count, const WriteBatch::Row& row) const {
    if (count == 0) return;
    if (!refusals.names_more()) return refusals.add(Reason::TooFarInFuture, count);
    refusals.add(Reason::TooFarInFuture, count,
                 "out of bounds: timestamp is too far in the future (series " +
                     model::to_metric_string(batch_.labels(row)) + ")");
  }

  template <typename Timed>
  bool in_time(const Timed& timed) const {
    return timed.time_ms <= latest_ms_;
  }

  template <typename Timed>
  void move(std::vector<Timed>& from, uint32_t begin, uint32_t end) {
    for (uint32_t i = begin; i < end; ++i) {
      if (in_time(from[i])) kept_.add(std::move(from[i]));
    }
  }

  WriteBatch& batch_;
  WriteBatch kept_;
  const int64_t latest_ms_;
  WriteRefusals& refusals_;
};

}  // namespace

void guard(WriteBatch& batch, int64_t now_ms, WriteRefusals& refusals) {
  const int64_t latest_ms = now_ms + base::kFutureSampleMs;
  if (!within_limits(batch, latest_ms)) Filter(batch, latest_ms, refusals).run();
}

}  // namespace gnomon::wire
