#include "adapters/postgres/postgres_store.h"

#include <algorithm>
#include <shared_mutex>
#include <utility>

#include "adapters/blocks/metrics/catalog.h"
#include "adapters/blocks/metrics/chunk_selection.h"
#include "adapters/postgres/chunk_pages.h"
#include "adapters/postgres/committer.h"
#include "adapters/postgres/schema.h"
#include "adapters/postgres/session.h"
#include "adapters/postgres/state.h"
#include "adapters/postgres/upkeep.h"
#include "src/base/log.h"

namespace gnomon::postgres {
namespace {

// Having heard nothing from the database for so long, a server does not answer from memory.
constexpr std::chrono::seconds kBehindMax{5};

Result<blocks::ChunkCatalog::SeriesSet> series_of(const State& state,
                                                  const blocks::ChunkTable& table, int64_t window) {
  TRY(const auto lease, state.pool->lease());
  return read_members(*lease, state.address.schema, table, window);
}

}  // namespace

struct PostgresStore::Parts {
  State state;
  Committer committer{state};
  std::shared_ptr<Session> session = Session::get(state.address);
  Session::MemberPtr member = std::make_shared<Session::Member>();
  Upkeep upkeep{state, committer, session, member};
  blocks::ChunkCatalog catalog{
      state,
      [this](const blocks::ChunkTable& table, int64_t window, const std::stop_token&) {
        return series_of(state, table, window);
      },
      [this](auto& counters) { count(counters); }};

  void count(std::map<std::string, double>& counters) const {
    const auto counts = committer.counts();
    counters["gnomon_store_log_written_bytes_total"] = static_cast<double>(counts.log_bytes);
    counters["gnomon_store_commits_total"] = static_cast<double>(counts.commits);
    counters["gnomon_store_log_bytes"] = static_cast<double>(upkeep.log_bytes());
    counters["gnomon_store_log_seq"] = static_cast<double>(state.applied());
    counters["gnomon_store_sealer"] = member->sealer ? 1 : 0;
  }
  Result<void> follow(uint64_t seq) {
    if (seq == state.applied()) {
      state.note_fresh();
      return {};
    }
    TRY(const auto lease, state.pool->lease());
    return state.catch_up(*lease, seq);
  }
};

PostgresStore::PostgresStore(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Result<std::unique_ptr<PostgresStore>> PostgresStore::open(std::string_view url,
                                                           const storage::StoreOptions& options) {
  TRY(Address address, Address::parse(url));
  std::unique_ptr<Parts> parts(new Parts{.state{std::move(address), options}});
  {
    TRY(const auto lease, parts->state.pool->lease());
    TRY_VOID(open_schema(*lease, parts->state.address.schema));
    TRY_VOID(parts->state.load(*lease));
  }
  Session::Member& member = *parts->member;
  member.schema = parts->state.address.schema;
  member.follow = [raw = parts.get()](uint64_t seq) {
    const auto followed = raw->follow(seq);
    if (followed.ok()) return;
    base::log(base::LogLevel::Warn, "the log could not be followed; it is tried again",
              {{"error", followed.error().message}});
  };
  parts->session->join(parts->member);
  if (options.background) parts->upkeep.start();
  return std::unique_ptr<PostgresStore>(new PostgresStore(std::move(parts)));
}

PostgresStore::~PostgresStore() {
  const auto closed = parts_->upkeep.close();
  parts_->session->leave(parts_->member);
  // Nothing is lost: it is in the log.
  if (!closed.ok()) {
    base::log(base::LogLevel::Warn, "the store was not sealed",
              {{"error", closed.error().message}});
  }
}

const storage::Capabilities& PostgresStore::capabilities() const {
  static const storage::Capabilities kNone;
  return kNone;
}

Result<model::WriteOutcome> PostgresStore::append(const model::WriteBatch& batch,
                                                  std::stop_token stop) {
  if (batch.rows.empty() && batch.metadata.empty()) return model::WriteOutcome{};
  if (stop.stop_requested()) return base::canceled();
  State& state = parts_->state;
  Request request;
  request.batch = &batch;
  request.erasures = state.erasures();
  request.complete = true;
  request.ids.reserve(batch.rows.size());
  for (const auto& row : batch.rows) {
    const auto id = state.index.find(batch.labels(row));
    if (!id) {
      request.complete = false;
      break;
    }
    request.ids.push_back(*id);
  }
  if (request.complete) blocks::encode_log_record(batch, request.ids, request.record);
  request.plain = batch.exemplars.empty() &&
                  std::all_of(batch.metadata.begin(), batch.metadata.end(),
                              [&](const auto& entry) { return state.metadata.has(entry); });
  TRY_VOID(parts_->committer.write(request));
  return std::move(request.outcome);
}

Result<std::unique_ptr<storage::Selection>> PostgresStore::select(const storage::Fragment& fragment,
                                                                  std::stop_token stop) {
  if (stop.stop_requested()) return base::canceled();
  State& state = parts_->state;
  if (state.behind() > kBehindMax) TRY_VOID(follow());
  const std::shared_lock pass(state.snapshot_gate());
  const auto head = state.head.snapshot();  // before the layout, see storage::Head
  return std::unique_ptr<storage::Selection>(std::make_unique<blocks::ChunkSelection>(
      state.cache, fragment, *head, state.sealed_windows.get(),
      state.index.match(fragment.matchers),
      [](const std::string& schema, const blocks::ChunkTable& table, int64_t window,
         std::span<const storage::SeriesId> ids) { return read_pages(schema, table, window, ids); },
      state.address.schema));
}

storage::Catalog& PostgresStore::catalog() { return parts_->catalog; }

Result<void> PostgresStore::remove(const storage::CatalogQuery& what, std::stop_token stop) {
  if (stop.stop_requested()) return base::canceled();
  return parts_->upkeep.remove(what);
}

Result<void> PostgresStore::maintain(bool everything) { return parts_->upkeep.run(everything); }

Result<void> PostgresStore::follow() {
  TRY(const auto lease, parts_->state.pool->lease());
  return parts_->state.catch_up(*lease, State::kAll);
}

}  // namespace gnomon::postgres
