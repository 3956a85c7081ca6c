#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "src/model/histogram.h"
#include "src/model/labels.h"

namespace gnomon::http {

// Quoted as Prometheus quotes texts and lists: <, > and & as \u003c, bad UTF-8 as \ufffd.
void append_json_text(std::string& out, std::string_view text);
// Quoted as Prometheus quotes labels: only what JSON demands; other bytes as they are.
void append_json_label(std::string& out, std::string_view text);
// {"__name__":"up","job":"a"}
void append_json_labels(std::string& out, model::LabelsView labels);
// A float without quotes, as in values and statistics.
void append_json_float(std::string& out, double value);
// The same, at most 32 bytes; returns the end. Equal to base::write_json_float, faster for what
// metrics mostly are: integers and short decimals.
char* write_value(char* out, double value);
// {"count":"10","sum":"18.4","buckets":[[0,"1","2","3"]]}
void append_json_histogram(std::string& out, const model::Histogram& histogram);

// Writes objects and arrays member by member, with the commas between them.
class JsonWriter {
 public:
  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name);
  JsonWriter& text(std::string_view value);
  JsonWriter& integer(int64_t value);
  JsonWriter& number(double value);
  JsonWriter& boolean(bool value) { return raw(value ? "true" : "false"); }
  JsonWriter& null() { return raw("null"); }
  JsonWriter& labels(model::LabelsView labels);
  JsonWriter& texts(const std::vector<std::string>& values);
  // Complete JSON.
  JsonWriter& raw(std::string_view json);
  std::string take() { return std::move(out_); }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void separate();
  std::string out_;
  bool first_ = true;
};

Response json_response(int status, std::string body);

}  // namespace gnomon::http
