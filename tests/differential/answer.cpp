#include "tests/differential/answer.h"

#include <bit>
#include <cmath>
#include <cstdio>

#include "src/base/overloaded.h"

namespace gnomon::differential {
namespace {

std::string number(double v) {
  char text[64];
  if (std::isnan(v)) {
    std::snprintf(text, sizeof(text), "NaN:%llx",
                  static_cast<unsigned long long>(std::bit_cast<uint64_t>(v)));
  } else {
    std::snprintf(text, sizeof(text), "%.17g", v);
  }
  return text;
}

void add_buckets(std::string& out, const char* name, const std::vector<model::BucketSpan>& spans,
                 const std::vector<double>& buckets) {
  out += name;
  for (const model::BucketSpan& span : spans) {
    out += " " + std::to_string(span.offset) + "/" + std::to_string(span.length);
  }
  out += " =";
  for (double count : buckets) out += " " + number(count);
}

std::string histogram(const model::Histogram& h, bool hint) {
  std::string out = "{{schema " + std::to_string(h.schema) + " count " + number(h.count) + " sum " +
                    number(h.sum) + " zero " + number(h.zero_count) + "/" +
                    number(h.zero_threshold);
  if (hint) out += " hint " + std::to_string(static_cast<int>(h.hint));
  add_buckets(out, " positive", h.positive_spans, h.positive_buckets);
  add_buckets(out, " negative", h.negative_spans, h.negative_buckets);
  out += " bounds";
  for (double bound : h.custom_values) out += " " + number(bound);
  return out + "}}";
}

std::string at(int64_t time_ms) { return " @" + std::to_string(time_ms); }

std::string raw(const model::SampleBlock& block) {
  std::string out;
  for (size_t i = 0; i < block.times.size(); ++i) {
    out += " " + number(block.values[i]) + at(block.times[i]);
  }
  for (const auto& sample : block.histograms) {
    out += " " + histogram(*sample.histogram, true) + at(sample.time_ms);
  }
  return out;
}

std::string column(const model::TimeGrid& grid, const model::Column& column) {
  std::string out;
  for (size_t step = 0; step < column.steps(); ++step) {
    if (column.has_histogram(step)) {
      out += " " + histogram(*column.histograms[step], true) + at(grid.at(step));
    } else if (column.has_float(step)) {
      out += " " + number(column.values[step]) + at(grid.at(step));
    }
  }
  return out;
}

std::string value_text(const model::Value& value) {
  std::string out;
  std::visit(base::overloaded{
                 [&](const model::Scalar& scalar) { out = number(scalar.value) + "\n"; },
                 [&](const model::String& string) { out = string.value + "\n"; },
                 [&](const model::Vector& vector) {
                   for (const model::VectorElement& e : vector) {
                     out += model::to_string(e.labels) + " " +
                            (e.histogram ? histogram(*e.histogram, true) : number(e.value)) +
                            at(e.time_ms) + "\n";
                   }
                 },
                 [&](const model::GridMatrix& matrix) {
                   for (const model::GridSeries& series : matrix.series) {
                     out += model::to_string(series.labels) + column(matrix.grid, series.column) +
                            "\n";
                   }
                 },
                 [&](const model::RawMatrix& matrix) {
                   for (const model::RawSeries& series : matrix) {
                     out += model::to_string(series.labels) + raw(series.samples) + "\n";
                   }
                 },
             },
             value);
  return out;
}

// Which NaN it is depends on the order of operands, and no client sees it.
std::string any_nan(std::string text) {
  for (size_t at = 0; (at = text.find("NaN:", at)) != text.npos; at += 3) text.erase(at + 3, 17);
  return text;
}

}  // namespace

std::string to_text(const Answer& answer, const std::string& query) {
  if (!answer.ok()) return "error: " + answer.error().message + "\n";
  std::string out = value_text(answer->value);
  for (const std::string& warning : answer->annotations.warnings(query)) {
    out += "warning: " + warning + "\n";
  }
  for (const std::string& info : answer->annotations.infos(query)) out += "info: " + info + "\n";
  return out;
}

std::map<std::string, std::string> values_at(const Answer& answer, int64_t time_ms) {
  std::map<std::string, std::string> found;
  if (!answer.ok()) return found;
  if (const auto* scalar = std::get_if<model::Scalar>(&answer->value)) {
    found["{}"] = any_nan(number(scalar->value));
  } else if (const auto* vector = std::get_if<model::Vector>(&answer->value)) {
    for (const model::VectorElement& e : *vector) {
      found[model::to_string(e.labels)] =
          any_nan(e.histogram ? histogram(*e.histogram, false) : number(e.value));
    }
  } else if (const auto* matrix = std::get_if<model::GridMatrix>(&answer->value)) {
    const size_t step =
        static_cast<size_t>((time_ms - matrix->grid.start_ms) / matrix->grid.step_ms);
    for (const model::GridSeries& series : matrix->series) {
      if (!series.column.has(step)) continue;
      found[model::to_string(series.labels)] = any_nan(
          series.column.has_histogram(step) ? histogram(*series.column.histograms[step], false)
                                            : number(series.column.values[step]));
    }
  }
  return found;
}

}  // namespace gnomon::differential
