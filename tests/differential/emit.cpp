#include "tests/differential/emit.h"

#include <bit>
#include <cstdio>

#include "src/base/text.h"
#include "tests/differential/query.h"

namespace gnomon::differential {
namespace {

std::string bits(double v) {
  char text[24];
  std::snprintf(text, sizeof(text), "\"%016llx\"",
                static_cast<unsigned long long>(std::bit_cast<uint64_t>(v)));
  return text;
}

// [a,b,c] of what `each` makes of the elements.
template <typename Container, typename Each>
std::string list(const Container& elements, Each each) {
  std::string out = "[";
  for (const auto& element : elements) out += (out.size() > 1 ? "," : "") + each(element);
  return out + "]";
}

std::string buckets(const std::vector<model::BucketSpan>& spans,
                    const std::vector<double>& counts) {
  return "{\"spans\":" +
         list(spans,
              [](const model::BucketSpan& span) {
                return "[" + std::to_string(span.offset) + "," + std::to_string(span.length) + "]";
              }) +
         ",\"counts\":" + list(counts, bits) + "}";
}

std::string histogram(const model::HistogramSample& sample) {
  const model::Histogram& h = *sample.histogram;
  return "{\"ms\":" + std::to_string(sample.time_ms) +
         ",\"hint\":" + std::to_string(static_cast<int>(h.hint)) +
         ",\"schema\":" + std::to_string(h.schema) + ",\"count\":" + bits(h.count) +
         ",\"sum\":" + bits(h.sum) + ",\"zero_threshold\":" + bits(h.zero_threshold) +
         ",\"zero_count\":" + bits(h.zero_count) +
         ",\"positive\":" + buckets(h.positive_spans, h.positive_buckets) +
         ",\"negative\":" + buckets(h.negative_spans, h.negative_buckets) +
         ",\"bounds\":" + list(h.custom_values, bits) + "}";
}

std::string series(const Series& one) {
  std::string labels, floats;
  for (const model::Label& label : one.labels) {
    labels +=
        (labels.empty() ? "" : ",") + base::quote(label.name) + ":" + base::quote(label.value);
  }
  for (size_t i = 0; i < one.samples.times.size(); ++i) {
    floats += (i > 0 ? ",[" : "[") + std::to_string(one.samples.times[i]) + "," +
              bits(one.samples.values[i]) + "]";
  }
  return "{\"labels\":{" + labels + "},\"floats\":[" + floats +
         "],\"histograms\":" + list(one.samples.histograms, histogram) + "}";
}

std::string query(const Query& one) {
  return "{\"text\":" + base::quote(one.text) + ",\"start\":" + std::to_string(one.grid.start_ms) +
         ",\"end\":" + std::to_string(one.grid.end_ms) +
         ",\"step\":" + std::to_string(one.grid.step_ms) +
         ",\"instant\":" + (one.instant ? "true" : "false") + "}";
}

}  // namespace

std::string emit(uint64_t seed, int64_t base_ms, size_t count) {
  Random random(seed);
  const Data data = make_data(random, base_ms, true);
  QueryMaker maker(random, data, {.prometheus35 = true});
  std::vector<Query> queries;
  for (size_t i = 0; i < count; ++i) queries.push_back(maker.make());
  return "{\"series\":" + list(data.series, series) + ",\n\"queries\":" + list(queries, query) +
         "}\n";
}

}  // namespace gnomon::differential
