#include <cmath>
#include <map>

#include "tests/differential/data.h"

namespace gnomon::differential {
namespace {

using Buckets = std::map<int32_t, double>;

// Neighbours share a span; sometimes a span is cut in two, or has buckets without observations.
void put_buckets(Random& random, bool plain, const Buckets& buckets,
                 std::vector<model::BucketSpan>& spans, std::vector<double>& counts) {
  int32_t next = 0;
  for (const auto& [index, count] : buckets) {
    const int32_t gap = index - next;
    if (count == 0 && plain) continue;
    if (!spans.empty() && gap <= (plain ? 0 : 2) && (plain || random.chance(90))) {
      spans.back().length += static_cast<uint32_t>(gap) + 1;
      counts.insert(counts.end(), static_cast<size_t>(gap), 0.0);
    } else {
      spans.push_back({gap, 1});
    }
    counts.push_back(count);
    next = index + 1;
  }
}

// A histogram that grows from sample to sample, until it is reset or changes its layout.
class Growing {
 public:
  Growing(Random& random, bool custom, bool plain_spans)
      : random_(random),
        custom_(custom),
        plain_spans_(plain_spans),
        gauge_(random.chance(25)),
        integer_(random.chance(70)),
        negative_(!custom && random.chance(40)) {
    change_layout();
  }

  model::Histogram step() {
    if (random_.chance(3)) clear();
    if (random_.chance(3)) change_layout();
    if (gauge_ && random_.chance(50)) shrink();
    const uint64_t observations = random_.below(4);
    for (uint64_t i = 0; i < observations; ++i) observe();
    if (!custom_ && random_.chance(2)) zero_threshold_ *= 4;
    return made();
  }

 private:
  void clear() {
    positive_.clear();
    negative_buckets_.clear();
    zero_count_ = 0;
    sum_ = 0;
  }

  void change_layout() {
    clear();
    zero_threshold_ = random_.chance(30) ? 0 : 0.001;
    if (custom_) {
      bounds_.clear();
      double bound = static_cast<double>(random_.between(-2, 2));
      const int64_t count = random_.between(1, 6);
      for (int64_t i = 0; i < count; ++i) {
        bounds_.push_back(bound);
        bound += static_cast<double>(random_.between(1, 3));
      }
      return;
    }
    static constexpr int32_t kSchemas[] = {-4, -1, 0, 0, 0, 1, 1, 2, 3, 8};
    schema_ = random_.pick(kSchemas);
    middle_ = static_cast<int32_t>(random_.between(-6, 6));
  }

  double amount() {
    return integer_ ? static_cast<double>(random_.between(1, 20)) : random_.unit() * 10;
  }

  void observe() {
    const double n = amount();
    sum_ += n * (random_.unit() * 10 - (negative_ ? 5 : 0));
    if (custom_) {
      positive_[static_cast<int32_t>(random_.below(bounds_.size() + 1))] += n;
    } else if (random_.chance(15)) {
      zero_count_ += n;
    } else {
      const auto index = static_cast<int32_t>(middle_ + random_.between(-3, 3));
      (negative_ && random_.chance(40) ? negative_buckets_ : positive_)[index] += n;
    }
  }

  void shrink() {
    for (auto& [index, count] : positive_) count = std::floor(count / 2);
  }

  model::Histogram made() {
    model::Histogram histogram;
    histogram.integer = integer_;
    histogram.schema = custom_ ? model::kCustomBucketsSchema : schema_;
    histogram.zero_threshold = custom_ ? 0 : zero_threshold_;
    histogram.zero_count = custom_ ? 0 : zero_count_;
    if (gauge_) histogram.hint = model::CounterResetHint::Gauge;
    put_buckets(random_, plain_spans_, positive_, histogram.positive_spans,
                histogram.positive_buckets);
    put_buckets(random_, plain_spans_, negative_buckets_, histogram.negative_spans,
                histogram.negative_buckets);
    if (custom_) histogram.custom_values = bounds_;
    histogram.count = histogram.zero_count;
    for (double count : histogram.positive_buckets) histogram.count += count;
    for (double count : histogram.negative_buckets) histogram.count += count;
    histogram.sum = random_.chance(1) ? model::kNaN : sum_;
    // Observations of NaN count, but are in no bucket.
    if (std::isnan(histogram.sum)) histogram.count += 3;
    return histogram;
  }

  Random& random_;
  const bool custom_, plain_spans_, gauge_, integer_, negative_;
  int32_t schema_ = 0;
  int32_t middle_ = 0;
  double zero_threshold_ = 0, zero_count_ = 0, sum_ = 0;
  std::vector<double> bounds_;
  Buckets positive_, negative_buckets_;
};

}  // namespace

std::vector<model::HistogramSample> make_histograms(Random& random, bool custom, bool plain_spans,
                                                    const std::vector<int64_t>& times) {
  Growing growing(random, custom, plain_spans);
  std::vector<model::HistogramSample> samples;
  for (int64_t time_ms : times) {
    model::Histogram histogram = growing.step();
    if (random.chance(1)) {
      histogram = {};
      histogram.sum = model::kStale;
      histogram.integer = true;
    }
    samples.push_back({time_ms, std::make_shared<const model::Histogram>(std::move(histogram))});
  }
  return samples;
}

}  // namespace gnomon::differential
