#include "adapters/blocks/series_block.h"

#include <zstd.h>

#include <utility>

#include "src/base/limits.h"
#include "src/storage/bytes.h"

namespace gnomon::blocks {
namespace {

constexpr uint8_t kVersion = 1;
constexpr size_t kBlockBytesMax = 1u << 30;

Error damaged(const char* what) {
  return {ErrorKind::Internal, std::string("damaged series block: ") + what};
}

}  // namespace

std::string encode_series_block(const std::vector<StoredSeries>& series) {
  std::string plain;
  storage::put_byte(plain, kVersion);
  storage::put_varint(plain, series.size());
  uint32_t before = 0;
  for (const StoredSeries& one : series) {
    const auto id = static_cast<uint32_t>(one.id);
    storage::put_varint(plain, id - before);
    storage::put_varint(plain, one.labels.packed().size());
    plain += one.labels.packed();
    before = id;
  }
  std::string out(ZSTD_compressBound(plain.size()), '\0');
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 3);
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  out.resize(ZSTD_compress2(context, out.data(), out.size(), plain.data(), plain.size()));
  ZSTD_freeCCtx(context);
  return out;
}

Result<void> decode_series_block(std::string_view block, std::vector<StoredSeries>& out) {
  const auto size = ZSTD_getFrameContentSize(block.data(), block.size());
  if (size > kBlockBytesMax) return damaged("no size");
  std::string plain(size, '\0');
  const size_t got = ZSTD_decompress(plain.data(), plain.size(), block.data(), block.size());
  if (ZSTD_isError(got) != 0 || got != size) return damaged("it does not unpack");
  storage::ByteReader reader(plain);
  if (reader.byte() != kVersion) return damaged("unknown version");
  const uint64_t count = reader.varint();
  uint64_t id = 0;
  for (uint64_t i = 0; i < count; ++i) {
    id += reader.varint();
    const std::string_view packed = reader.take(reader.varint());
    if (!reader.ok() || id > UINT32_MAX) return damaged("it is cut off");
    out.push_back({static_cast<storage::SeriesId>(id), model::Labels(std::string(packed))});
  }
  return {};
}

}  // namespace gnomon::blocks
