#include <string>
#include <vector>

#include "src/cli/command.h"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  return gnomon::cli::run(arguments);
}
