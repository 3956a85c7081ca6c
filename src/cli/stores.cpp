#include "src/cli/stores.h"

#include "adapters/backends.h"
#include "http/tenant.h"
#include "src/base/clock.h"
#include "src/cli/shown_url.h"
#include "src/cli/time_argument.h"

namespace gnomon::cli {
namespace {

Result<std::unique_ptr<storage::Database>> open(std::string url, const StorePair& stores,
                                                bool exists) {
  if (!stores.tenant.empty()) {
    TRY(url, adapters::tenant_url(url, stores.tenant));
  }
  if (exists && !adapters::may_exist(url)) {
    return Error{ErrorKind::NotFound, "there is no store at " + shown_url(url)};
  }
  storage::StoreOptions options;
  options.retention_ms = 0;
  return adapters::open_database(url, options);
}

}  // namespace

std::vector<Flag> store_pair_flags(StorePair& stores) {
  constexpr std::string_view kGroup = "Stores", kTimes = "Time (-30d, Unix seconds, RFC 3339)";
  return {
      text_flag("from", "URL", stores.from, kGroup,
                "sqlite:PATH, postgres://..., clickhouse://... No server may have a SQLite file "
                "open."),
      text_flag("to", "URL", stores.to, kGroup, "The other one."),
      text_flag("tenant", "NAME", stores.tenant, kGroup,
                "Whose data, where --multi-tenant keeps it apart: in both stores."),
      text_flag("start", "TIME", stores.start, kTimes, "Nothing earlier; all if not given."),
      text_flag("end", "TIME", stores.end, kTimes, "Nothing later; all if not given."),
  };
}

Result<OpenStores> open_stores(const StorePair& stores, bool to_exists) {
  if (stores.from.empty() || stores.to.empty()) {
    return Error{ErrorKind::BadData, "--from and --to must name a store each"};
  }
  if (stores.from == stores.to) {
    return Error{ErrorKind::BadData, "--from and --to are the same store"};
  }
  if (!stores.tenant.empty()) TRY_VOID(http::check_tenant(stores.tenant));
  const int64_t now_ms = base::now_ms();
  OpenStores open_stores;
  if (!stores.start.empty()) {
    TRY(open_stores.min_time_ms, parse_time_argument(stores.start, now_ms));
  }
  if (!stores.end.empty()) {
    TRY(open_stores.max_time_ms, parse_time_argument(stores.end, now_ms));
  }
  if (open_stores.min_time_ms > open_stores.max_time_ms) {
    return Error{ErrorKind::BadData, "--start is after --end"};
  }
  TRY(open_stores.from, open(stores.from, stores, true));
  TRY(open_stores.to, open(stores.to, stores, to_exists));
  return open_stores;
}

}  // namespace gnomon::cli
