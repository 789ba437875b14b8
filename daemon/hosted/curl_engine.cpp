#include "daemon/hosted/curl_engine.hpp"

#include <cassert>
#include <utility>

namespace colony::daemon::hosted {

namespace {

/// libcurl wants one initialisation a process before anything else.
void initialise_once() {
  static const CURLcode done = curl_global_init(CURL_GLOBAL_DEFAULT);
  assert(done == CURLE_OK);
  (void)done;
}

}  // namespace

CurlEngine::CurlEngine(core::Timers& timers)
    : timers_(timers), multi_((initialise_once(), curl_multi_init())), timer_(timers.executor()) {
  assert(multi_ != nullptr);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlEngine::on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlEngine::on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, 4L);
}

CurlEngine::~CurlEngine() {
  curl_multi_cleanup(multi_);
  for (auto& [socket, watch] : watches_) {
    watch->removed = true;
    watch->descriptor.release();  // curl's, and closed by it
  }
}

int CurlEngine::on_socket(CURL* /*easy*/, curl_socket_t socket, int what, void* self, void* /*unused*/) {
  static_cast<CurlEngine*>(self)->watch(socket, what);
  return 0;
}

int CurlEngine::on_timer(CURLM* /*multi*/, long milliseconds, void* self) {
  auto& engine = *static_cast<CurlEngine*>(self);
  if (milliseconds < 0) {
    engine.timer_.cancel();
    return 0;
  }
  // Never from within the callback: curl is not re-entrant.
  engine.timer_.expires_after(std::chrono::milliseconds(milliseconds));
  engine.timer_.async_wait([weak = engine.weak_from_this()](const boost::system::error_code& error) {
    if (error) return;
    if (const auto alive = weak.lock()) alive->act(CURL_SOCKET_TIMEOUT, 0);
  });
  return 0;
}

void CurlEngine::watch(curl_socket_t socket, int what) {
  if (what == CURL_POLL_REMOVE) {
    const auto found = watches_.find(socket);
    if (found == watches_.end()) return;
    found->second->removed = true;
    found->second->descriptor.release();
    watches_.erase(found);
    return;
  }
  auto& watched = watches_[socket];
  if (!watched) watched = std::make_shared<Watch>(timers_, socket);
  watched->wanted = what;
  arm(socket, watched);
}

void CurlEngine::arm(curl_socket_t socket, const std::shared_ptr<Watch>& watched) {
  using boost::asio::posix::descriptor_base;
  const auto wait = [&](int bit, bool Watch::* busy, descriptor_base::wait_type type, int event) {
    if ((watched->wanted & bit) == 0 || (*watched).*busy) return;
    (*watched).*busy = true;
    watched->descriptor.async_wait(type, [weak = weak_from_this(), watched, socket, busy,
                                          event](const boost::system::error_code& error) {
      (*watched).*busy = false;
      const auto alive = weak.lock();
      if (!alive || watched->removed || error == boost::asio::error::operation_aborted) return;
      alive->act(socket, error ? CURL_CSELECT_ERR : event);
      if (!watched->removed) alive->arm(socket, watched);
    });
  };
  wait(CURL_POLL_IN, &Watch::reading, descriptor_base::wait_read, CURL_CSELECT_IN);
  wait(CURL_POLL_OUT, &Watch::writing, descriptor_base::wait_write, CURL_CSELECT_OUT);
}

void CurlEngine::act(curl_socket_t socket, int events) {
  int running = 0;
  curl_multi_socket_action(multi_, socket, events, &running);
  finish_done();
}

void CurlEngine::finish_done() {
  int left = 0;
  while (const CURLMsg* const message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    char* transfer = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    reinterpret_cast<CurlTransfer*>(transfer)->on_done(message->data.result);
  }
}

CurlTransfer::CurlTransfer(core::Timers& timers, std::shared_ptr<CurlEngine> engine)
    : engine_(std::move(engine)), easy_(curl_easy_init()), done_(timers) {
  assert(easy_ != nullptr);
  curl_easy_setopt(easy_, CURLOPT_PRIVATE, this);
  // A name is looked up in a thread of curl's own. Without this, a handle that leaves before the answer waits
  // for that thread, on our loop, as long as the name servers are silent.
  curl_easy_setopt(easy_, CURLOPT_QUICK_EXIT, 1L);
}

CurlTransfer::~CurlTransfer() {
  if (added_) curl_multi_remove_handle(engine_->multi(), easy_);
  curl_easy_cleanup(easy_);
}

core::Task<std::optional<CURLcode>> CurlTransfer::run(core::BootTime deadline) {
  added_ = curl_multi_add_handle(engine_->multi(), easy_) == CURLM_OK;
  if (!added_) co_return CURLE_FAILED_INIT;
  (void)co_await done_.wait_until(deadline);
  co_return code_;
}

void CurlTransfer::on_done(CURLcode code) {
  code_ = code;
  done_.wake();
}

}  // namespace colony::daemon::hosted
