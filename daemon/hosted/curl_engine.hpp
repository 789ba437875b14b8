#pragma once
// libcurl's multi interface driven by Asio: sockets and the one timer that curl asks for are watched on the
// logic loop. Internal to daemon/hosted.

#include <map>
#include <memory>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <curl/curl.h>

#include "core/async/timers.hpp"
#include "core/async/wakeup.hpp"

namespace colony::daemon::hosted {

/// One transfer in the multi handle; leaves it when it dies.
class CurlTransfer;

class CurlEngine : public std::enable_shared_from_this<CurlEngine> {
 public:
  explicit CurlEngine(core::Timers& timers);
  CurlEngine(const CurlEngine&) = delete;
  CurlEngine& operator=(const CurlEngine&) = delete;
  ~CurlEngine();

  [[nodiscard]] CURLM* multi() const { return multi_; }

 private:
  struct Watch {
    Watch(core::Timers& timers, curl_socket_t socket) : descriptor(timers.executor(), socket) {}
    boost::asio::posix::stream_descriptor descriptor;
    int wanted = 0;
    bool reading = false, writing = false;
    bool removed = false;
  };

  static int on_socket(CURL* easy, curl_socket_t socket, int what, void* self, void* unused);
  static int on_timer(CURLM* multi, long milliseconds, void* self);
  void watch(curl_socket_t socket, int what);
  void arm(curl_socket_t socket, const std::shared_ptr<Watch>& watch);
  void act(curl_socket_t socket, int events);
  void finish_done();

  core::Timers& timers_;
  CURLM* multi_;
  boost::asio::steady_timer timer_;
  std::map<curl_socket_t, std::shared_ptr<Watch>> watches_;
};

class CurlTransfer {
 public:
  CurlTransfer(core::Timers& timers, std::shared_ptr<CurlEngine> engine);
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;
  ~CurlTransfer();

  [[nodiscard]] CURL* easy() const { return easy_; }
  /// Runs it; nullopt when the deadline passed first.
  [[nodiscard]] core::Task<std::optional<CURLcode>> run(core::BootTime deadline);
  void on_done(CURLcode code);

 private:
  std::shared_ptr<CurlEngine> engine_;
  CURL* easy_;
  core::Wakeup done_;
  std::optional<CURLcode> code_;
  bool added_ = false;
};

}  // namespace colony::daemon::hosted
