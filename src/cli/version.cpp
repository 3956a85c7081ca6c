#include "src/base/version.h"
#include "src/cli/command.h"
#include "src/cli/terminal.h"

namespace gnomon::cli {
namespace {

#ifdef __clang__
constexpr std::string_view kCompiler = "clang " __clang_version__;
#else
constexpr std::string_view kCompiler = "g++ " __VERSION__;
#endif

}  // namespace

int run_version(std::span<const std::string> arguments) {
  Usage usage;
  usage.command = "version";
  usage.description = "Prints the version of this program and the PromQL it speaks.";
  int exit_status = kExitOk;
  if (!parse_or_exit(usage, arguments, exit_status)) return exit_status;
  print("gnomon " + std::string(base::version()) + " (PromQL and HTTP API of Prometheus 3.14; " +
        std::string(kCompiler) + ")\n");
  return kExitOk;
}

}  // namespace gnomon::cli
