// The store of the server, over the tables of any kind of database.
#pragma once

#include <memory>
#include <vector>

#include "store/database.h"

namespace canvas::store {

// What a store works with: a connection for each of its threads.
struct TableConnections {
  std::unique_ptr<Tables> writer;                // appends
  std::vector<std::unique_ptr<Tables>> loaders;  // loads, so many at a time
  std::unique_ptr<Tables> folder;                // compactions: nobody who joins waits for one
  // Where a database has one writer at a time, folds go through the appender's connection.
  enum class Folds { by_writer, by_folder } folds;
};

std::unique_ptr<Store> make_table_store(TableConnections connections, const StoreOptions& options,
                                        Merge merge);

}  // namespace canvas::store
