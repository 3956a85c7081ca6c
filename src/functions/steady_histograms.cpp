#include "src/functions/steady_histograms.h"

#include "src/functions/histogram_ops.h"

namespace gnomon::functions {
namespace {

using model::BucketSpan;
using model::CounterResetHint;
using model::Histogram;

// Spans as arithmetic leaves them: ascending, none empty, none that touch, as long as the buckets.
bool tidy(const std::vector<BucketSpan>& spans, const std::vector<double>& buckets) {
  size_t length = 0;
  for (size_t i = 0; i < spans.size(); ++i) {
    if (spans[i].length == 0 || (i > 0 && spans[i].offset <= 0)) return false;
    length += spans[i].length;
  }
  return length == buckets.size();
}

bool simple(const Histogram& h) {
  return h.hint != CounterResetHint::Gauge && tidy(h.positive_spans, h.positive_buckets) &&
         tidy(h.negative_spans, h.negative_buckets) && clear_of_zero_bucket(h) &&
         (!h.custom() || h.negative_buckets.empty());
}

// Of a histogram and a `simple` one before it.
bool continues(const Histogram& h, const Histogram& before) {
  return h.hint != CounterResetHint::Gauge && same_layout(h, before) &&
         h.custom_values == before.custom_values;
}

// Takes the buckets out that did not grow.
void drop_empty(const std::vector<BucketSpan>& spans, const std::vector<double>& later,
                const std::vector<double>& earlier, size_t empty,
                std::vector<BucketSpan>& spans_out, std::vector<double>& out) {
  spans_out.reserve(spans.size() + empty);
  int32_t index = 0;
  int32_t expected = 0;
  size_t next = 0, kept = 0;
  for (const BucketSpan& span : spans) {
    index += span.offset;
    for (uint32_t i = 0; i < span.length; ++i, ++index, ++next) {
      if (later[next] - earlier[next] == 0) continue;
      if (kept == 0) {
        spans_out.push_back({index, 0});
      } else if (index != expected) {
        spans_out.push_back({index - expected, 0});
      }
      ++spans_out.back().length;
      expected = index + 1;
      out[kept++] = out[next];
    }
  }
  out.resize(kept);
}

void scale_side(const std::vector<BucketSpan>& spans, const std::vector<double>& later,
                const std::vector<double>& earlier, double factor,
                std::vector<BucketSpan>& spans_out, std::vector<double>& out) {
  out.resize(later.size());
  size_t empty = 0;
  for (size_t i = 0; i < later.size(); ++i) {
    const double difference = later[i] - earlier[i];
    empty += difference == 0;
    out[i] = difference * factor;
  }
  if (empty == 0) {
    spans_out = spans;
  } else if (empty == out.size()) {
    out.clear();
  } else {
    drop_empty(spans, later, earlier, empty, spans_out, out);
  }
}

}  // namespace

SteadyHistograms::SteadyHistograms(std::span<const model::HistogramSample> histograms,
                                   const std::vector<bool>& resets)
    : stretch_(histograms.size()) {
  uint32_t stretch = 0;
  bool steady = false;
  for (size_t i = 0; i < histograms.size(); ++i) {
    const Histogram& h = *histograms[i].histogram;
    const bool goes_on = steady && !resets[i] && continues(h, *histograms[i - 1].histogram);
    if (!goes_on) {
      ++stretch;
      steady = simple(h);
    }
    stretch_[i] = stretch;
  }
}

std::shared_ptr<Histogram> SteadyHistograms::scaled_difference(const Histogram& later,
                                                               const Histogram& earlier,
                                                               double factor) {
  auto h = std::make_shared<Histogram>();
  h->hint = CounterResetHint::Gauge;
  h->schema = later.schema;
  h->zero_threshold = later.zero_threshold;
  // Custom buckets have no zero bucket; what is there stays as it is.
  const double zero = later.custom() ? later.zero_count : later.zero_count - earlier.zero_count;
  h->zero_count = zero * factor;
  h->count = (later.count - earlier.count) * factor;
  h->sum = (later.sum - earlier.sum) * factor;
  scale_side(later.positive_spans, later.positive_buckets, earlier.positive_buckets, factor,
             h->positive_spans, h->positive_buckets);
  scale_side(later.negative_spans, later.negative_buckets, earlier.negative_buckets, factor,
             h->negative_spans, h->negative_buckets);
  h->custom_values = later.custom_values;
  return h;
}

}  // namespace gnomon::functions
