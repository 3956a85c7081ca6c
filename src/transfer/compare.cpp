#include "src/transfer/compare.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <set>
#include <utility>

#include "src/base/overloaded.h"
#include "src/base/text.h"

namespace gnomon::transfer {
namespace {

// Every kind of answer as the series it consists of.
using AllSeries = std::vector<model::RawSeries>;

void add_point(model::SampleBlock& block, int64_t time_ms, double value,
               const model::HistogramPtr& histogram) {
  if (histogram != nullptr) {
    block.histograms.push_back({time_ms, histogram});
  } else {
    block.times.push_back(time_ms);
    block.values.push_back(value);
  }
}

model::SampleBlock points(const model::TimeGrid& grid, const model::Column& column) {
  model::SampleBlock block;
  for (size_t step = 0; step < column.steps(); ++step) {
    if (!column.has(step)) continue;
    add_point(block, grid.at(step), column.values[step],
              column.has_histogram(step) ? column.histograms[step] : nullptr);
  }
  return block;
}

AllSeries series_of(const model::Value& value) {
  AllSeries out;
  const auto add = [&out](const model::Labels& labels) -> model::SampleBlock& {
    return out.emplace_back(model::RawSeries{labels, {}}).samples;
  };
  std::visit(base::overloaded{
                 [&](const model::Scalar& scalar) {
                   add_point(add({}), scalar.time_ms, scalar.value, nullptr);
                 },
                 [&](const model::String& string) {
                   add_point(add(model::Labels::from({{"string", string.value}})), string.time_ms,
                             0, nullptr);
                 },
                 [&](const model::Vector& vector) {
                   for (const model::VectorElement& element : vector) {
                     add_point(add(element.labels), element.time_ms, element.value,
                               element.histogram);
                   }
                 },
                 [&](const model::GridMatrix& matrix) {
                   for (const model::GridSeries& series : matrix.series) {
                     add(series.labels) = points(matrix.grid, series.column);
                   }
                 },
                 [&](const model::RawMatrix& matrix) { out = matrix; },
             },
             value);
  return out;
}

std::string number_text(double value) {
  char bits[32];
  std::snprintf(bits, sizeof bits, " (0x%016llx)",
                static_cast<unsigned long long>(std::bit_cast<uint64_t>(value)));
  return base::format_float(value) + bits;
}

// The points of a block one after the other, floats and histograms in order of time.
class Points {
 public:
  explicit Points(const model::SampleBlock& block) : block_(block) {}
  bool done() const { return float_ == block_.times.size() && is_last_histogram(); }
  int64_t time_ms() const {
    if (done()) return model::kTimeMax;
    return on_float() ? block_.times[float_] : block_.histograms[histogram_].time_ms;
  }
  bool same(const Points& other) const {
    if (time_ms() != other.time_ms() || on_float() != other.on_float()) return false;
    if (on_float()) return bits() == other.bits() && start_ms() == other.start_ms();
    const model::HistogramSample& here = block_.histograms[histogram_];
    const model::HistogramSample& there = other.block_.histograms[other.histogram_];
    return identical(*here.histogram, *there.histogram) && here.start_ms == there.start_ms;
  }
  std::string text() const {
    if (done()) return "nothing";
    return on_float() ? number_text(block_.values[float_])
                      : model::to_string(*block_.histograms[histogram_].histogram);
  }
  void next() { on_float() ? ++float_ : ++histogram_; }

 private:
  bool is_last_histogram() const { return histogram_ == block_.histograms.size(); }
  bool on_float() const {
    if (float_ == block_.times.size()) return false;
    return is_last_histogram() || block_.times[float_] < block_.histograms[histogram_].time_ms;
  }
  uint64_t bits() const { return std::bit_cast<uint64_t>(block_.values[float_]); }
  int64_t start_ms() const { return block_.starts.empty() ? 0 : block_.starts[float_]; }

  const model::SampleBlock& block_;
  size_t float_ = 0, histogram_ = 0;
};

class Differences {
 public:
  explicit Differences(size_t lines_max) : lines_max_(lines_max) {}

  void answers(const Answer& from, const Answer& to, std::string_view query) {
    if (!from.ok() || !to.ok()) {
      texts(from.ok() ? "an answer" : "error: " + from.error().message,
            to.ok() ? "an answer" : "error: " + to.error().message);
      return;
    }
    if (from->value.index() != to->value.index()) add("the answers are of different types");
    series(series_of(from->value), series_of(to->value));
    remarks(from->annotations.warnings(query), to->annotations.warnings(query));
    remarks(from->annotations.infos(query), to->annotations.infos(query));
  }
  std::vector<std::string> take() { return std::move(lines_); }

 private:
  void add(std::string line) {
    if (lines_.size() < lines_max_) lines_.push_back(std::move(line));
  }
  void texts(const std::string& from, const std::string& to) {
    if (from != to) add("from: " + from + "; to: " + to);
  }

  void series(const AllSeries& from, const AllSeries& to) {
    const auto labels_of = [](const AllSeries& all) {
      std::vector<model::Labels> labels;
      for (const model::RawSeries& one : all) labels.push_back(one.labels);
      return labels;
    };
    const auto from_labels = labels_of(from), to_labels = labels_of(to);
    if (from_labels == to_labels) {
      for (size_t i = 0; i < from.size(); ++i) {
        samples(from[i].labels, from[i].samples, to[i].samples);
      }
      return;
    }
    const size_t before = lines_.size();
    only_in("from", from_labels, to_labels);
    only_in("to", to_labels, from_labels);
    if (lines_.size() == before) add("the series come in another order");
  }

  void only_in(const char* side, const std::vector<model::Labels>& those,
               const std::vector<model::Labels>& others) {
    const std::set<model::Labels> known(others.begin(), others.end());
    for (const model::Labels& labels : those) {
      if (!known.contains(labels)) add(to_string(labels) + " only in " + side);
    }
  }

  // The first point that differs.
  void samples(const model::Labels& labels, const model::SampleBlock& from,
               const model::SampleBlock& to) {
    Points here(from), there(to);
    while (!here.done() && !there.done() && here.same(there)) {
      here.next();
      there.next();
    }
    if (here.done() && there.done()) return;
    const int64_t time_ms = std::min(here.time_ms(), there.time_ms());
    add(to_string(labels) + " at " + std::to_string(time_ms) +
        ": from: " + (here.time_ms() == time_ms ? here.text() : "nothing") +
        "; to: " + (there.time_ms() == time_ms ? there.text() : "nothing"));
  }

  void remarks(const std::vector<std::string>& from, const std::vector<std::string>& to) {
    for (size_t i = 0; i < std::max(from.size(), to.size()); ++i) {
      texts(i < from.size() ? from[i] : "no remark", i < to.size() ? to[i] : "no remark");
    }
  }

  const size_t lines_max_;
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> differences(const Answer& from, const Answer& to, std::string_view query,
                                     size_t lines_max) {
  Differences differences(lines_max);
  differences.answers(from, to, query);
  return differences.take();
}

}  // namespace gnomon::transfer
