#include <numeric>

#include "src/base/overloaded.h"
#include "src/base/text.h"
#include "tests/differential/shrink.h"

namespace gnomon::differential {
namespace {

std::string number(double v) {
  if (model::is_stale(v)) return "stale";
  if (v == 0 && std::signbit(v)) return "-0";
  return base::format_float(v);
}

// The counts from the first bucket to the last, gaps as zeros.
std::string buckets(const char* name, const char* offset,
                    const std::vector<model::BucketSpan>& spans,
                    const std::vector<double>& counts) {
  if (counts.empty()) return "";
  std::string list;
  size_t at = 0;
  for (size_t i = 0; i < spans.size(); ++i) {
    for (int32_t gap = 0; i > 0 && gap < spans[i].offset; ++gap) list += " 0";
    for (uint32_t k = 0; k < spans[i].length; ++k) list += " " + number(counts[at++]);
  }
  return std::string(" ") + offset + ":" + std::to_string(spans[0].offset) + " " + name + ":[" +
         list.substr(1) + "]";
}

std::string item(const model::Histogram& h) {
  if (model::is_stale(h.sum)) return "stale";
  std::string out = "{{schema:" + std::to_string(h.schema) + " count:" + number(h.count) +
                    " sum:" + number(h.sum);
  if (h.zero_threshold != 0) out += " z_bucket_w:" + number(h.zero_threshold);
  if (h.zero_count != 0) out += " z_bucket:" + number(h.zero_count);
  if (h.hint == model::CounterResetHint::Gauge) out += " counter_reset_hint:gauge";
  if (!h.custom_values.empty()) {
    std::string list;
    for (double bound : h.custom_values) list += " " + number(bound);
    out += " custom_values:[" + list.substr(1) + "]";
  }
  out += buckets("buckets", "offset", h.positive_spans, h.positive_buckets);
  out += buckets("n_buckets", "n_offset", h.negative_spans, h.negative_buckets);
  return out + "}}";
}

// Places of a series line: time -> item.
using Items = std::map<int64_t, std::string>;

Items items_of(const model::SampleBlock& block) {
  Items items;
  for (size_t i = 0; i < block.times.size(); ++i) items[block.times[i]] = number(block.values[i]);
  for (const auto& sample : block.histograms) items[sample.time_ms] = item(*sample.histogram);
  return items;
}

std::string line(const model::Labels& labels, const Items& items, int64_t start_ms,
                 int64_t step_ms) {
  std::string out = "  " + model::to_string(labels);
  int64_t next = start_ms;
  for (const auto& [time_ms, text] : items) {
    if (const int64_t gap = (time_ms - next) / step_ms; gap > 0) {
      out += gap == 1 ? " _" : " _x" + std::to_string(gap);
    }
    out += " " + text;
    next = time_ms + step_ms;
  }
  return out + "\n";
}

std::string load(const std::vector<Series>& all) {
  int64_t step = 0;
  for (const Series& series : all) {
    for (const auto& [time_ms, text] : items_of(series.samples)) step = std::gcd(step, time_ms);
  }
  if (step == 0) step = 60'000;
  std::string out = "load " + base::format_duration(step) + "\n";
  for (const Series& series : all) {
    const Items items = items_of(series.samples);
    if (!items.empty()) out += line(series.labels, items, 0, step);
  }
  return out;
}

std::string offset(int64_t ms) {
  return ms < 0 ? "-" + base::format_duration(-ms) : base::format_duration(ms);
}

std::string expectation(const Answer& answer, const std::string& query) {
  if (!answer.ok()) return "  expect fail msg: " + answer.error().message + "\n";
  std::string out;
  for (const auto& warning : answer->annotations.warnings(query)) {
    out += "  expect warn msg: " + warning + "\n";
  }
  for (const auto& info : answer->annotations.infos(query))
    out += "  expect info msg: " + info + "\n";
  if (const auto* scalar = std::get_if<model::Scalar>(&answer->value)) {
    out += "  " + number(scalar->value) + "\n";
  } else if (const auto* vector = std::get_if<model::Vector>(&answer->value)) {
    for (const auto& e : *vector) {
      out += "  " + model::to_string(e.labels) + " " +
             (e.histogram ? item(*e.histogram) : number(e.value)) + "\n";
    }
  } else if (const auto* matrix = std::get_if<model::GridMatrix>(&answer->value)) {
    for (const auto& series : matrix->series) {
      Items items;
      for (size_t step = 0; step < series.column.steps(); ++step) {
        if (!series.column.has(step)) continue;
        items[matrix->grid.at(step)] = series.column.has_histogram(step)
                                           ? item(*series.column.histograms[step])
                                           : number(series.column.values[step]);
      }
      out += line(series.labels, items, matrix->grid.start_ms, matrix->grid.step_ms);
    }
  }
  return out;
}

std::string features_line(const promql::Features& features) {
  std::string out;
  if (features.extended_range_selectors) out += ",promql-extended-range-selectors";
  if (features.binop_fill_modifiers) out += ",promql-binop-fill-modifiers";
  if (features.delayed_name_removal) out += ",promql-delayed-name-removal";
  if (features.use_start_timestamps) out += ",use-start-timestamps";
  if (features.type_and_unit_labels) out += ",type-and-unit-labels";
  return out.empty() ? out : "#: features " + out.substr(1) + "\n";
}

}  // namespace

std::string to_script(const Case& found) {
  const World world(found.features, nullptr, {one_write(found.series)});
  const Query& query = found.query;
  std::string out = features_line(found.features) + load(found.series) + "\n";
  if (query.instant) {
    out += "eval instant at " + offset(query.grid.start_ms) + " " + query.text + "\n";
  } else {
    out += "eval range from " + offset(query.grid.start_ms) + " to " + offset(query.grid.end_ms) +
           " step " + offset(query.grid.step_ms) + " " + query.text + "\n";
  }
  return out + expectation(world.ask_memory(query), query.text);
}

}  // namespace gnomon::differential
