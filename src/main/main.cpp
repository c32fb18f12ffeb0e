// canvas-ws: the program.
#include "main/command_line.h"

int main(int argc, char** argv) {
  return canvas::run_command_line(argc, argv, canvas::open_store);
}
