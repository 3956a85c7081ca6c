#include "adapters/postgres/metrics/log_row.h"

#include <utility>

#include "src/storage/bytes.h"

namespace gnomon::postgres {
namespace {

using storage::ByteReader;
using storage::put_byte;
using storage::put_signed;
using storage::put_varint;
using storage::SeriesId;

enum class Kind : uint8_t { Series = 1, Record = 2, Extras = 3, Control = 4 };

Error damaged() { return {ErrorKind::Internal, "postgres: damaged log row"}; }

void put_part(Kind kind, std::string_view bytes, std::string& row) {
  put_byte(row, static_cast<uint8_t>(kind));
  put_varint(row, bytes.size());
  row += bytes;
}

void put_text(std::string& out, std::string_view text) {
  put_varint(out, text.size());
  out += text;
}

std::string take_text(ByteReader& reader) { return std::string(reader.take(reader.varint())); }

void put_stored(std::string& out, const std::vector<Stored>& list) {
  put_varint(out, list.size());
  for (const Stored& one : list) {
    put_byte(out, one.days ? 1 : 0);
    put_signed(out, one.window);
    put_varint(out, one.chunks);
    put_signed(out, one.min_time_ms);
    put_signed(out, one.max_time_ms);
  }
}

std::vector<Stored> take_stored(ByteReader& reader) {
  std::vector<Stored> list;
  for (uint64_t n = reader.varint(); n > 0 && reader.ok(); --n) {
    Stored one;
    one.days = reader.byte() != 0;
    one.window = reader.signed_varint();
    one.chunks = reader.varint();
    one.min_time_ms = reader.signed_varint();
    one.max_time_ms = reader.signed_varint();
    list.push_back(one);
  }
  return list;
}

Result<void> decode_control(std::string_view bytes, const LogRowSink& sink) {
  ByteReader reader(bytes);
  Control control;
  control.freeze_all = reader.byte() != 0;
  for (uint64_t n = reader.varint(); n > 0 && reader.ok(); --n) {
    control.freeze.push_back(reader.signed_varint());
  }
  control.put = take_stored(reader);
  control.gone = take_stored(reader);
  for (uint64_t n = reader.varint(); n > 0 && reader.ok(); --n) {
    const int64_t window = reader.signed_varint();
    control.sealed.push_back({window, reader.varint()});
  }
  uint64_t id = 0;
  for (uint64_t n = reader.varint(); n > 0 && reader.ok(); --n) {
    id += reader.varint();
    control.forget.push_back(static_cast<SeriesId>(id));
  }
  if (!reader.ok() || reader.left() != 0) return damaged();
  sink.control(control);
  return {};
}

Result<void> decode_extras(std::string_view bytes, const LogRowSink& sink) {
  ByteReader reader(bytes);
  std::vector<model::MetadataEntry> metadata;
  for (uint64_t n = reader.varint(); n > 0 && reader.ok(); --n) {
    model::MetadataEntry entry;
    entry.metric = take_text(reader);
    entry.metadata.type = take_text(reader);
    entry.metadata.help = take_text(reader);
    entry.metadata.unit = take_text(reader);
    metadata.push_back(std::move(entry));
  }
  std::vector<std::pair<SeriesId, model::Exemplar>> exemplars;
  for (uint64_t n = reader.varint(); n > 0 && reader.ok(); --n) {
    const auto id = static_cast<SeriesId>(reader.varint());
    model::Exemplar exemplar;
    exemplar.time_ms = reader.signed_varint();
    exemplar.value = reader.fixed<double>();
    exemplar.labels = model::Labels(take_text(reader));
    exemplars.emplace_back(id, std::move(exemplar));
  }
  if (!reader.ok() || reader.left() != 0) return damaged();
  sink.metadata(std::move(metadata));
  for (auto& [id, exemplar] : exemplars) sink.exemplar(id, std::move(exemplar));
  return {};
}

}  // namespace

void put_series(const std::vector<blocks::StoredSeries>& series, std::string& row) {
  put_part(Kind::Series, blocks::encode_series_block(series), row);
}

void put_record(const model::WriteBatch& batch, std::span<const SeriesId> ids, std::string& row) {
  std::string record;
  blocks::encode_log_record(batch, ids, record);
  put_part(Kind::Record, record, row);
}

void put_extras(const model::WriteBatch& batch, const std::vector<SeriesId>& ids,
                std::string& row) {
  std::string out;
  put_varint(out, batch.metadata.size());
  for (const model::MetadataEntry& entry : batch.metadata) {
    put_text(out, entry.metric);
    put_text(out, entry.metadata.type);
    put_text(out, entry.metadata.help);
    put_text(out, entry.metadata.unit);
  }
  put_varint(out, batch.exemplars.size());
  for (size_t r = 0; r < batch.rows.size(); ++r) {
    for (uint32_t i = batch.rows[r].exemplar_begin; i < batch.rows[r].exemplar_end; ++i) {
      const model::Exemplar& exemplar = batch.exemplars[i];
      put_varint(out, static_cast<uint32_t>(ids[r]));
      put_signed(out, exemplar.time_ms);
      storage::put_fixed(out, exemplar.value);
      put_text(out, exemplar.labels.packed());
    }
  }
  put_part(Kind::Extras, out, row);
}

void put_control(const Control& control, std::string& row) {
  std::string out;
  put_byte(out, control.freeze_all ? 1 : 0);
  put_varint(out, control.freeze.size());
  for (int64_t window : control.freeze) put_signed(out, window);
  put_stored(out, control.put);
  put_stored(out, control.gone);
  put_varint(out, control.sealed.size());
  for (const auto& [window, seq] : control.sealed) {
    put_signed(out, window);
    put_varint(out, seq);
  }
  put_varint(out, control.forget.size());
  uint32_t before = 0;
  for (SeriesId id : control.forget) {
    put_varint(out, static_cast<uint32_t>(id) - before);
    before = static_cast<uint32_t>(id);
  }
  put_part(Kind::Control, out, row);
}

Result<void> decode_log_row(std::string_view row, const LogRowSink& sink) {
  ByteReader reader(row);
  while (reader.ok() && reader.left() > 0) {
    const auto kind = static_cast<Kind>(reader.byte());
    const std::string_view bytes = reader.take(reader.varint());
    if (!reader.ok()) return damaged();
    switch (kind) {
      case Kind::Series: {
        std::vector<blocks::StoredSeries> series;
        TRY_VOID(blocks::decode_series_block(bytes, series));
        sink.series(std::move(series));
        break;
      }
      case Kind::Record:
        TRY_VOID(blocks::decode_log_record(bytes, sink.samples));
        break;
      case Kind::Extras:
        TRY_VOID(decode_extras(bytes, sink));
        break;
      case Kind::Control:
        TRY_VOID(decode_control(bytes, sink));
        break;
      default:
        return damaged();
    }
  }
  return {};
}

}  // namespace gnomon::postgres
