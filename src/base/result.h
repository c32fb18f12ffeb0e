// Errors as values: what every folder's border returns.
#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace canvas {

// What kind of failure it was: what a caller decides on. The words are for people, in Error::message.
enum class Errc {
  malformed,        // the bytes are not what they claim to be; sending them again cannot help
  too_large,        // a limit on size or count; the message names the limit
  unsupported,      // well formed, but not something that this server takes
  unavailable,      // not now (a database that is away, a server that drains); trying again can help
  not_found,        // what was asked for is not there
  rejected,         // the database takes everything but this; trying the same again seldom helps
  unauthenticated,  // it is not known who asks
  forbidden,        // the asker may not
  invalid_use,      // a setting or an argument is wrong
  io,               // the operating system or a file said no; the message says which
};

struct Error {
  Errc code;
  std::string message;  // says what is wrong and where; never a credential
};

template <class T>
using Result = boost::system::result<T, Error>;

inline Error malformed(std::string_view what) {
  return {Errc::malformed, std::string(what)};
}

// Found by boost::system::result when value() is called on an error: a bug of the caller.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& where);

}  // namespace canvas
