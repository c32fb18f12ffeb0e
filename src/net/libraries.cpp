// The bodies of Boost.Asio and Boost.Beast that need no template arguments, compiled here and nowhere else.
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
