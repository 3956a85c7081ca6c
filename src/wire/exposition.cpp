#include "src/wire/exposition.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "src/base/limits.h"
#include "src/base/text.h"

namespace gnomon::wire {
namespace {

using Fault = std::optional<std::string>;
using Reason = model::RefusalReason;

constexpr std::array<std::string_view, 9> kTypes = {"counter",        "gauge",   "histogram",
                                                    "gaugehistogram", "summary", "info",
                                                    "stateset",       "unknown", "untyped"};

// Values have the float formats of Go before 1.13: no hex, no underscores.
std::optional<double> parse_value(std::string_view text) {
  if (text.find_first_of("pP_") != std::string_view::npos) return std::nullopt;
  return base::parse_float(text);
}

Fault bad_float(std::string_view text) {
  return "strconv.ParseFloat: parsing " + base::quote(text) + ": invalid syntax";
}

std::string open_metrics_float(double v) {
  std::string text = base::format_float_g(v);
  if (std::isfinite(v) && text.find_first_of(".e") == std::string::npos) text.append(".0");
  return text;
}

}  // namespace

ExpositionFormat detect_exposition(std::string_view content_type, std::string_view text_end) {
  if (content_type.find("application/openmetrics-text") != std::string_view::npos) {
    return ExpositionFormat::OpenMetrics;
  }
  while (text_end.ends_with('\n') || text_end.ends_with('\r')) text_end.remove_suffix(1);
  constexpr std::string_view kEnd = "# EOF";
  const bool ends = text_end.ends_with(kEnd) &&
                    (text_end.size() == kEnd.size() || text_end[text_end.size() - 6] == '\n');
  return ends ? ExpositionFormat::OpenMetrics : ExpositionFormat::Text;
}

void ExpositionParser::feed(std::string_view piece, model::WriteBatch& batch,
                            WriteRefusals& refusals) {
  batch_ = &batch;
  refusals_ = &refusals;
  row_series_.clear();
  for (;;) {
    const size_t end = piece.find('\n');
    const std::string_view text = piece.substr(0, end);
    if (!skipping_ && partial_.size() + text.size() > base::kImportLineBytesMax) {
      skipping_ = true;
      refusals_->samples.add(Reason::LimitExceeded, 1,
                             "line " + std::to_string(lines_ + 1) + " exceeds the limit of " +
                                 std::to_string(base::kImportLineBytesMax) + " bytes per line");
      partial_.clear();
    }
    if (end == std::string_view::npos) {
      if (!skipping_) partial_.append(text);
      return;
    }
    ++lines_;
    if (skipping_) {
      skipping_ = false;
    } else if (partial_.empty()) {
      line(text);
    } else {
      partial_.append(text);
      line(partial_);
      partial_.clear();
    }
    piece.remove_prefix(end + 1);
  }
}

void ExpositionParser::finish(model::WriteBatch& batch, WriteRefusals& refusals) {
  if (!partial_.empty()) feed("\n", batch, refusals);
  batch_ = &batch;
  refusals_ = &refusals;
  flush_family();
  if (format_ == ExpositionFormat::OpenMetrics && !ended_) {
    refusals_->samples.add(Reason::Malformed, 0, "data does not end with # EOF");
  }
}

void ExpositionParser::line(std::string_view text) {
  if (text.ends_with('\r')) text.remove_suffix(1);
  std::string_view rest = text;
  skip_blanks(rest);
  if (rest.empty()) return;
  Fault fault;
  if (ended_) {
    fault = "unexpected data after # EOF";
  } else if (rest[0] == '#') {
    fault = comment(rest.substr(1));
  } else {
    fault = sample(rest);
  }
  if (!fault) return;
  if (!refusals_->samples.names_more()) return refusals_->samples.add(Reason::Malformed, 1);
  refusals_->samples.add(Reason::Malformed, 1,
                         "line " + std::to_string(lines_) + ": " + *fault + " while parsing: " +
                             base::quote(text.substr(0, base::kRefusedLineBytesMax)));
}

// Only HELP, TYPE, UNIT and EOF mean something; all else is a comment for people.
Fault ExpositionParser::comment(std::string_view rest) {
  if (!rest.starts_with(' ') && !rest.starts_with('\t')) return std::nullopt;
  skip_blanks(rest);
  if (format_ == ExpositionFormat::OpenMetrics && rest == "EOF") {
    ended_ = true;
    return std::nullopt;
  }
  const std::string_view keyword = rest.substr(0, rest.find_first_of(" \t"));
  if (keyword != "HELP" && keyword != "TYPE" && keyword != "UNIT") return std::nullopt;
  rest.remove_prefix(keyword.size());
  return describe(keyword, rest);
}

Fault ExpositionParser::describe(std::string_view keyword, std::string_view rest) {
  skip_blanks(rest);
  std::deque<std::string> unescaped;
  const auto quoted = take_quoted(rest, unescaped);
  const std::string_view name = quoted ? *quoted : take_metric_name(rest);
  const bool ends = rest.empty() || rest[0] == ' ' || rest[0] == '\t';
  if (!model::valid_label_name(name) || !ends) {
    return "expected metric name after " + std::string(keyword);
  }
  if (!rest.empty()) rest.remove_prefix(1);
  if (!base::valid_utf8(rest)) return "text is not a valid utf8 string";
  if (keyword == "TYPE") {
    skip_blanks(rest);
    while (rest.ends_with(' ') || rest.ends_with('\t')) rest.remove_suffix(1);
    if (std::find(kTypes.begin(), kTypes.end(), rest) == kTypes.end()) {
      return "invalid metric type " + base::quote(rest);
    }
  }
  if (family_.name != name) {
    flush_family();
    family_.name = name;
    family_.metadata.type = "unknown";
  }
  if (keyword == "TYPE") {
    family_.metadata.type = rest == "untyped" ? "unknown" : rest;
  } else if (keyword == "UNIT") {
    family_.metadata.unit = rest;
  } else {
    // The escapes of a help text are those of a quoted one; a quote may stand bare.
    std::string help;
    for (size_t i = 0; i < rest.size(); ++i) {
      const char next = i + 1 < rest.size() ? rest[i + 1] : '\0';
      const bool escape = rest[i] == '\\' && (next == '\\' || next == 'n');
      help.push_back(escape && next == 'n' ? '\n' : rest[i]);
      if (escape) ++i;
    }
    family_.metadata.help = std::move(help);
  }
  return std::nullopt;
}

void ExpositionParser::flush_family() {
  if (!family_.name.empty()) batch_->metadata.push_back({family_.name, family_.metadata});
  family_ = {};
}

Fault ExpositionParser::sample(std::string_view text) {
  if (Fault fault = parsed_.parse(text)) return fault;
  model::Sample sample{now_ms_, 0};
  const auto value = parse_value(parsed_.value);
  if (!value) return bad_float(parsed_.value);
  sample.value = std::isnan(*value) ? model::kNaN : *value;
  if (!parsed_.timestamp.empty()) {
    const auto time = parse_time(parsed_.timestamp);
    if (!time) return "invalid timestamp " + base::quote(parsed_.timestamp);
    sample.time_ms = *time;
  }
  std::optional<model::Exemplar> exemplar;
  if (parsed_.has_exemplar) {
    if (Fault fault = read_exemplar(sample.time_ms, exemplar.emplace())) return fault;
  }
  // Lines of one series that follow each other make one row.
  if (row_series_.empty() || row_series_ != parsed_.series) {
    if (Fault fault = begin_row()) return fault;
  }
  batch_->add(sample);
  if (exemplar) batch_->add(std::move(*exemplar));
  batch_->end_row();
  return std::nullopt;
}

Fault ExpositionParser::begin_row() {
  labels_.clear();
  labels_.add(model::kMetricName, parsed_.name);
  for (const model::Label& label : parsed_.labels) labels_.add(label.name, normalized(label));
  batch_->begin_row();
  std::string fault = labels_.pack(batch_->label_bytes, true);
  if (!fault.empty()) {
    batch_->drop_row();
    return fault;
  }
  row_series_ = parsed_.series;
  return std::nullopt;
}

Fault ExpositionParser::read_exemplar(int64_t default_time_ms, model::Exemplar& exemplar) {
  const auto value = parse_value(parsed_.exemplar_value);
  if (!value) return bad_float(parsed_.exemplar_value);
  exemplar.value = *value;
  exemplar.time_ms = default_time_ms;
  if (!parsed_.exemplar_timestamp.empty()) {
    const auto time = parse_time(parsed_.exemplar_timestamp);
    if (!time) return "invalid exemplar timestamp " + base::quote(parsed_.exemplar_timestamp);
    exemplar.time_ms = *time;
  }
  labels_.clear();
  for (const model::Label& label : parsed_.exemplar_labels) labels_.add(label.name, label.value);
  std::string packed;
  std::string fault = labels_.pack(packed, false);
  if (!fault.empty()) return fault;
  exemplar.labels = model::Labels(std::move(packed));
  return std::nullopt;
}

std::optional<int64_t> ExpositionParser::parse_time(std::string_view text) const {
  if (format_ == ExpositionFormat::Text) {
    int64_t ms = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), ms);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
    return ms;
  }
  const auto seconds = parse_value(text);
  constexpr double kMsMax = 9.2e18;
  if (!seconds || !(std::fabs(*seconds * 1000) < kMsMax)) return std::nullopt;
  return static_cast<int64_t>(*seconds * 1000);
}

std::string_view ExpositionParser::normalized(const model::Label& label) {
  const bool bucket = label.name == "le" && family_.metadata.type == "histogram" &&
                      parsed_.name.starts_with(family_.name) &&
                      parsed_.name.substr(family_.name.size()) == "_bucket";
  const bool quantile = label.name == "quantile" && family_.metadata.type == "summary" &&
                        parsed_.name == family_.name;
  if (!bucket && !quantile) return label.value;
  const auto v = base::parse_float(label.value);
  return v ? parsed_.unescaped.emplace_back(open_metrics_float(*v)) : label.value;
}

}  // namespace gnomon::wire
