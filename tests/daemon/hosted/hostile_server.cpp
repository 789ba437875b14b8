#include "tests/daemon/hosted/hostile_server.hpp"

#include <csignal>
#include <cstdlib>

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace colony::daemon::hosted::test {

bool HostileServer::Peer::say(std::string_view bytes) {
  while (!bytes.empty() && !stop_) {
    const auto count = tls_ != nullptr
                           ? SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()))
                           : static_cast<int>(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return !stop_;
}

void HostileServer::Peer::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void HostileServer::Peer::hold() const {
  for (char bytes[512]; !stop_;) {
    pollfd wait{socket_, POLLIN, 0};
    if (::poll(&wait, 1, 20) > 0 && ::recv(socket_, bytes, sizeof bytes, 0) <= 0) return;
  }
}

void HostileServer::Peer::pause() const {
  (void)::poll(nullptr, 0, 20);
}

std::string HostileServer::Peer::read_head() {
  std::string head;
  for (char bytes[4096]; head.find("\r\n\r\n") == std::string::npos;) {
    const auto count = tls_ != nullptr ? SSL_read(tls_, bytes, sizeof bytes)
                                       : static_cast<int>(::recv(socket_, bytes, sizeof bytes, 0));
    if (count <= 0) break;
    head.append(bytes, static_cast<std::size_t>(count));
  }
  return head;
}

HostileServer::HostileServer(Serve serve, Tls tls, const std::string& certificate)
    : serve_(std::move(serve)),
      tls_(tls),
      certificate_(certificate),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof local;
  auto* const address = reinterpret_cast<sockaddr*>(&local);
  if (::bind(listener_.get(), address, size) != 0 || ::listen(listener_.get(), 16) != 0 ||
      ::getsockname(listener_.get(), address, &size) != 0) {
    std::abort();
  }
  port_ = ntohs(local.sin_port);
  thread_ = std::thread([this] { run(); });
}

std::string HostileServer::heard() {
  stop_ = true;
  ::shutdown(listener_.get(), SHUT_RDWR);
  if (thread_.joinable()) thread_.join();
  return heard_;
}

HostileServer::~HostileServer() {
  (void)heard();
}

void HostileServer::run() {
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);  // OpenSSL writes without MSG_NOSIGNAL
  while (!stop_) {
    const int socket = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    const timeval patience{.tv_sec = 2, .tv_usec = 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    serve_one(socket);
    ::close(socket);
  }
}

void HostileServer::serve_one(int socket) {
  if (tls_ == Tls::none) {
    Peer peer(socket, nullptr, stop_);
    heard_ += peer.read_head();
    serve_(peer);
    return;
  }
  SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
  if (tls_ == Tls::only_1_1) {
    SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
    SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0");
  }
  SSL_CTX_use_certificate_file(context, (certificate_ + ".crt").c_str(), SSL_FILETYPE_PEM);
  SSL_CTX_use_PrivateKey_file(context, (certificate_ + ".key").c_str(), SSL_FILETYPE_PEM);
  SSL* const tls = SSL_new(context);
  SSL_set_fd(tls, socket);
  if (SSL_accept(tls) == 1) {
    Peer peer(socket, tls, stop_);
    heard_ += peer.read_head();
    serve_(peer);
    SSL_shutdown(tls);
  }
  SSL_free(tls);
  SSL_CTX_free(context);
}

}  // namespace colony::daemon::hosted::test
