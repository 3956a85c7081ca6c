#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string>

#include "src/base/metrics.h"

namespace gnomon::base {
namespace {

std::string read_file(const char* path) {
  std::string text;
  if (FILE* file = fopen(path, "r")) {
    char buffer[4096];
    size_t bytes;
    while ((bytes = fread(buffer, 1, sizeof buffer, file)) > 0) text.append(buffer, bytes);
    fclose(file);
  }
  return text;
}

struct ProcessStat {
  double user_ticks = 0, system_ticks = 0, threads = 0, start_ticks = 0;
  double virtual_bytes = 0, resident_pages = 0;
};

// proc(5): the fields after the command, which may itself contain blanks and parentheses.
ProcessStat read_process_stat() {
  ProcessStat stat;
  std::string text = read_file("/proc/self/stat");
  size_t close = text.rfind(')');
  if (close == std::string::npos) return stat;
  double* const targets[] = {&stat.user_ticks,  &stat.system_ticks,  &stat.threads,
                             &stat.start_ticks, &stat.virtual_bytes, &stat.resident_pages};
  constexpr int kFields[] = {14, 15, 20, 22, 23, 24};
  int field = 2;
  size_t target = 0;
  for (char* word = strtok(text.data() + close + 1, " "); word != nullptr && target < 6;
       word = strtok(nullptr, " ")) {
    if (++field == kFields[target]) *targets[target++] = strtod(word, nullptr);
  }
  return stat;
}

double boot_time_seconds() {
  std::string text = read_file("/proc/stat");
  size_t at = text.find("btime ");
  return at == std::string::npos ? 0 : strtod(text.c_str() + at + 6, nullptr);
}

double open_file_count() {
  double count = -3;  // ".", "..", and the one that lists them
  DIR* directory = opendir("/proc/self/fd");
  if (directory == nullptr) return 0;
  while (readdir(directory) != nullptr) ++count;
  closedir(directory);
  return count;
}

}  // namespace

void collect_process_metrics(std::vector<MetricFamily>& out) {
  static const double kBootSeconds = boot_time_seconds();
  const double ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  const ProcessStat stat = read_process_stat();
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  auto add = [&out](const char* name, const char* help, MetricType type, double value) {
    out.push_back({name, help, type, {{"", {}, value}}});
  };
  add("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.",
      MetricType::Counter, (stat.user_ticks + stat.system_ticks) / ticks);
  add("process_max_fds", "Maximum number of open file descriptors.", MetricType::Gauge,
      static_cast<double>(files.rlim_cur));
  add("process_open_fds", "Number of open file descriptors.", MetricType::Gauge, open_file_count());
  add("process_resident_memory_bytes", "Resident memory size in bytes.", MetricType::Gauge,
      stat.resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE)));
  add("process_start_time_seconds", "Start time of the process since unix epoch in seconds.",
      MetricType::Gauge, kBootSeconds + stat.start_ticks / ticks);
  add("process_threads", "Number of threads of the process.", MetricType::Gauge, stat.threads);
  add("process_virtual_memory_bytes", "Virtual memory size in bytes.", MetricType::Gauge,
      stat.virtual_bytes);
}

}  // namespace gnomon::base
