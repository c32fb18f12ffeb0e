// canvas-ws: the program.
#include "main/serve.h"

int main(int argc, char** argv) {
  return canvas::run_command_line(argc, argv, canvas::open_store);
}
