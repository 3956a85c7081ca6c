// Any bytes as exposition text: no crash, the promises of a WriteBatch hold, and cutting the text
// into pieces changes nothing.
#include "src/wire/exposition.h"

#include "src/wire/guard.h"
#include "tests/fuzz/batch_check.h"

namespace {

using namespace gnomon;

struct Parsed {
  model::WriteBatch batch;
  wire::WriteRefusals refusals;
};

Parsed parse(std::string_view text, wire::ExpositionFormat format, size_t piece) {
  Parsed out;
  wire::ExpositionParser parser(format, 1'000);
  for (size_t at = 0; at < text.size(); at += piece) {
    parser.feed(text.substr(at, piece), out.batch, out.refusals);
  }
  parser.finish(out.batch, out.refusals);
  fuzz::check(out.batch);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const auto format =
      data[0] % 2 == 0 ? wire::ExpositionFormat::Text : wire::ExpositionFormat::OpenMetrics;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  Parsed whole = parse(text, format, size);
  const Parsed cut = parse(text, format, size_t{data[1]} + 1);
  fuzz::require(whole.batch.samples.size() == cut.batch.samples.size());
  fuzz::require(whole.batch.exemplars.size() == cut.batch.exemplars.size());
  fuzz::require(whole.batch.metadata.size() == cut.batch.metadata.size());
  fuzz::require(whole.refusals.samples.named() == cut.refusals.samples.named());
  wire::guard(whole.batch, 1'000, whole.refusals);
  fuzz::check(whole.batch);
  return 0;
}
