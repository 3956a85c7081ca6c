// Prometheus' remote write.
#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "http/prometheus/envelope.h"
#include "http/prometheus/handlers.h"
#include "http/prometheus/ingest.h"
#include "src/base/limits.h"
#include "src/wire/remote_write.h"

namespace gnomon::prometheus {
namespace {

using http::Request;
using http::Response;
using http::text_response;

constexpr std::string_view kProtobuf = "application/x-protobuf";
constexpr std::string_view kMessageV1 = "prometheus.WriteRequest";
constexpr std::string_view kMessageV2 = "io.prometheus.write.v2.Request";

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// "application/x-protobuf", alone or with the name of the message; old senders say nothing.
std::optional<wire::WriteMessage> message_of(std::string_view content_type) {
  auto message = wire::WriteMessage::V1;
  bool first = true;
  while (!content_type.empty()) {
    size_t end = std::min(content_type.find(';'), content_type.size());
    std::string_view part = trimmed(content_type.substr(0, end));
    content_type.remove_prefix(std::min(end + 1, content_type.size()));
    if (first && !http::equal_ignoring_case(part, kProtobuf)) return std::nullopt;
    first = false;
    if (!part.starts_with("proto=")) continue;
    part.remove_prefix(6);
    if (part != kMessageV1 && part != kMessageV2) return std::nullopt;
    message = part == kMessageV1 ? wire::WriteMessage::V1 : wire::WriteMessage::V2;
  }
  return message;
}

// What a request needs, kept for the next one for its memory: kWriteBuffersKeptMax of them, none
// larger than kWriteBufferKeptBytesMax.
struct Scratch {
  wire::RemoteWriteDecoder decoder;
  model::WriteBatch batch;

  bool worth_keeping() const {
    const size_t bytes = batch.label_bytes.capacity() +
                         batch.rows.capacity() * sizeof batch.rows[0] +
                         batch.samples.capacity() * sizeof batch.samples[0] +
                         batch.starts.capacity() * sizeof batch.starts[0] +
                         batch.histograms.capacity() * sizeof batch.histograms[0] +
                         batch.exemplars.capacity() * sizeof batch.exemplars[0] +
                         batch.metadata.capacity() * sizeof batch.metadata[0];
    return bytes <= base::kWriteBufferKeptBytesMax;
  }
};

class ScratchShelf {
 public:
  std::unique_ptr<Scratch> take() {
    std::lock_guard lock(mutex_);
    if (shelf_.empty()) return std::make_unique<Scratch>();
    auto scratch = std::move(shelf_.back());
    shelf_.pop_back();
    return scratch;
  }
  void give_back(std::unique_ptr<Scratch> scratch) {
    scratch->batch.clear();
    if (!scratch->worth_keeping()) return;
    std::lock_guard lock(mutex_);
    if (shelf_.size() == base::kWriteBuffersKeptMax) return;
    shelf_.push_back(std::move(scratch));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Scratch>> shelf_;
};

}  // namespace

Response write(const Request& request, const TenantContext& tenant) {
  std::string_view encoding = request.header("Content-Encoding");
  if (!encoding.empty() && !http::equal_ignoring_case(encoding, "snappy")) {
    return text_response(415, std::string(encoding) +
                                  " encoding (compression) is not accepted by this server; only "
                                  "snappy is acceptable\n");
  }
  std::string_view type = request.header("Content-Type");
  const auto message = message_of(type);
  if (!message) {
    return text_response(415, std::string(type) +
                                  " content type is not accepted by this server; only "
                                  "application/x-protobuf with proto=prometheus.WriteRequest or "
                                  "proto=io.prometheus.write.v2.Request is\n");
  }
  static ScratchShelf shelf;
  Ingest ingest(tenant, request.stop);
  auto scratch = shelf.take();
  auto done = scratch->decoder.decode(request.body, scratch->batch, ingest.refusals(), *message);
  if (done.ok()) done = ingest.store(scratch->batch);
  shelf.give_back(std::move(scratch));
  if (!done.ok()) return or_refusal(done.error());
  return ingest.answer();
}

}  // namespace gnomon::prometheus
