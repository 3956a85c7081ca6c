-- A database as Gnomon's first release wrote it to ClickHouse: what SHOW CREATE TABLE says, and the
-- rows, values and histograms by their bits. {d} is its name.
CREATE DATABASE {d};
CREATE TABLE {d}.series
(
    `id` UInt128,
    `metric` LowCardinality(String),
    `labels` Map(LowCardinality(String), String),
    `day` Date32
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (metric, id, day)
SETTINGS index_granularity = 1024;
CREATE TABLE {d}.samples
(
    `id` UInt128 CODEC(ZSTD(1)),
    `time` DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    `value` Float64 CODEC(Delta(8), ZSTD(1)),
    `start` DateTime64(3, 'UTC') DEFAULT 0 CODEC(Delta(8), ZSTD(1)),
    `version` UInt32 DEFAULT bitNot(toUInt32(now())) CODEC(Delta(4), ZSTD(1))
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(time)
ORDER BY (id, time)
SETTINGS index_granularity = 2048, non_replicated_deduplication_window = 1000, min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 10;
CREATE TABLE {d}.histograms
(
    `id` UInt128 CODEC(ZSTD(1)),
    `time` DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    `data` String CODEC(ZSTD(1)),
    `version` UInt32 DEFAULT bitNot(toUInt32(now())) CODEC(Delta(4), ZSTD(1))
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(time)
ORDER BY (id, time)
SETTINGS index_granularity = 256, non_replicated_deduplication_window = 1000, min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 10;
CREATE TABLE {d}.exemplars
(
    `id` UInt128,
    `time` DateTime64(3, 'UTC'),
    `value` Float64,
    `labels` Map(LowCardinality(String), String),
    `hash` UInt64
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (id, time, hash)
SETTINGS index_granularity = 1024;
CREATE TABLE {d}.metadata
(
    `metric` String,
    `type` LowCardinality(String),
    `help` String,
    `unit` LowCardinality(String),
    `version` UInt64 DEFAULT toUInt64(toUnixTimestamp64Micro(now64(6)))
)
ENGINE = ReplacingMergeTree(version)
ORDER BY metric
SETTINGS index_granularity = 1024;
CREATE TABLE {d}.facts
(
    `name` String
)
ENGINE = ReplacingMergeTree
ORDER BY name
SETTINGS index_granularity = 1024;
INSERT INTO {d}.series (id, metric, labels, day) VALUES
(toUInt128('264164829291995518311936256816748592210'), 'temperature_celsius', map('room', 'attic'), toDate32(18518)),
(toUInt128('6672043141185621358648291660570553776'), 'requests_total', map('job', 'a', 'path', '/x'), toDate32(19675)),
(toUInt128('264164829259018164247750083452876726049'), 'temperature_celsius', map('room', 'kitchen "new"'), toDate32(19675)),
(toUInt128('264164829259018164247750083452876726049'), 'temperature_celsius', map('room', 'kitchen "new"'), toDate32(19676)),
(toUInt128('85307132381202205842589595957796016804'), 'latency_seconds', map('job', 'b'), toDate32(19675)),
(toUInt128('85307132399565799257450329113451149810'), 'latency_seconds', map('job', 'a'), toDate32(19675)),
(toUInt128('92275648822734386644434163592886313362'), 'bytes_total', map('job', 'a'), toDate32(19675)),
(toUInt128('6672043141185621358648291660570553776'), 'requests_total', map('job', 'a', 'path', '/x'), toDate32(19675));
INSERT INTO {d}.samples (id, time, value, start, version) VALUES
(toUInt128('6672043141185621358648291660570553776'), fromUnixTimestamp64Milli(toInt64(1700000000000)), reinterpretAsFloat64(toUInt64(4636666922610458624)), fromUnixTimestamp64Milli(toInt64(0)), 2498993344);
INSERT INTO {d}.samples (id, time, value, start, version) VALUES
(toUInt128('264164829291995518311936256816748592210'), fromUnixTimestamp64Milli(toInt64(1600000000000)), reinterpretAsFloat64(toUInt64(13854198353698488320)), fromUnixTimestamp64Milli(toInt64(0)), 2498993367),
(toUInt128('6672043141185621358648291660570553776'), fromUnixTimestamp64Milli(toInt64(1700000000000)), reinterpretAsFloat64(toUInt64(4621819117588971520)), fromUnixTimestamp64Milli(toInt64(0)), 2498993367),
(toUInt128('6672043141185621358648291660570553776'), fromUnixTimestamp64Milli(toInt64(1700000015000)), reinterpretAsFloat64(toUInt64(4622382067542392832)), fromUnixTimestamp64Milli(toInt64(0)), 2498993367),
(toUInt128('264164829259018164247750083452876726049'), fromUnixTimestamp64Milli(toInt64(1700000000000)), reinterpretAsFloat64(toUInt64(4626744929681408000)), fromUnixTimestamp64Milli(toInt64(0)), 2498993367),
(toUInt128('264164829259018164247750083452876726049'), fromUnixTimestamp64Milli(toInt64(1700000015000)), reinterpretAsFloat64(toUInt64(9221120237041090561)), fromUnixTimestamp64Milli(toInt64(0)), 2498993367),
(toUInt128('264164829259018164247750083452876726049'), fromUnixTimestamp64Milli(toInt64(1700000030000)), reinterpretAsFloat64(toUInt64(9223372036854775808)), fromUnixTimestamp64Milli(toInt64(0)), 2498993367),
(toUInt128('264164829259018164247750083452876726049'), fromUnixTimestamp64Milli(toInt64(1700090000000)), reinterpretAsFloat64(toUInt64(9094988921128908188)), fromUnixTimestamp64Milli(toInt64(0)), 2498993367),
(toUInt128('85307132381202205842589595957796016804'), fromUnixTimestamp64Milli(toInt64(1700000000000)), reinterpretAsFloat64(toUInt64(4614500768194494464)), fromUnixTimestamp64Milli(toInt64(0)), 2498993365),
(toUInt128('85307132381202205842589595957796016804'), fromUnixTimestamp64Milli(toInt64(1700000015000)), reinterpretAsFloat64(toUInt64(9218868437227405314)), fromUnixTimestamp64Milli(toInt64(0)), 2498993365),
(toUInt128('92275648822734386644434163592886313362'), fromUnixTimestamp64Milli(toInt64(1700000000000)), reinterpretAsFloat64(toUInt64(4617315517961601024)), fromUnixTimestamp64Milli(toInt64(1699999940000)), 2498993365),
(toUInt128('92275648822734386644434163592886313362'), fromUnixTimestamp64Milli(toInt64(1700000015000)), reinterpretAsFloat64(toUInt64(4620130267728707584)), fromUnixTimestamp64Milli(toInt64(1699999940000)), 2498993365);
INSERT INTO {d}.histograms (id, time, data, version) VALUES
(toUInt128('85307132399565799257450329113451149810'), fromUnixTimestamp64Milli(toInt64(1700000000000)), unhex('39B841F96A320180A0ABFEF96200000101029D978CCF08BA5B250100010203010202000000024018000000034052C000023FF000014000024008'), 2498993365),
(toUInt128('85307132399565799257450329113451149810'), fromUnixTimestamp64Milli(toInt64(1700000015000)), unhex('39B81020DC9F01B08AADFEF96200000101029D978CCF08BA5B25010001020301020200000002402200000003405C200001400002400800024010'), 2498993365);
INSERT INTO {d}.exemplars (id, time, value, labels, hash) VALUES
(toUInt128('6672043141185621358648291660570553776'), fromUnixTimestamp64Milli(toInt64(1700000000100)), 0.5, map('trace_id', 'abc'), 15148581564603675534);
INSERT INTO {d}.metadata (metric, type, help, unit, version) VALUES
('requests', 'counter', 'Requests that were served.', '', 1795973928931484),
('temperature_celsius', 'gauge', 'How warm it is.', 'celsius', 1795973928931484),
('latency_seconds', 'histogram', 'It\'s how long it took.\n', 'seconds', 1795973930800516),
('requests', 'counter', '', '', 1795973951033437);
INSERT INTO {d}.facts (name) VALUES
('histograms latency_seconds'),
('starts');
