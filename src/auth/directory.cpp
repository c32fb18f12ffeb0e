#include "auth/directory.h"

#include "auth/postgres_directory.h"

namespace canvas::auth {

Result<std::unique_ptr<DirectoryOpener>> inspect_directory(const DirectoryOptions& options) {
  return inspect_postgres_directory(options);
}

}  // namespace canvas::auth
