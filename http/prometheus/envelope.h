#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "src/base/result.h"
#include "src/model/value.h"

// What the answers of Prometheus' API have around their data, errors included.
namespace gnomon::prometheus {

// What the envelope carries beside the data.
struct Remarks {
  std::vector<std::string> warnings;
  std::vector<std::string> infos;
};

// ,"warnings":[...],"infos":[...]: each only when there are any.
std::string remarks_json(const Remarks& remarks);
// {"status":"success","data":...}; `data` is JSON.
http::Response success_response(std::string_view data, const Remarks& remarks = {});
// {"status":"error","errorType":"bad_data","error":"..."} with its status.
http::Response error_response(const Error& error);
// The answer of a query, streamed; `statistics` is JSON, "" for none (value_response.cpp).
http::Response value_response(model::Value value, std::string_view statistics,
                              const Remarks& remarks);
// Seconds: 1435781451.781, 1.050, 1
void append_json_time(std::string& out, int64_t time_ms);

// The response, or the error in the envelope.
http::Response or_error(Result<http::Response> result);
// An error in plain text instead, as senders and readers of samples expect.
http::Response or_refusal(Result<http::Response> result);

}  // namespace gnomon::prometheus
