#pragma once

#include "http/message.h"

namespace gnomon::http {
struct Context;
}

namespace gnomon::prometheus {

using http::Context;

// One function per endpoint; routes.cpp says which is whose. Any thread.
using Answer = http::Response(const http::Request& request, const Context& context);

// query.cpp, explain.cpp, federate.cpp
Answer query, query_range, explain, federate;
// expression.cpp
Answer format_query, parse_query;
// catalog.cpp
Answer series, labels, label_values, metadata, query_exemplars;
// status.cpp
Answer status_buildinfo, status_runtimeinfo, status_flags, status_tsdb, status_walreplay,
    status_config, features, version;
// absent.cpp: what Gnomon has none of, answered as a Prometheus without such a configuration
Answer rules, alerts, alertmanagers, targets, targets_metadata, scrape_pools, notifications,
    lifecycle;
// pages.cpp
Answer root, healthy, ready, metrics;
// read.cpp, write.cpp, import.cpp, admin.cpp
Answer read, write, import_text, delete_series, clean_tombstones;

}  // namespace gnomon::prometheus
