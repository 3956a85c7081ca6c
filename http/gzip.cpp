#include "http/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <new>

#include "src/base/limits.h"

namespace gnomon::http {
namespace {

enum class Encoding : uint8_t { None, Gzip, Deflate };

// Window bits select the format: 15 is zlib's, which HTTP calls deflate; 16 more make it gzip.
constexpr int kWindowBits = 15;
constexpr int kGzipFormat = 16;
constexpr int kLevel = 1;  // JSON of numbers: higher levels cost much and gain little
constexpr int kMemoryLevel = 8;

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

class Deflater {
 public:
  explicit Deflater(Encoding encoding) {
    int bits = kWindowBits + (encoding == Encoding::Gzip ? kGzipFormat : 0);
    int state = deflateInit2(&stream_, kLevel, Z_DEFLATED, bits, kMemoryLevel, Z_DEFAULT_STRATEGY);
    if (state != Z_OK) throw std::bad_alloc();
  }
  ~Deflater() { deflateEnd(&stream_); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  void append(std::string_view plain, bool last, std::string& out) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
    stream_.avail_in = static_cast<uInt>(plain.size());
    do {
      size_t begin = out.size();
      size_t room = std::max<size_t>(plain.size() / 4, 512);
      out.resize(begin + room);
      stream_.next_out = reinterpret_cast<Bytef*>(out.data() + begin);
      stream_.avail_out = static_cast<uInt>(room);
      deflate(&stream_, last ? Z_FINISH : Z_NO_FLUSH);
      out.resize(begin + room - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }

 private:
  z_stream stream_{};
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

}  // namespace

void compress(std::string_view accept_encoding, Response& response) {
  Encoding encoding = choose(accept_encoding);
  if (encoding == Encoding::None) return;
  std::string first;
  if (response.stream && !response.stream->next(first)) {
    response.body = std::move(first);
    response.stream.reset();
  }
  if (!response.stream && response.body.size() < base::kHttpCompressBytesMin) return;
  response.headers.push_back({"Content-Encoding", encoding == Encoding::Gzip ? "gzip" : "deflate"});
  response.headers.push_back({"Vary", "Accept-Encoding"});
  if (response.stream) {
    response.stream = std::make_unique<CompressedStream>(encoding, std::move(first),
                                                         std::move(response.stream));
    return;
  }
  std::string compressed;
  Deflater(encoding).append(response.body, true, compressed);
  response.body = std::move(compressed);
}

Result<std::string> decompress_gzip(std::string_view bytes, size_t bytes_max) {
  z_stream stream{};
  if (inflateInit2(&stream, kWindowBits + kGzipFormat) != Z_OK) {
    return Error{ErrorKind::Internal, "gzip: out of memory"};
  }
  std::string out;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  int state = Z_OK;
  while (state == Z_OK && out.size() <= bytes_max) {
    size_t begin = out.size();
    size_t room = std::max<size_t>(bytes.size() * 2, 4096);
    out.resize(begin + room);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + begin);
    stream.avail_out = static_cast<uInt>(room);
    state = inflate(&stream, Z_NO_FLUSH);
    out.resize(begin + room - stream.avail_out);
    // A further member may follow: gzip files can be concatenated.
    if (state == Z_STREAM_END && stream.avail_in > 0) state = inflateReset(&stream);
  }
  inflateEnd(&stream);
  if (out.size() > bytes_max) {
    return Error{ErrorKind::BadData, "decompressed body exceeds the limit of " +
                                         std::to_string(bytes_max) + " bytes"};
  }
  if (state != Z_STREAM_END) return Error{ErrorKind::BadData, "gzip: damaged or incomplete body"};
  return out;
}

}  // namespace gnomon::http
