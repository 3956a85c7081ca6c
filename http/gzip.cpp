#include "http/gzip.h"

#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <utility>

#include "src/base/limits.h"

namespace gnomon::http {
namespace {

enum class Encoding : uint8_t { None, Gzip, Deflate };

// Level 1 of this library compresses JSON of numbers five times as fast as zlib's, and better.
constexpr uint32_t kLevel = 1;
constexpr uint32_t kLevelBytes = ISAL_DEF_LVL1_DEFAULT;

Encoding choose(std::string_view accept) {
  while (!accept.empty()) {
    size_t end = std::min(accept.find(','), accept.size());
    std::string_view token = accept.substr(0, end);
    accept.remove_prefix(std::min(end + 1, accept.size()));
    while (token.starts_with(' ')) token.remove_prefix(1);
    while (token.ends_with(' ')) token.remove_suffix(1);
    if (token == "gzip") return Encoding::Gzip;
    if (token == "deflate") return Encoding::Deflate;
  }
  return Encoding::None;
}

uint8_t* bytes_of(const char* text) {
  return reinterpret_cast<uint8_t*>(const_cast<char*>(text));  // the library only reads input
}

class Deflater {
 public:
  explicit Deflater(Encoding encoding) : level_(new uint8_t[kLevelBytes]) {
    isal_deflate_init(&stream_);
    stream_.gzip_flag = encoding == Encoding::Gzip ? IGZIP_GZIP : IGZIP_ZLIB;
    stream_.level = kLevel;
    stream_.level_buf = level_.get();
    stream_.level_buf_size = kLevelBytes;
  }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  void append(std::string_view plain, bool last, std::string& out) {
    stream_.next_in = bytes_of(plain.data());
    stream_.avail_in = static_cast<uint32_t>(plain.size());
    stream_.end_of_stream = last;
    do {
      size_t begin = out.size();
      size_t room = std::max<size_t>(plain.size() / 3, 512);
      out.resize(begin + room);
      stream_.next_out = bytes_of(out.data() + begin);
      stream_.avail_out = static_cast<uint32_t>(room);
      isal_deflate(&stream_);
      out.resize(begin + room - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }

 private:
  std::unique_ptr<uint8_t[]> level_;
  isal_zstream stream_;
};

// `first` and then the rest of `plain`, compressed.
class CompressedStream final : public BodyStream {
 public:
  CompressedStream(Encoding encoding, std::string first, std::unique_ptr<BodyStream> plain)
      : deflater_(encoding), piece_(std::move(first)), plain_(std::move(plain)) {}

  bool next(std::string& out) override {
    size_t full = out.size() + base::kHttpPieceBytes;
    bool more = true;
    while (more && out.size() < full) {
      if (piece_.empty()) more = plain_->next(piece_);
      deflater_.append(piece_, !more, out);
      piece_.clear();
    }
    return more;
  }

 private:
  Deflater deflater_;
  std::string piece_;
  std::unique_ptr<BodyStream> plain_;
};

// `first` and then the rest of `stream`.
class ResumedStream final : public BodyStream {
 public:
  ResumedStream(std::string first, std::unique_ptr<BodyStream> stream)
      : first_(std::move(first)), stream_(std::move(stream)) {}

  bool next(std::string& out) override {
    if (first_.empty()) return stream_->next(out);
    out += std::exchange(first_, {});
    return true;
  }

 private:
  std::string first_;
  std::unique_ptr<BodyStream> stream_;
};

}  // namespace

void compress(std::string_view accept_encoding, Response& response) {
  if (!find_header(response.headers, "Content-Encoding").empty()) return;
  std::string first;
  if (response.stream && !response.stream->next(first)) {
    response.body = std::move(first);
    response.stream.reset();
  }
  if (!response.stream && response.body.size() < base::kHttpCompressBytesMin) return;
  response.headers.push_back({"Vary", "Accept-Encoding"});
  Encoding encoding = choose(accept_encoding);
  if (encoding == Encoding::None) {
    if (response.stream) {
      response.stream =
          std::make_unique<ResumedStream>(std::move(first), std::move(response.stream));
    }
    return;
  }
  response.headers.push_back({"Content-Encoding", encoding == Encoding::Gzip ? "gzip" : "deflate"});
  if (response.stream) {
    response.stream =
        std::make_unique<CompressedStream>(encoding, std::move(first), std::move(response.stream));
    return;
  }
  std::string compressed;
  auto deflater = std::make_unique<Deflater>(encoding);  // too large for the stack
  deflater->append(response.body, true, compressed);
  response.body = std::move(compressed);
}

Result<std::string> decompress_gzip(std::string_view bytes, size_t bytes_max) {
  auto state = std::make_unique<inflate_state>();
  isal_inflate_init(state.get());
  state->crc_flag = ISAL_GZIP;
  state->next_in = bytes_of(bytes.data());
  state->avail_in = static_cast<uint32_t>(bytes.size());
  std::string out;
  bool stuck = false;
  while (out.size() <= bytes_max && !stuck) {
    size_t begin = out.size();
    size_t room = std::max<size_t>(bytes.size() * 2, 4096);
    out.resize(begin + room);
    state->next_out = bytes_of(out.data() + begin);
    state->avail_out = static_cast<uint32_t>(room);
    int problem = isal_inflate(state.get());
    out.resize(begin + room - state->avail_out);
    if (problem != ISAL_DECOMP_OK) break;
    bool complete = state->block_state == ISAL_BLOCK_FINISH;
    if (complete && state->avail_in == 0) return out;
    // A further member may follow: gzip files can be concatenated.
    if (complete) {
      isal_inflate_reset(state.get());
      state->crc_flag = ISAL_GZIP;
    }
    stuck = !complete && state->avail_in == 0 && state->avail_out > 0;
  }
  if (out.size() > bytes_max) {
    return Error{ErrorKind::BadData,
                 "decompressed body exceeds the limit of " + std::to_string(bytes_max) + " bytes"};
  }
  return Error{ErrorKind::BadData, "gzip: damaged or incomplete body"};
}

}  // namespace gnomon::http
