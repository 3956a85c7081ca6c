#pragma once

#include "http/message.h"

namespace gnomon::http {
struct ServerContext;
struct TenantContext;
}  // namespace gnomon::http

namespace gnomon::prometheus {

using http::ServerContext;
using http::TenantContext;

// One function per endpoint; routes.cpp says which is whose. Any thread.
using ServerAnswer = http::Response(const http::Request& request, const ServerContext& server);
using TenantAnswer = http::Response(const http::Request& request, const TenantContext& tenant);

// query.cpp, explain.cpp, federate.cpp
TenantAnswer query, query_range, explain, federate;
// expression.cpp
TenantAnswer format_query, parse_query;
// catalog.cpp
TenantAnswer series, labels, label_values, metadata, query_exemplars;
// status.cpp
TenantAnswer status_tsdb;
ServerAnswer status_buildinfo, status_runtimeinfo, status_flags, status_walreplay, status_config,
    features, version;
// absent.cpp: what Gnomon has none of, answered as a Prometheus without such a configuration
ServerAnswer rules, alerts, alertmanagers, targets, targets_metadata, scrape_pools, notifications,
    lifecycle;
// pages.cpp
ServerAnswer root, healthy, ready, metrics;
// read.cpp, write.cpp, import.cpp, admin.cpp
TenantAnswer read, write, import_text, delete_series;
ServerAnswer clean_tombstones;

}  // namespace gnomon::prometheus
