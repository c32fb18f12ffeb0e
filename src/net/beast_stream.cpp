#include <array>

#include "net/beast_stream_internal.h"

namespace canvas::net {
namespace {

void read_until_closed(std::shared_ptr<Wire> wire, std::function<void()> done) {
  Socket& socket = wire->socket();
  socket.async_wait(Socket::wait_read,
                    [wire, done = std::move(done)](boost::system::error_code error) mutable {
                      std::array<std::uint8_t, 4096> ignored;
                      while (!error) wire->socket().read_some(boost::asio::buffer(ignored), error);
                      if (error == boost::asio::error::would_block)
                        return read_until_closed(std::move(wire), std::move(done));
                      wire->close();
                      done();
                    });
}

}  // namespace

void drain_and_close(std::shared_ptr<Wire> wire, std::function<void()> done) {
  boost::system::error_code error;
  wire->socket().shutdown(Socket::shutdown_send, error);
  if (error) {
    wire->close();
    return done();
  }
  read_until_closed(std::move(wire), std::move(done));
}

}  // namespace canvas::net
