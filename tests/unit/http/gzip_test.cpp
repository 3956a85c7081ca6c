#include "http/gzip.h"

#include <gtest/gtest.h>

#include <random>

#include "src/base/limits.h"

namespace gnomon::http {
namespace {

constexpr size_t kBytesMax = 64u << 20;

class Pieces final : public BodyStream {
 public:
  explicit Pieces(std::vector<std::string> pieces) : pieces_(std::move(pieces)) {}
  bool next(std::string& out) override {
    out += pieces_[next_];
    return ++next_ < pieces_.size();
  }

 private:
  std::vector<std::string> pieces_;
  size_t next_ = 0;
};

std::string noise(size_t bytes) {
  std::mt19937_64 random(3);
  std::string out;
  while (out.size() < bytes) out += static_cast<char>(random());
  return out;
}

std::string text(size_t bytes) {
  std::string out;
  for (int i = 0; out.size() < bytes; ++i) out += std::to_string(i * 17) + ",";
  return out;
}

std::string drain(Response response) {
  while (response.stream && response.stream->next(response.body)) {
  }
  return response.body;
}

Response compressed(std::string body, std::string_view accept = "gzip") {
  Response response;
  response.body = std::move(body);
  compress(accept, response);
  return response;
}

TEST(Gzip, BodiesComeBack) {
  for (const std::string& body : {text(5'000), text(3'000'000), noise(300'000)}) {
    Response response = compressed(body);
    EXPECT_EQ(find_header(response.headers, "Content-Encoding"), "gzip");
    auto back = decompress_gzip(response.body, kBytesMax);
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(*back, body);
  }
  EXPECT_LT(compressed(text(3'000'000)).body.size(), 1'200'000u);
}

TEST(Gzip, StreamsComeBack) {
  std::vector<std::string> pieces = {text(200'000),   "",   noise(500'000), "x",
                                     text(1'000'000), "end"};
  std::string all;
  for (const std::string& piece : pieces) all += piece;
  Response response;
  response.stream = std::make_unique<Pieces>(pieces);
  compress("gzip", response);
  ASSERT_TRUE(response.stream);
  auto back = decompress_gzip(drain(std::move(response)), kBytesMax);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(*back, all);

  Response plain;
  plain.stream = std::make_unique<Pieces>(pieces);
  compress("", plain);
  EXPECT_EQ(drain(std::move(plain)), all);
}

TEST(Gzip, TheFirstKnownEncodingIsChosen) {
  const std::pair<std::string_view, std::string_view> cases[] = {{"", ""},
                                                                 {"br", ""},
                                                                 {"gzip", "gzip"},
                                                                 {"deflate", "deflate"},
                                                                 {"br, gzip", "gzip"},
                                                                 {"deflate,gzip", "deflate"},
                                                                 {"gzip;q=1", ""},
                                                                 {"*", ""},
                                                                 {" gzip ", "gzip"},
                                                                 {"gzip;q=0, deflate", "deflate"}};
  for (const auto& [accept, expected] : cases) {
    Response response = compressed(text(5'000), accept);
    EXPECT_EQ(find_header(response.headers, "Content-Encoding"), expected) << accept;
    EXPECT_EQ(find_header(response.headers, "Vary"), "Accept-Encoding");
  }
}

TEST(Gzip, SmallAnswersStayAsTheyAre) {
  Response response = compressed(std::string(base::kHttpCompressBytesMin - 1, 'a'));
  EXPECT_EQ(response.body.size(), base::kHttpCompressBytesMin - 1);
  EXPECT_TRUE(response.headers.empty());

  Response stream;
  stream.stream = std::make_unique<Pieces>(std::vector<std::string>{"small"});
  compress("gzip", stream);
  EXPECT_EQ(stream.body, "small");
  EXPECT_FALSE(stream.stream);
}

TEST(Gzip, MembersMayFollowEachOther) {
  std::string both = compressed(text(5'000)).body + compressed(text(7'000)).body;
  auto back = decompress_gzip(both, kBytesMax);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(*back, text(5'000) + text(7'000));
}

TEST(Gzip, DamageIsNoticed) {
  std::string good = compressed(text(50'000)).body;
  for (size_t cut : {size_t{0}, size_t{1}, size_t{9}, good.size() / 2, good.size() - 1}) {
    EXPECT_FALSE(decompress_gzip(good.substr(0, cut), kBytesMax).ok()) << cut;
  }
  for (size_t at = 0; at < good.size(); at += good.size() / 40) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x55);
    auto back = decompress_gzip(bad, kBytesMax);
    // Some bytes of the header (the time, the system) mean nothing.
    EXPECT_TRUE(!back.ok() || *back == text(50'000)) << at;
  }
  EXPECT_FALSE(decompress_gzip(good + "trailing", kBytesMax).ok());
}

TEST(Gzip, BombsAreStopped) {
  std::string bomb = compressed(std::string(10'000'000, '0')).body;
  EXPECT_LT(bomb.size(), 100'000u);
  auto back = decompress_gzip(bomb, 1'000'000);
  ASSERT_FALSE(back.ok());
  EXPECT_EQ(back.error().message, "decompressed body exceeds the limit of 1000000 bytes");
}

}  // namespace
}  // namespace gnomon::http
