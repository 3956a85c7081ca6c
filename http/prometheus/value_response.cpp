// The encoder of query answers: a few hundred bytes or gigabytes, in pieces.
#include <cstring>
#include <variant>

#include "http/json.h"
#include "http/prometheus/envelope.h"
#include "src/base/limits.h"
#include "src/base/text.h"

namespace gnomon::prometheus {
namespace {

using http::append_json_histogram;
using http::append_json_label;
using http::append_json_labels;
using http::append_json_text;
using http::BodyStream;
using http::write_value;

constexpr size_t kPointBytesMax = 72;  // ,[time,"value"]
constexpr size_t kPointsPerRun = 64;

char* write_text(char* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

char* write_decimal(char* out, uint64_t value) {
  char digits[20];
  char* at = digits + 20;
  do *--at = static_cast<char>('0' + value % 10);
  while ((value /= 10) != 0);
  return write_text(out, {at, static_cast<size_t>(digits + 20 - at)});
}

char* write_time(char* out, int64_t time_ms) {
  // Unsigned: the smallest time has no positive counterpart.
  auto magnitude = static_cast<uint64_t>(time_ms);
  if (time_ms < 0) {
    *out++ = '-';
    magnitude = -magnitude;
  }
  out = write_decimal(out, magnitude / 1000);
  auto fraction = static_cast<unsigned>(magnitude % 1000);
  if (fraction == 0) return out;
  *out++ = '.';
  *out++ = static_cast<char>('0' + fraction / 100);
  *out++ = static_cast<char>('0' + fraction / 10 % 10);
  *out++ = static_cast<char>('0' + fraction % 10);
  return out;
}

// `,[1435781451.781,"` of every step: made once, used by every series.
class StepTexts {
 public:
  explicit StepTexts(const model::TimeGrid& grid) : slots_(grid.steps()) {
    for (size_t step = 0; step < slots_.size(); ++step) {
      char* end = write_text(slots_[step].text, ",[");
      end = write_text(write_time(end, grid.at(step)), ",\"");
      slots_[step].size = static_cast<uint8_t>(end - slots_[step].text);
    }
  }
  // Copies a whole slot: a fixed size is one or two moves. At least 31 bytes must be free.
  char* write(char* out, size_t step) const {
    std::memcpy(out, slots_[step].text, sizeof slots_[step].text);
    return out + slots_[step].size;
  }

 private:
  struct Slot {
    char text[31];
    uint8_t size;
  };
  std::vector<Slot> slots_;
};

// Appends up to `count` points to `out`; write(at, i) writes the i-th and returns its end.
template <typename Write>
void append_run(std::string& out, size_t count, Write write) {
  size_t begin = out.size();
  out.resize(begin + count * kPointBytesMax);
  char* at = out.data() + begin;
  for (size_t i = 0; i < count; ++i) at = write(at, i);
  out.resize(static_cast<size_t>(at - out.data()));
}

char* write_point_end(char* out) {
  out[0] = '"';
  out[1] = ']';
  return out + 2;
}

// Elements of an answer, one piece after the other. `append(out)` adds some and says whether
// there are more.
class ScalarEncoder {
 public:
  ScalarEncoder(const model::Scalar& scalar) : scalar_(scalar) {}  // NOLINT
  static constexpr std::string_view kType = "scalar";
  bool append(std::string& out) {
    out += '[';
    append_json_time(out, scalar_.time_ms);
    out += ",\"" + base::format_float(scalar_.value) + "\"]";
    return false;
  }

 private:
  model::Scalar scalar_;
};

class StringEncoder {
 public:
  StringEncoder(model::String string) : string_(std::move(string)) {}  // NOLINT
  static constexpr std::string_view kType = "string";
  bool append(std::string& out) {
    out += '[';
    append_json_time(out, string_.time_ms);
    out += ',';
    append_json_text(out, string_.value);
    out += ']';
    return false;
  }

 private:
  model::String string_;
};

class VectorEncoder {
 public:
  VectorEncoder(model::Vector vector) : vector_(std::move(vector)) {}  // NOLINT
  static constexpr std::string_view kType = "vector";
  bool append(std::string& out) {
    out += next_ == 0 ? "[" : "";
    if (next_ < vector_.size()) append_element(out, vector_[next_]);
    bool more = ++next_ < vector_.size();
    if (!more) out += ']';
    return more;
  }

 private:
  void append_element(std::string& out, const model::VectorElement& element) const {
    out += next_ == 0 ? "{\"metric\":" : ",{\"metric\":";
    append_json_labels(out, element.labels.view());
    if (element.histogram) {
      out += ",\"histogram\":[";
      append_json_time(out, element.time_ms);
      out += ',';
      append_json_histogram(out, *element.histogram);
      out += "]}";
      return;
    }
    out += ",\"value\":";
    append_run(out, 1, [&element](char* at, size_t) {
      *at++ = '[';
      at = write_text(write_time(at, element.time_ms), ",\"");
      return write_point_end(write_value(at, element.value));
    });
    out += '}';
  }

  model::Vector vector_;
  size_t next_ = 0;
};

// What both kinds of matrix have in common: series by series, in each first the floats, then the
// histograms. Source: size(), labels(i), points(i), and append_floats / append_histograms over a
// range of points, which leave out absent ones and begin each point with a comma.
template <typename Source>
class MatrixEncoder {
 public:
  template <typename Value>
  MatrixEncoder(Value value) : source_(std::move(value)) {}  // NOLINT
  static constexpr std::string_view kType = "matrix";

  bool append(std::string& out) {
    if (series_ == 0 && state_ == State::Begin) out += '[';
    if (series_ == source_.size()) {
      out += ']';
      return false;
    }
    switch (state_) {
      case State::Begin:
        begin_series(out);
        break;
      case State::Floats:
        append_points(out, "values", &Source::append_floats);
        break;
      case State::Histograms:
        append_points(out, "histograms", &Source::append_histograms);
        break;
    }
    bool more = series_ < source_.size();
    if (!more) out += ']';
    return more;
  }

 private:
  enum class State : uint8_t { Begin, Floats, Histograms };
  using Append = void (Source::*)(std::string&, size_t, size_t, size_t) const;

  void begin_series(std::string& out) {
    out += series_ == 0 ? "{\"metric\":" : ",{\"metric\":";
    append_json_labels(out, source_.labels(series_));
    begin_points(State::Floats);
  }

  void begin_points(State state) {
    state_ = state;
    point_ = 0;
    any_ = false;
  }

  // One run of points; goes on to the next state after the last.
  void append_points(std::string& out, std::string_view key, Append append) {
    bool floats = state_ == State::Floats;
    size_t points = floats ? source_.floats(series_) : source_.histograms(series_);
    size_t end = std::min(points, point_ + kPointsPerRun);
    size_t begin = out.size();
    if (!any_) out.append(",\"").append(key).append("\":");
    size_t first = out.size();
    (source_.*append)(out, series_, point_, end);
    if (out.size() == first) {
      out.resize(begin);
    } else if (!any_) {
      out[first] = '[';  // in the place of the first point's comma
      any_ = true;
    }
    point_ = end;
    if (point_ < points) return;
    if (any_) out += ']';
    if (floats) {
      begin_points(State::Histograms);
    } else {
      out += '}';
      ++series_;
      state_ = State::Begin;
    }
  }

  Source source_;
  size_t series_ = 0;
  size_t point_ = 0;
  State state_ = State::Begin;
  bool any_ = false;  // a point of this key was written
};

void append_histogram_point(std::string& out, int64_t time_ms, const model::Histogram& histogram) {
  out += ",[";
  append_json_time(out, time_ms);
  out += ',';
  append_json_histogram(out, histogram);
  out += ']';
}

class GridSource {
 public:
  GridSource(model::GridMatrix matrix)  // NOLINT
      : matrix_(std::move(matrix)), texts_(matrix_.grid) {}
  size_t size() const { return matrix_.series.size(); }
  model::LabelsView labels(size_t series) const { return matrix_.series[series].labels.view(); }
  size_t floats(size_t series) const { return matrix_.series[series].column.values.size(); }
  size_t histograms(size_t series) const { return matrix_.series[series].column.histograms.size(); }
  void append_floats(std::string& out, size_t series, size_t begin, size_t end) const {
    const double* values = matrix_.series[series].column.values.data();
    append_run(out, end - begin, [this, values, begin](char* at, size_t i) {
      double value = values[begin + i];
      if (model::is_stale(value)) return at;
      return write_point_end(write_value(texts_.write(at, begin + i), value));
    });
  }
  void append_histograms(std::string& out, size_t series, size_t begin, size_t end) const {
    const auto& histograms = matrix_.series[series].column.histograms;
    for (size_t step = begin; step < end; ++step) {
      if (histograms[step]) {
        append_histogram_point(out, matrix_.grid.at(step), *histograms[step]);
      }
    }
  }

 private:
  model::GridMatrix matrix_;
  StepTexts texts_;
};

class RawSource {
 public:
  RawSource(model::RawMatrix matrix) : matrix_(std::move(matrix)) {}  // NOLINT
  size_t size() const { return matrix_.size(); }
  model::LabelsView labels(size_t series) const { return matrix_[series].labels.view(); }
  size_t floats(size_t series) const { return matrix_[series].samples.times.size(); }
  size_t histograms(size_t series) const { return matrix_[series].samples.histograms.size(); }
  void append_floats(std::string& out, size_t series, size_t begin, size_t end) const {
    const model::SampleBlock& samples = matrix_[series].samples;
    append_run(out, end - begin, [&samples, begin](char* at, size_t i) {
      at = write_text(write_time(write_text(at, ",["), samples.times[begin + i]), ",\"");
      return write_point_end(write_value(at, samples.values[begin + i]));
    });
  }
  void append_histograms(std::string& out, size_t series, size_t begin, size_t end) const {
    const auto& histograms = matrix_[series].samples.histograms;
    for (size_t i = begin; i < end; ++i) {
      append_histogram_point(out, histograms[i].time_ms, *histograms[i].histogram);
    }
  }

 private:
  model::RawMatrix matrix_;
};

// The whole answer: head, elements, tail.
template <typename Encoder>
class ValueStream final : public BodyStream {
 public:
  template <typename Value>
  ValueStream(Value value, std::string tail) : encoder_(std::move(value)), tail_(std::move(tail)) {}

  bool next(std::string& out) override {
    if (!begun_) {
      out += "{\"status\":\"success\",\"data\":{\"resultType\":\"";
      out += Encoder::kType;
      out += "\",\"result\":";
      begun_ = true;
    }
    size_t full = out.size() + base::kHttpPieceBytes;
    while (out.size() < full) {
      if (encoder_.append(out)) continue;
      out += tail_;
      return false;
    }
    return true;
  }

 private:
  Encoder encoder_;
  std::string tail_;
  bool begun_ = false;
};

struct OpenStream {
  std::string tail;
  using StreamPtr = std::unique_ptr<BodyStream>;

  template <typename Encoder, typename Value>
  StreamPtr open(Value& value) {
    return std::make_unique<ValueStream<Encoder>>(std::move(value), std::move(tail));
  }
  StreamPtr operator()(model::Scalar& value) { return open<ScalarEncoder>(value); }
  StreamPtr operator()(model::String& value) { return open<StringEncoder>(value); }
  StreamPtr operator()(model::Vector& value) { return open<VectorEncoder>(value); }
  StreamPtr operator()(model::GridMatrix& value) { return open<MatrixEncoder<GridSource>>(value); }
  StreamPtr operator()(model::RawMatrix& value) { return open<MatrixEncoder<RawSource>>(value); }
};

}  // namespace

void append_json_time(std::string& out, int64_t time_ms) {
  char buffer[32];
  out.append(buffer, write_time(buffer, time_ms));
}

http::Response value_response(model::Value value, std::string_view statistics,
                              const Remarks& remarks) {
  OpenStream opener;
  if (!statistics.empty()) opener.tail.append(",\"stats\":").append(statistics);
  opener.tail += '}' + remarks_json(remarks) + '}';
  http::Response response;
  response.content_type = "application/json";
  response.stream = std::visit(opener, value);
  return response;
}

}  // namespace gnomon::prometheus
